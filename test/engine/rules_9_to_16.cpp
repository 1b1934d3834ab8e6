// The rules of the requester loop, 9 to 16, on the loop that is shipped.
#include "engine/scene.hpp"

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

// Fails the first `failures` requests in the given way, then answers rightly.
server failing(scene& s, int failures, std::vector<step> way)
{
    auto const left = std::make_shared<int>(failures);
    return [&s, left, way](request const& asked) { return (*left)-- > 0 ? way : s.good_answer(asked); };
}

} // namespace

TEST_CASE("R9 bytes are counted whether they end in success, error or cancellation")
{
    struct
    {
        std::string end;
        std::function<void(scene&, request const&, std::vector<step>&)> then;
    } const rows[] = {
        {"error", [](scene&, request const&, std::vector<step>& steps) { steps.emplace_back(reset_stream{}); }},
        {"cancel", [](scene&, request const&, std::vector<step>&) {}},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.end);
        scene s(1);
        s.options.seed_failure_count_max = 1;
        s.add_seed("half", [&](request const& asked) {
            std::vector<step> steps{send_bytes{s.beginning_of_answer(asked, 5)}};
            row.then(s, asked, steps);
            return steps;
        });
        s.start();
        s.settle();
        s.session->close_seed("http://half/f");
        s.settle();
        CHECK(s.session->snapshot().bytes_received == 5);
        CHECK(s.session->snapshot().bytes_verified == 0);
    }
    scene s(2);
    s.add_good_seed("good");
    s.start();
    s.run();
    CHECK(s.session->snapshot().bytes_received == 32);
    CHECK(s.session->snapshot().seeds.at(0).bytes_received == 32);
    CHECK(s.session->snapshot().seeds.at(0).bytes_verified == 32);
}

TEST_CASE("R10 what arrives after the download was closed is dropped without a trace")
{
    scene s(8, 4);
    for (auto const* const host : {"a", "b"})
        s.add_seed(host, [&](request const& asked) {
            auto const begun = s.beginning_of_answer(asked, 20);
            return std::vector<step>{
                send_bytes{begun}, pause_for{1s}, send_bytes{range_response(asked, s.content).substr(begun.size())}};
        });
    s.start();
    s.settle();
    auto const writes = s.store->writes;
    auto const now = s.session->snapshot();
    s.close();
    s.settle();
    CHECK(s.has_ended());
    s.outside.run_for(10s);
    CHECK(s.store->writes == writes);
    CHECK(s.events().empty());
    CHECK(s.requests() == 2);
    CHECK(s.session->snapshot().pieces_verified <= 2); // those that were whole before
}

TEST_CASE("R10 closing the download and all its seeds is one turn")
{
    scene s(8);
    s.add_seed("silent", [](request const&) { return std::vector<step>(); });
    s.add_seed("silent2", [](request const&) { return std::vector<step>(); });
    s.start();
    s.settle();
    auto is_closed_after = false;
    s.session->state().post([&](core::download_state& state) {
        state.close(errc::closed, {});
        is_closed_after = state.plan().is_closed();
        // Whatever comes in the same turn finds everything closed.
        CHECK(!state.report(planning::requester_id{0}, {.until = 16}, {}));
    });
    s.settle();
    CHECK(is_closed_after);
    CHECK(s.has_ended());
    CHECK(s.session->snapshot().pieces_verified == 0);
}

TEST_CASE("R11 a seed that is closed while a result is on its way ends quietly and at once")
{
    scene s(4);
    s.options.requesters_per_seed = 3;
    s.add_seed("leaving", [&](request const& asked) {
        return std::vector<step>{send_bytes{s.beginning_of_answer(asked, 3)}};
    });
    s.add_seed("silent", [](request const&) { return std::vector<step>(); });
    s.start();
    s.settle();
    CHECK(s.outside.net->live_streams() == 4);
    auto const before = s.outside.time->now();
    s.session->close_seed("http://leaving/f");
    s.settle();
    CHECK(s.outside.time->now() == before);
    CHECK(s.outside.net->live_streams() == 3); // the other seed's, which has taken over
    CHECK(s.events().empty());
    CHECK(s.session->snapshot().seeds.at(0).failures == 0);
}

TEST_CASE("R12 an error is recorded and reported once, and its claim given back once")
{
    scene s(1);
    s.add_seed("broken-once", failing(s, 1, {reset_stream{}}));
    s.start();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    CHECK(s.requests() == 2);
    CHECK(s.events() == "seed_paused file_finished");
    auto const seed = s.session->snapshot().seeds.at(0);
    CHECK(seed.failures == 1);
    CHECK(seed.last_error.message.starts_with("http://broken-once/f: "));
}

TEST_CASE("R12 a server that asks for patience has not failed")
{
    scene s(1);
    s.add_seed("busy", failing(s, 1, {send_bytes{response("503 Busy", "Retry-After: 7\r\n", "")}}));
    s.start();
    auto const before = s.outside.time->now();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.outside.time->now() - before == 7s);
    CHECK(s.session->snapshot().seeds.at(0).failures == 0);
}

TEST_CASE("R12 a claim that is stopped from within is quiet")
{
    scene s(2, 2);
    s.options.requesters_per_seed = 1;
    auto is_first = true;
    s.add_seed("host", [&](request const& asked) {
        if (std::exchange(is_first, false))
            return std::vector<step>{send_bytes{s.beginning_of_answer(asked, 3)}};
        return s.good_answer(asked);
    });
    s.start();
    s.settle();
    CHECK(s.look([](core::download_state& state) { return state.stop(planning::claim_id{0}); }));
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.events() == "file_finished");
    CHECK(s.session->snapshot().seeds.at(0).failures == 0);
}

