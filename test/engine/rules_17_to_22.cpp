// The rules of the requester loop, 17 to 22, on the loop that is shipped.
#include "engine/scene.hpp"

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <concepts>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

std::vector<step> silence(request const&)
{
    return {};
}

bool stop(scene& s, std::uint64_t claim)
{
    return s.look([=](core::download_state& state) { return state.stop(static_cast<planning::claim_id>(claim)); });
}

} // namespace

TEST_CASE("R17 a stopped claim stays its requester's until that has finished")
{
    scene s(1);
    s.options.requesters_per_seed = 2;
    s.store->write_time = 1s;
    s.add_seed("slow", [&](request const& asked) {
        auto const begun = s.beginning_of_answer(asked, 5);
        return std::vector<step>{
            send_bytes{begun}, pause_for{1h}, send_bytes{range_response(asked, s.content).substr(begun.size())}};
    });
    s.start();
    s.settle(); // five bytes are being written
    CHECK(stop(s, 0));
    CHECK(s.picture() == "r");
    CHECK(s.requests() == 1); // the idle one didn't get it
    s.outside.run_for(1s);
    s.settle();
    CHECK(s.requests() == 2); // now somebody did
    CHECK(s.session->snapshot().bytes_received >= 5);
}

TEST_CASE("R17 good data that comes while its claim is being stopped still counts")
{
    scene s(2, 2);
    s.options.requesters_per_seed = 1;
    s.store->write_time = 1s;
    s.add_seed("slow", [&](request const& asked) {
        auto const begun = s.beginning_of_answer(asked, 16);
        return std::vector<step>{
            send_bytes{begun}, pause_for{10s}, send_bytes{range_response(asked, s.content).substr(begun.size())}};
    });
    s.start();
    s.settle(); // the first piece is being written
    CHECK(stop(s, 0));
    s.outside.run_for(1s);
    s.settle();
    CHECK(s.picture().starts_with("V"));
    s.run();
    CHECK(s.error() == error_code());
    REQUIRE(s.ranges().size() == 2);
    CHECK(s.ranges().at(1) == "16-31");
}

TEST_CASE("R17 stopping a claim that nobody holds says so, and nothing comes of it")
{
    scene s(2);
    s.options.requesters_per_seed = 1;
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    auto const picture = s.picture();
    CHECK(!stop(s, 7));
    s.settle();
    CHECK(s.picture() == picture);
    CHECK(s.requests() == 1);
    CHECK(s.events().empty());
}

TEST_CASE("R18 a seed can be closed from every state, any number of times, and the others take over")
{
    struct
    {
        std::string phase;
        std::function<void(scene&)> prepare;
        duration wait;
    } const rows[] = {
        {"waiting", [](scene& s) { s.add_seed("host", [&s](request const& asked) { return s.good_answer(asked); }); },
         0s},
        {"pausing",
         [](scene& s) { s.add_seed("host", [](request const&) { return std::vector<step>{reset_stream{}}; }); }, 0s},
        {"resolving or connecting",
         [](scene& s) {
             s.outside.net->swallow("host");
             s.add_seed_url("host");
         },
         0s},
        {"head", [](scene& s) { s.add_seed("host", silence); }, 0s},
        {"body",
         [](scene& s) {
             s.add_seed("host", [&s](request const& asked) {
                 return std::vector<step>{send_bytes{s.beginning_of_answer(asked, 3)}};
             });
         },
         0s},
        {"writing",
         [](scene& s) {
             s.store->write_time = 1s;
             s.add_good_seed("host");
         },
         0s},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.phase);
        scene s(6);
        s.options.requesters_per_seed = 3;
        row.prepare(s);
        s.store->stored = {{0, 16}}; // what is there is wrong, so that there's something to check as well
        s.start();
        for (int i = 0; i != 12; ++i)
            s.outside.context.run_one();
        if (row.phase != "waiting")
            s.settle();
        auto const before = s.outside.time->now();
        s.store->write_time = {};
        s.add_good_seed("good");
        while (s.session->snapshot().seeds.size() == 1)
            s.outside.context.run_one();
        s.session->close_seed("http://host/f");
        s.session->close_seed("http://host/f");
        s.settle();
        CHECK(s.outside.time->now() == before);
        CHECK(s.has_ended());
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == s.content);
        CHECK(s.outside.net->live_streams() == 0);
        s.session->close_seed("http://host/f");
        s.settle();
    }
}

