// The public face used by many threads at once, in an order that differs with every seed. What is looked at is what
// must hold in any order; a sanitizer for threads looks at the rest.
#include "threads/arena.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace webseed::test;

namespace {

int operation_count()
{
    auto const* const asked = std::getenv("WEBSEED_TEST_LONG");
    auto const is_long = asked && *asked != '\0' && std::string(asked) != "0";
    return is_long ? 2400 : 400;
}

} // namespace

TEST_CASE("whatever threads do to engines and downloads, everything ends once, and rightly")
{
    struct
    {
        std::string what;
        bool borrows;
        int front_thread_count;
    } const rows[] = {
        {"own workers, one loop", false, 1},
        {"own workers, a pool", false, 3},
        {"borrowed workers, one loop", true, 1},
        {"borrowed workers, a pool", true, 3},
    };
    std::uint64_t seed = 1;
    auto cancelled = 0;
    auto closed = 0;
    auto failed = 0;
    auto drained = 0;
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        arena_options options;
        options.borrows = row.borrows;
        options.front_thread_count = row.front_thread_count;
        options.seed = ++seed;
        arena on(options);
        std::vector<std::thread> players;
        for (std::uint64_t i = 0; i != 4; ++i)
            players.emplace_back([&, i] { on.play(seed * 100 + i, operation_count()); });
        for (auto& each : players)
            each.join();
        on.finish();

        auto const& count = on.count();
        CHECK(count.runs_ended.load() == count.runs_begun.load());
        CHECK(count.waits_ended.load() == count.waits_begun.load());
        CHECK(count.stops_ended.load() == count.stops_begun.load());
        CHECK(count.loads_ended.load() == count.loads_begun.load());
        CHECK(count.loaded.load() > 0);
        CHECK(count.ended_twice.load() == 0);
        CHECK(count.wrong_bytes.load() == 0);
        CHECK(count.wrong_torrents.load() == 0);
        CHECK(count.storage_left_open.load() == 0);
        CHECK(count.too_many_events.load() == 0);
        CHECK(count.complete.load() > count.runs_begun / 20);
        cancelled += count.cancelled;
        closed += count.closed;
        failed += count.failed;
        drained += count.drained;
    }
    // It was worth it.
    CHECK(cancelled > 0);
    CHECK(closed > 0);
    CHECK(failed > 0);
    CHECK(drained > 0);
}
