#include "plan/host_budget.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace webseed::planning;

constexpr auto start = time_point(std::chrono::hours(1));

visit how(visit_kind kind, time_point began, std::optional<duration> retry_after = {})
{
    return {.kind = kind, .began = began, .bytes = 1000, .counted_from = began, .retry_after = retry_after};
}

// So many are let in at that time.
unsigned admit_all(host_budget& budget, time_point now, unsigned wish)
{
    unsigned count = 0;
    while (budget.admit(now, wish).granted)
        ++count;
    return count;
}

// For so long, and every 250 ms, so many bytes come to each of those at work, who began then; whoever is let in comes.
void bring(host_budget& budget, time_point& now, duration time, time_point began, std::uint64_t bytes, unsigned wish)
{
    for (auto const end = now + time; now < end;)
    {
        auto const since = now;
        now += 250ms;
        for (auto left = budget.active(); left != 0; --left)
            budget.progressed(
                now, {.kind = visit_kind::delivered, .began = began, .bytes = bytes, .counted_from = since});
        admit_all(budget, now, wish);
    }
}

} // namespace

TEST_CASE("at first a host is asked by four at once, or fewer if fewer are wished or allowed")
{
    host_budget free(host_options{});
    CHECK(admit_all(free, start, 16) == 4);
    CHECK(free.active() == 4);
    CHECK(free.limit() == 4);
    CHECK(free.admit(start, 16).until == time_point::max());
    host_budget modest(host_options{});
    CHECK(admit_all(modest, start, 2) == 2);
    host_budget nobody(host_options{});
    CHECK(admit_all(nobody, start, 0) == 1);
    host_options options;
    options.requests_max = 3;
    host_budget limited(options);
    CHECK(admit_all(limited, start, 16) == 3);
}

TEST_CASE("of what went well earlier half is tried at once, and never more than is wished or allowed")
{
    struct
    {
        unsigned known, wish, requests_max, first;
    } const rows[] = {
        {0, 16, 0, 4}, {1, 16, 0, 1}, {3, 16, 0, 3},  {4, 16, 0, 4},      {8, 16, 0, 4},     {16, 16, 0, 8},
        {16, 6, 0, 6}, {16, 1, 0, 1}, {16, 16, 5, 5}, {1000, 400, 0, 32}, {~0u, 400, 0, 32}, {~0u, 400, 2, 2},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.known);
        CAPTURE(row.wish);
        host_options options;
        options.requests_max = row.requests_max;
        host_budget budget(options);
        budget.expect(row.known);
        CHECK(admit_all(budget, start, row.wish) == row.first);
        CHECK(budget.known_good() == 0); // until it has gone well here, too
    }
}

TEST_CASE("what went well earlier is reached as soon as something comes, and known then")
{
    host_budget budget(host_options{});
    budget.expect(16);
    CHECK(admit_all(budget, start, 64) == 8);
    budget.progressed(start + 100ms, how(visit_kind::delivered, start));
    CHECK(admit_all(budget, start + 100ms, 64) == 8);
    budget.progressed(start + 100ms, how(visit_kind::delivered, start));
    CHECK(admit_all(budget, start + 100ms, 64) == 0);
    for (int i = 0; i != 16; ++i)
        budget.progressed(start + 200ms, how(visit_kind::delivered, start));
    CHECK(budget.known_good() == 16);
    budget.leave(start + 300ms, how(visit_kind::refused, start));
    CHECK(budget.known_good() < 16);
}

TEST_CASE("a host that is known for little is soon asked for more if it likes that now")
{
    host_budget budget(host_options{});
    budget.expect(1);
    auto now = start;
    for (; budget.limit() < 8 && now < start + 1min; now += 50ms)
    {
        admit_all(budget, now, 8);
        for (auto left = budget.active(); left != 0; --left)
            budget.leave(now + 50ms, how(visit_kind::delivered, now)); // each brings as much
    }
    CHECK(now <= start + 5s);
}

