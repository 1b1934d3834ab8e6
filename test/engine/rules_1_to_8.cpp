// The rules of the requester loop, 1 to 8, on the loop that is shipped.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

// Never answers.
std::vector<step> silence(request const&)
{
    return {};
}

} // namespace

TEST_CASE("R1 adding a seed starts exactly as many requesters as the options say")
{
    scene s(20);
    s.options.requesters_per_seed = 3;
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    CHECK(s.outside.net->live_streams() == 3);
    CHECK(s.requests() == 3);
    CHECK(s.claim_count() == 3);
}

TEST_CASE("R1 a seed that is added while the download runs is used at once")
{
    scene s(6);
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    CHECK(s.picture() == "rr....");
    s.add_good_seed("good");
    s.settle();
    CHECK(s.picture() == "rrVVVV");
}

TEST_CASE("R1 a seed that is added before the storage is open is used once it is")
{
    scene s(2);
    s.store->open_time = 1s;
    s.start();
    s.settle();
    s.add_good_seed("good");
    s.settle();
    CHECK(s.requests() == 0);
    CHECK(s.store->writes == 0);
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
}

TEST_CASE("R1 a seed that is added while the download ends is too late, and starts nothing")
{
    scene s(2);
    s.store->close_time = 1s;
    s.add_good_seed("good");
    s.start();
    s.settle();
    CHECK(s.store->closes == 1);
    CHECK(!s.has_ended());
    auto const before = s.outside.net->connects();
    s.add_good_seed("late");
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.outside.net->connects() == before);
}

TEST_CASE("R1 a seed that is named twice is one seed")
{
    scene s(8);
    s.options.requesters_per_seed = 2;
    s.add_seed("silent", silence);
    s.add_seed_url("silent");
    s.start();
    s.settle();
    s.add_seed_url("silent");
    s.settle();
    CHECK(s.outside.net->live_streams() == 2);
    CHECK(s.session->snapshot().seeds.size() == 1);
}

TEST_CASE("R1 a seed that was removed may be added again, and is asked again")
{
    scene s(8);
    s.options.requesters_per_seed = 2;
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    s.add_seed("other", silence);
    s.settle();
    s.session->close_seed("http://silent/f");
    s.settle();
    CHECK(s.outside.net->live_streams() == 2);
    s.add_seed_url("silent");
    s.settle();
    CHECK(s.outside.net->live_streams() == 4);
    CHECK(s.session->snapshot().seeds.size() == 3);
}

TEST_CASE("R1 the download ends after all its requesters have")
{
    scene s(20);
    s.options.requesters_per_seed = 8;
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    s.close();
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.outside.net->live_streams() == 0);
    CHECK(s.store->closes == 1);
    CHECK(s.error() == errc::closed);
}

TEST_CASE("R2 a requester that finds the download closed leaves the wanted pieces alone")
{
    scene s(4, 2);
    s.add_seed("half", [&](request const& asked) {
        return std::vector<step>{send_bytes{s.beginning_of_answer(asked, 20)}, pause_for{1h}};
    });
    s.start();
    s.settle();
    auto const before = s.requests();
    s.close();
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.requests() == before);
    auto const is_free_empty = s.look([](core::download_state& state) { return state.plan().free().empty(); });
    CHECK(is_free_empty); // what was claimed when it closed was not given back to a closed plan
}

TEST_CASE("R2 closed is looked at after every resumption, wherever the requester is")
{
    // Closes after the first n handlers, for every n until the download is done by itself.
    for (int n = 0;; ++n)
    {
        CAPTURE(n);
        scene s(4);
        s.add_good_seed("good");
        s.start();
        for (int i = 0; i != n; ++i)
            s.outside.context.run_one();
        if (s.has_ended())
            break;
        s.close();
        s.settle();
        REQUIRE(s.has_ended());
        CHECK(s.outside.net->live_streams() == 0);
        auto const writes = s.store->writes;
        s.outside.run_for(1min);
        CHECK(s.store->writes == writes);
    }
}

TEST_CASE("R3 the state may change in every way while requesters are suspended")
{
    scene s(40);
    auto const slow = [&](request const& asked) {
        return std::vector<step>{
            pause_for{10ms}, send_bytes{s.beginning_of_answer(asked, 7)}, pause_for{10ms},
            send_bytes{range_response(asked, s.content).substr(s.beginning_of_answer(asked, 7).size())}};
    };
    s.add_seed("a", slow);
    s.start();
    s.settle();
    // Seeds and requesters come and go, so that everything in the state moves about in memory.
    for (auto const* const host : {"b", "c", "d", "e", "f", "g"})
    {
        s.add_seed(host, slow);
        s.outside.run_for(3ms);
        s.session->close_seed("http://" + std::string(host) + "/f");
        s.add_seed(std::string(host) + "2", slow);
    }
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
}