TEST_CASE("R19 an exception off the strand gives the claim back, is reported once, and the requester lives on")
{
    struct
    {
        std::string thrower;
        std::function<void(scene&, bool& has_thrown)> prepare;
    } const rows[] = {
        {"storage",
         [](scene& s, bool& has_thrown) {
             s.add_good_seed("host");
             s.store->on_write = [&](std::uint64_t) {
                 if (!std::exchange(has_thrown, true))
                     throw std::runtime_error("the storage is not well");
                 return error_code();
             };
         }},
        {"network",
         [](scene& s, bool& has_thrown) {
             s.add_seed("host", [&](request const& asked) {
                 if (!std::exchange(has_thrown, true))
                     throw std::runtime_error("the network is not well");
                 return s.good_answer(asked);
             });
         }},
        {"something that is no std::exception",
         [](scene& s, bool& has_thrown) {
             s.add_seed("host", [&](request const& asked) {
                 if (!std::exchange(has_thrown, true))
                     throw 42;
                 return s.good_answer(asked);
             });
         }},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.thrower);
        scene s(2);
        s.options.requesters_per_seed = 1;
        auto has_thrown = false;
        row.prepare(s, has_thrown);
        s.start();
        s.settle();
        CHECK(has_thrown);
        CHECK(s.picture() == ".."); // given back, and cooling
        CHECK(s.claim_count() == 1);
        CHECK(s.events() == "seed_paused");
        s.run();
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == s.content);
        CHECK(s.outside.net->live_streams() == 0);
    }
}

TEST_CASE("R20 many changes in one turn make one plan, and a closed plan is not made anew")
{
    scene s(8);
    s.options.requesters_per_seed = 2;
    s.add_seed("silent", silence);
    s.start();
    s.outside.context.run_one();
    s.session->state().post([](core::download_state& state) {
        state.withhold({0, 8});
        (void)state.next_check(8);
    });
    s.settle();
    CHECK(s.requests() == 0);
    auto const now = s.outside.time->now();
    auto const before = s.outside.context.steps();
    s.session->state().post([now](core::download_state& state) {
        for (std::uint32_t i = 0; i != 4; ++i)
            state.checked({i, i + 1}, {false}, now);
    });
    s.settle();
    CHECK(s.requests() == 2); // two requesters, each woken once
    CHECK(s.outside.context.steps() - before < 40);
    s.session->state().post([now](core::download_state& state) {
        state.close(errc::closed, {});
        state.checked({4, 8}, {false, false, true, false}, now);
    });
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.session->snapshot().bytes_kept == 0);
    CHECK(s.requests() == 2);
}

TEST_CASE("R22 with unclaimed work and a healthy server a request starts within one turn")
{
    scene s(12);
    s.options.requesters_per_seed = 2;
    s.add_good_seed("good");
    s.start();
    auto const before = s.outside.time->now();
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.outside.time->now() == before); // nothing ever waited
}

TEST_CASE("R22 failing requests never keep all requesters away longer than the longest pause")
{
    scene s(8);
    s.options.requesters_per_seed = 4;
    s.options.seed_failure_count_max = 30;
    auto last = s.outside.time->now();
    auto longest = duration{};
    s.add_seed("broken", [&](request const&) {
        auto const now = s.outside.time->now();
        longest = std::max(longest, now - last);
        last = now;
        return std::vector<step>{reset_stream{}};
    });
    s.start();
    s.run();
    CHECK(s.error() == asio::error::connection_reset);
    CHECK(longest <= s.options.seed_pause_max);
    CHECK(s.requests() >= 30);
}