TEST_CASE("as many again are given up when they have brought nothing twice, which once may be by chance")
{
    for (auto const is_chance : {true, false})
    {
        host_budget budget(host_options{});
        auto now = start;
        admit_all(budget, start, 16);
        while (budget.limit() < 8 && now < start + 10s)
            bring(budget, now, 250ms, start, 1000, 16);
        REQUIRE(budget.limit() == 8);
        bring(budget, now, 1500ms, start, 500, 16);
        CHECK(budget.limit() == 8);
        bring(budget, now, 1500ms, start, is_chance ? 1000 : 500, 16);
        CHECK(budget.limit() == (is_chance ? 16 : 4));
    }
}

TEST_CASE("requests needn't take turns at a host that never minded")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    for (int i = 0; i != 100; ++i)
        CHECK(budget.reserve(start) == start);
    CHECK(budget.gap() == 0s);
}

TEST_CASE("a refusal halves what may be asked at once, and the others of that round trip don't")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    budget.leave(start + 20ms, how(visit_kind::refused, start));
    CHECK(budget.limit() == 2);
    auto const end = budget.pause_end();
    CHECK(end >= start + 270ms);
    CHECK(end <= start + 520ms);
    budget.leave(start + 30ms, how(visit_kind::refused, start));
    budget.leave(start + 30ms, how(visit_kind::reset, start));
    CHECK(budget.limit() == 2);
    CHECK(budget.pause_end() == end);
    CHECK(budget.active() == 1);
    CHECK(budget.admit(start + 40ms, 4).until == end);
    CHECK(budget.reserve(start + 40ms) == end);
}

TEST_CASE("who is served for long after a pause needn't be done for the others to follow, and for more after a while")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    for (int i = 0; i != 4; ++i)
        budget.leave(start + 10ms, how(visit_kind::refused, start, 1s));
    auto const again = budget.pause_end();
    CHECK(admit_all(budget, again, 4) == 1);
    auto now = again;
    bring(budget, now, 250ms, again, 1000, 4);
    CHECK(budget.active() == 2);
    bring(budget, now, 1500ms, again, 1000, 4);
    CHECK(budget.active() == 2);
    bring(budget, now, 3s, again, 1000, 4);
    CHECK(budget.active() > 2);
}

TEST_CASE("a wish for a pause is followed up to a limit, and the longest counts")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    budget.leave(start, how(visit_kind::refused, start, 60s));
    CHECK(budget.pause_end() == start + 60s);
    budget.leave(start, how(visit_kind::refused, start - 1ms, 30s));
    CHECK(budget.pause_end() == start + 60s);
    budget.leave(start, how(visit_kind::refused, start - 1ms, 24h));
    CHECK(budget.pause_end() == start + 10min);
    host_budget other(host_options{});
    admit_all(other, start, 4);
    other.leave(start, how(visit_kind::refused, start, -1h));
    CHECK(other.pause_end() == start + 250ms);
}

TEST_CASE("after a pause one tries, and when that has been served the others may follow")
{
    host_budget budget(host_options{});
    auto const first = budget.admit(start, 4);
    CHECK(admit_all(budget, start, 4) == 3);
    CHECK(first.active == 1);
    for (int i = 0; i != 4; ++i)
        budget.leave(start, how(visit_kind::refused, start, 1s));
    CHECK(admit_all(budget, start + 999ms, 4) == 0);
    CHECK(admit_all(budget, start + 1s, 4) == 1);
    CHECK(budget.admit(start + 1s, 4).until == time_point::max());
    budget.leave(start + 2s, how(visit_kind::neutral, start + 1s));
    CHECK(admit_all(budget, start + 2s, 4) == 1);
    budget.leave(start + 3s, how(visit_kind::delivered, start + 2s));
    CHECK(admit_all(budget, start + 3s, 4) == 2);
}

TEST_CASE("who began before the refusal tells nothing about the time after")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 2);
    budget.leave(start + 1s, how(visit_kind::refused, start, 1s));
    CHECK(admit_all(budget, start + 2s, 2) == 0); // one is left, and the limit is one
    budget.leave(start + 2s, how(visit_kind::delivered, start));
    CHECK(admit_all(budget, start + 2s, 2) == 1);
}