TEST_CASE("R4 without faults every byte is asked for exactly once, whoever asks")
{
    scene s(97, 3);
    s.options.requesters_per_seed = 4;
    for (auto const* const host : {"a", "b", "c", "d"})
        s.add_seed(host, [&](request const& asked) {
            auto const time = std::chrono::milliseconds(asked.range(s.content.size()).offset % 7);
            return std::vector<step>{pause_for{time}, send_bytes{range_response(asked, s.content)}};
        });
    s.start();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
    for (auto const& range : s.ranges())
        asked.emplace_back(std::stoull(range), std::stoull(range.substr(range.find('-') + 1)) + 1);
    std::ranges::sort(asked);
    std::uint64_t at = 0;
    for (auto const& [first, last] : asked)
    {
        CHECK(first == at);
        at = last;
    }
    CHECK(at == s.content.size());
    CHECK(s.session->snapshot().bytes_received == s.content.size());
    CHECK(s.events() == "file_finished"); // no retry, no pause
}

TEST_CASE("R5 requesters that meet only claims of others sleep")
{
    scene s(1);
    s.options.requesters_per_seed = 16;
    s.add_seed("silent", silence);
    s.start();
    s.settle();
    CHECK(s.requests() == 1);
    // Time passes, but not so much that the silent seed's request times out.
    auto const handlers_before = s.outside.context.steps();
    s.outside.run_for(20s);
    CHECK(s.outside.context.steps() - handlers_before < 10); // that of run_for itself
}

TEST_CASE("R6 work that comes at whatever moment is served without a further event")
{
    // One piece is missing from the start; the other is found wrong after the first n handlers.
    for (int n = 0; n != 60; ++n)
    {
        CAPTURE(n);
        scene s(2);
        s.options.requesters_per_seed = 1;
        s.add_good_seed("good");
        s.start();
        s.outside.context.run_one();
        s.session->state().post([](core::download_state& state) {
            state.withhold({1, 2});
            (void)state.next_check(1);
        });
        while (s.session->snapshot().seeds.empty())
            s.outside.context.run_one();
        for (int i = 0; i != n; ++i)
            s.outside.context.run_one();
        auto const now = s.outside.time->now();
        s.session->state().post([now](core::download_state& state) { state.checked({1, 2}, {false}, now); });
        s.settle(); // no time passes
        CHECK(s.has_ended());
        CHECK(s.store->bytes == s.content);
    }
}

TEST_CASE("R6 so many new claims wake so many idle requesters, and no more than there are")
{
    for (auto const count : {1u, 2u, 4u, 9u})
    {
        CAPTURE(count);
        scene s(10);
        s.options.requesters_per_seed = 4;
        s.add_seed("silent", silence);
        s.start();
        s.outside.context.run_one();
        s.session->state().post([](core::download_state& state) {
            state.withhold({0, 10});
            (void)state.next_check(10);
        });
        s.settle();
        CHECK(s.requests() == 0);
        auto const now = s.outside.time->now();
        s.session->state().post([=](core::download_state& state) {
            state.checked({0, count}, std::vector<bool>(count, false), now);
        });
        s.settle();
        CHECK(s.requests() == std::min(count, 4u));
        s.close();
        s.settle();
    }
}

TEST_CASE("R7 asking for work may happen with nobody idle, and twice is as good as once")
{
    scene s(3);
    s.options.requesters_per_seed = 1;
    s.add_seed("slow", [&](request const& asked) {
        return std::vector<step>{pause_for{1s}, send_bytes{range_response(asked, s.content)}};
    });
    s.start();
    s.outside.context.run_one();
    s.session->state().post([](core::download_state& state) {
        state.withhold({2, 3});
        (void)state.next_check(1);
    });
    s.settle();
    CHECK(s.requests() == 1);
    auto const now = s.outside.time->now();
    s.session->state().post([now](core::download_state& state) { state.checked({2, 3}, {false}, now); });
    s.settle();
    CHECK(s.requests() == 1); // nobody was idle, and nothing happened
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.requests() == 3);
}

TEST_CASE("R8 whatever a requester waits for, the state can be reached meanwhile")
{
    struct
    {
        std::string phase;
        std::function<void(scene&)> prepare;
    } const rows[] = {
        {"connecting",
         [](scene& s) {
             s.outside.net->swallow("host");
             s.add_seed_url("host");
         }},
        {"head", [](scene& s) { s.add_seed("host", silence); }},
        {"body",
         [](scene& s) {
             s.add_seed("host", [&](request const& asked) {
                 return std::vector<step>{send_bytes{s.beginning_of_answer(asked, 3)}};
             });
         }},
        {"disk",
         [](scene& s) {
             s.store->write_time = 1h;
             s.add_good_seed("host");
         }},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.phase);
        scene s(4);
        row.prepare(s);
        s.start();
        s.settle();
        auto const before = s.outside.time->now();
        CHECK(s.picture() == "rr..");
        CHECK(s.outside.time->now() == before);
    }
}