TEST_CASE("R13 while a range is being written it is nobody else's, and stopping its claim doesn't undo it")
{
    scene s(2);
    s.options.requesters_per_seed = 3;
    s.store->write_time = 1s;
    s.add_good_seed("good");
    s.start();
    s.settle();
    CHECK(s.picture() == "rr");
    CHECK(s.requests() == 2);
    CHECK(s.look([](core::download_state& state) { return state.stop(planning::claim_id{0}); }));
    s.settle();
    CHECK(s.picture() == "rr");
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    CHECK(s.requests() == 2);
    CHECK(s.session->snapshot().bytes_received == 32);
    CHECK(s.session->snapshot().bytes_wasted == 0);
}

TEST_CASE("R13 a storage error makes the range wanted again, and ends the download, not just the requester")
{
    scene s(4);
    s.options.requesters_per_seed = 1;
    s.store->on_write = [](std::uint64_t offset) { return offset == 16 ? error_code(errc::disk_full) : error_code(); };
    s.add_good_seed("good");
    s.start();
    s.run();
    CHECK(s.error() == errc::disk_full);
    CHECK(s.picture() == "V...");
    CHECK(s.store->closes == 1);
    CHECK(s.session->ending().cause.message.find("f at 16") != std::string::npos);
    CHECK(s.session->snapshot().seeds.at(0).failures == 0); // no fault of the seed's
}

TEST_CASE("R13 the hash of a piece is decided once: a wrong piece is wasted, named, and fetched from another seed")
{
    scene s(3, 3);
    s.options.requesters_per_seed = 1;
    s.add_seed("liar", [&](request const& asked) {
        auto lie = s.content;
        lie[20] = '!';
        return std::vector<step>{pause_for{100ms}, send_bytes{range_response(asked, lie)}};
    });
    s.start();
    s.settle();
    s.add_good_seed("good");
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    CHECK(s.events() == "piece_bad file_finished");
    CHECK(s.session->snapshot().bytes_wasted == 16);
    CHECK(s.session->snapshot().seeds.at(0).pieces_bad == 1);
}

TEST_CASE("R13 a wrong piece is found wherever it is in the torrent and in its claim")
{
    for (std::size_t piece = 0; piece != 4; ++piece)
    {
        CAPTURE(piece);
        scene s(4, 4);
        s.options.requesters_per_seed = 1;
        s.add_seed("liar", [&](request const& asked) {
            auto wrong = s.content;
            wrong[piece * 16 + 7] ^= 1;
            return std::vector<step>{send_bytes{range_response(asked, wrong)}};
        });
        s.start();
        s.run();
        CHECK(s.error() == errc::no_correct_data);
        CHECK(s.events().starts_with("piece_bad"));
        CHECK(s.session->snapshot().pieces_verified == 3);
        CHECK(s.session->snapshot().seeds.at(0).pieces_bad == 1);
    }
}

TEST_CASE("R14 after an error the claim stays until the pause is over, and nobody of its seed repeats the request")
{
    scene s(1);
    s.options.requesters_per_seed = 4;
    s.add_seed("broken-once", failing(s, 1, {reset_stream{}}));
    s.start();
    s.settle();
    CHECK(s.requests() == 1);
    CHECK(s.claim_count() == 1);
    CHECK(s.session->snapshot().seeds.at(0).state == seed_state::pausing); // told at once
    s.outside.run_for(200ms);                                              // the pause is at least 250 ms
    CHECK(s.requests() == 1);
    CHECK(s.claim_count() == 1);
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.requests() == 2);
    CHECK(s.claim_count() == 0);
}

TEST_CASE("R14 another seed takes over what failed at once")
{
    scene s(1);
    s.options.requesters_per_seed = 1;
    s.add_seed("broken", [](request const&) { return std::vector<step>{reset_stream{}}; });
    s.start();
    s.settle();
    s.add_good_seed("good");
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.error() == error_code());
}

TEST_CASE("R15 the pause after an error holds up nobody, and closing ends it at once")
{
    scene s(1);
    s.add_seed("broken", [](request const&) { return std::vector<step>{reset_stream{}}; });
    s.start();
    s.settle();
    auto const before = s.outside.time->now();
    CHECK(s.picture() == "."); // the state can be reached
    s.close();
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.outside.time->now() == before);
}

TEST_CASE("R15 no pause follows a stop of our own")
{
    scene s(1);
    s.options.requesters_per_seed = 1;
    auto is_first = true;
    s.add_seed("host", [&](request const& asked) {
        if (std::exchange(is_first, false))
            return std::vector<step>();
        return s.good_answer(asked);
    });
    s.start();
    s.settle();
    auto const before = s.outside.time->now();
    CHECK(s.look([](core::download_state& state) { return state.stop(planning::claim_id{0}); }));
    s.settle();
    CHECK(s.has_ended());
    CHECK(s.outside.time->now() == before);
}

TEST_CASE("R16 after the pause the seed is planned for anew, with all its requesters")
{
    scene s(6);
    s.options.requesters_per_seed = 3;
    auto failures = 3;
    s.add_seed("broken-thrice", [&](request const& asked) {
        if (failures-- > 0)
            return std::vector<step>{send_bytes{response("500 Broken", "", "")}};
        return std::vector<step>{pause_for{1s}, send_bytes{range_response(asked, s.content)}};
    });
    s.start();
    s.settle();
    CHECK(s.requests() == 3);
    CHECK(s.picture() == "......");
    s.outside.run([&] { return s.session->snapshot().pieces_verified == 1; });
    s.settle();
    // The first piece after the failures shows that the seed is well: all three work again.
    CHECK(s.outside.net->live_streams() == 3);
    s.run();
    CHECK(s.error() == error_code());
}