TEST_CASE("pauses grow while everything is refused")
{
    host_budget budget(host_options{});
    auto now = start;
    auto last = duration{};
    for (int i = 0; i != 12; ++i)
    {
        CHECK(budget.admit(now, 4).granted);
        auto told = how(visit_kind::refused, now);
        told.random = ~0ull;
        budget.leave(now, told);
        auto const pause = budget.pause_end() - now;
        CHECK(pause >= last);
        last = pause;
        now = budget.pause_end();
    }
    CHECK(last == 30s);
    CHECK(budget.gap() == 0s);
    CHECK(budget.limit() == 1);
}

TEST_CASE("resets make fewer, and no pause")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    budget.leave(start + 1s, how(visit_kind::reset, start));
    CHECK(budget.limit() == 2);
    CHECK(budget.pause_end() <= start);
    for (int i = 0; i != 3; ++i)
        budget.leave(start + 1s, how(visit_kind::reset, start));
    CHECK(admit_all(budget, start + 2s, 4) == 2);
    budget.leave(start + 3s, how(visit_kind::reset, start + 2s));
    CHECK(budget.limit() == 1);
    budget.leave(start + 3s, how(visit_kind::reset, start + 2s));
    CHECK(admit_all(budget, start + 3s, 4) == 1);
}

TEST_CASE("one of whom nothing came says that there were too many, however often so many seemed to go well")
{
    host_budget budget(host_options{});
    admit_all(budget, start, 4);
    for (int i = 0; i != 8; ++i) // three who come and go, while the fourth waits
    {
        auto told = how(visit_kind::delivered, start);
        budget.leave(start + 1s, told);
        budget.admit(start + 1s, 4);
    }
    CHECK(budget.known_good() == 4);
    CHECK(!budget.is_strict(start + 1s));
    auto const serve_later = [&](unsigned active) { // over a new connection, when so many were there
        auto told = how(visit_kind::delivered, start + 500ms);
        told.is_fresh = true;
        told.active = active;
        budget.progressed(start + 1s, told);
    };
    SUBCASE("silence")
    {
        budget.leave(start + 2s, {.kind = visit_kind::silent, .began = start, .active = 4, .is_fresh = true});
        CHECK(budget.known_good() == 3);
        CHECK(budget.limit() == 3);
        CHECK(budget.is_strict(start + 2s)); // idle connections may be what it lacks
        CHECK(!budget.is_strict(start + 1min));
        budget.leave(start + 2s, {.kind = visit_kind::silent, .began = start, .active = 3, .is_fresh = true});
        CHECK(budget.limit() == 3); // it was there before that
    }
    SUBCASE("of a connection that was served before")
    {
        budget.leave(start + 2s, {.kind = visit_kind::silent, .began = start, .active = 4});
        CHECK(budget.limit() == 4);
    }
    SUBCASE("while somebody who came later was served over a new connection")
    {
        serve_later(4);
        budget.leave(start + 2s, {.kind = visit_kind::silent, .began = start, .active = 4, .is_fresh = true});
        CHECK(budget.limit() == 4);
    }
    SUBCASE("while fewer were served")
    {
        serve_later(3);
        budget.leave(start + 2s, {.kind = visit_kind::silent, .began = start, .active = 4, .is_fresh = true});
        CHECK(budget.limit() == 3);
    }
    SUBCASE("a reset alone doesn't")
    {
        budget.leave(start + 2s, {.kind = visit_kind::reset, .began = start, .active = 4});
        CHECK(!budget.is_strict(start + 2s));
    }
}

TEST_CASE("turns that nobody uses don't put off the others for ever")
{
    host_budget budget(host_options{});
    auto now = start;
    // One request every second, and the next refused, until there is a gap.
    for (int i = 0; i != 10 && budget.gap() == 0s; ++i)
        for (auto const kind : {visit_kind::delivered, visit_kind::refused})
        {
            now = std::max(now, budget.pause_end());
            CHECK(budget.admit(now, 1).granted);
            now = budget.reserve(now);
            budget.leave(now, how(kind, now));
        }
    CHECK(budget.gap() >= 50ms);
    now = budget.pause_end();
    CHECK(budget.admit(now, 1).granted);
    for (int i = 0; i != 1000; ++i)
        CHECK(budget.reserve(now) <= now + budget.gap());
}
