// What is told of the seeds.
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;

namespace {

constexpr seed_id first{0};

struct told
{
    standing_kind kind;
    time_point until = time_point::max();
    std::uint32_t claims = 0;

    friend bool operator==(told const&, told const&) = default;
};

told standing(table const& t, duration at = {}, seed_id seed = first)
{
    auto const now = t.board.standing_of(seed, start + at);
    return {now.kind, now.until, now.claims};
}

} // namespace

TEST_CASE("a seed works, and has nothing to do when others are at what is left")
{
    table t(2);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(standing(t) == told{standing_kind::working}); // soon
    CHECK(t.next(a) == "0-2");
    CHECK(standing(t) == told{standing_kind::working, time_point::max(), 1});
    CHECK(t.board.claimed_count() == 2);
    t.next(b);
    CHECK(standing(t, {}, seed_id{1}) == told{standing_kind::idle});
    t.board.report(a, 1, false);
    CHECK(t.board.claimed_count() == 1);
    t.board.close_seed(first);
    CHECK(standing(t) == told{standing_kind::closed});
}

TEST_CASE("between two claims a seed still works")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    t.next(a);
    t.deliver(a, 2);
    CHECK(standing(t) == told{standing_kind::working});
    t.next(a);
    t.deliver(a, 2);
    CHECK(standing(t) == told{standing_kind::idle});
}

TEST_CASE("a seed that failed backs off, and one that asked for patience waits as it wished")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    t.next(a);
    t.settle(a, outcome_kind::failed);
    auto const failed = standing(t);
    CHECK(failed.kind == standing_kind::backing_off);
    CHECK((failed.until > start && failed.until <= start + 1s));

    auto const b = t.add_requester_with_seed();
    t.next(b);
    outcome busy;
    busy.kind = outcome_kind::busy;
    busy.retry_after = 100s;
    t.board.settle(b, busy, start, 0);
    CHECK(standing(t, {}, seed_id{1}) == told{standing_kind::asked_to_wait, start + 100s});
    CHECK(standing(t, 100s, seed_id{1}) == told{standing_kind::working}); // soon again
}

TEST_CASE("a seed whose requesters decline waits for its host")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    t.board.decline(a, start);
    CHECK(standing(t) == told{standing_kind::host_is_full});
    t.next(a);
    CHECK(standing(t) == told{standing_kind::working, time_point::max(), 1});
}

TEST_CASE("a seed lacks the rest when it is asked for nothing of what is free")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    t.add_requester_with_seed(); // who may have it
    t.next(a);
    t.settle(a, outcome_kind::file_missing);
    t.next(a);
    CHECK(standing(t).kind == standing_kind::lacks_the_rest);
    CHECK((standing(t).until > start && standing(t).until < start + 2min));
}

TEST_CASE("a seed is given up after too many failures")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    t.add_requester_with_seed();
    for (auto at = 0s; at != 3min; at += 1min)
    {
        t.next(a, at);
        t.settle(a, outcome_kind::failed, at);
    }
    CHECK(standing(t, 5min) == told{standing_kind::given_up});
}
