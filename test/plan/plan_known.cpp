// What the plan makes of what is known of its seeds from earlier.
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;

namespace {

constexpr std::uint64_t length = 1000;

plan_options options()
{
    plan_options made;
    made.claim_time = 4s;
    made.claim_size_first = 10 * length;
    made.claim_size_max = 200 * length;
    made.claim_size_min = length;
    return made;
}

// A file of so many pieces of 1000 bytes; rates are in pieces a second.
struct knowing
{
    explicit knowing(std::uint32_t pieces = 1000)
        : t(torrent_of({{{"f"}, pieces * length}}, length), options())
    {}

    requester_id add(double rate, bool was_dead = false)
    {
        seed = t.board.add_seed({rate * length, was_dead});
        return t.board.add_requester(seed);
    }
    void hear(requester_id who, std::uint64_t pieces, duration after)
    {
        t.board.heard(who, {pieces * length, 0}, start + after);
    }
    void bring_all(requester_id who, std::uint32_t pieces, duration took)
    {
        t.board.report(who, pieces, false);
        outcome result;
        result.took = took;
        result.bytes = pieces * length;
        t.board.settle(who, result, start + took, 0);
    }

    table t;
    seed_id seed{}; // added last
};

} // namespace

TEST_CASE("a seed of a known rate begins with as much as it is expected to send in the claim time")
{
    knowing k;
    CHECK(k.t.next(k.add(0)) == "0-10");
    CHECK(k.t.next(k.add(20)) == "10-90");
    CHECK(k.t.next(k.add(2)) == "90-98");
    CHECK(k.t.next(k.add(1e8)) == "98-298");
}

TEST_CASE("seeds of known rates leave each other a share, also those that haven't asked yet")
{
    knowing k(100);
    auto const slow = k.add(10);
    k.add(90);
    CHECK(k.t.next(slow) == "0-5"); // a tenth of the half
}

TEST_CASE("a rate that was measured takes the place of what was known, and what comes later is weighed with it")
{
    knowing k;
    auto const one = k.add(20);
    CHECK(k.t.next(one) == "0-80");
    k.bring_all(one, 80, 8s);
    CHECK(k.t.next(one, 8s) == "80-120");
    k.bring_all(one, 40, 2s);
    CHECK(k.t.next(one, 10s) == "120-172"); // 10 and 20
}

TEST_CASE("a rate that is far from what comes isn't believed to the end of a long claim")
{
    struct
    {
        std::uint64_t come; // in a second
        char const* next;   // of another requester
    } const rows[] = {{1, "200-206"}, {9, "200-253"}, {60, "200-400"}, {90, "200-400"}};
    for (auto const& row : rows)
    {
        CAPTURE(row.come);
        knowing k(2000);
        auto const one = k.add(50);
        auto const two = k.t.board.add_requester(k.seed);
        CHECK(k.t.next(one) == "0-200");
        k.hear(one, row.come, 999ms);
        k.hear(one, 0, 1s);
        CHECK(k.t.board.active_claim_count() == 1);
        k.hear(one, 0, 1s);
        k.t.board.heard(one, {1, 0}, start + 1s);
        CHECK(k.t.next(two, 1s) == row.next);
    }
}

TEST_CASE("a seed that was dead is tried with one claim, and all come when it has sent anything")
{
    knowing k;
    auto const one = k.add(0, true);
    auto const two = k.t.board.add_requester(k.seed);
    CHECK(k.t.next(one) == "0-2");
    CHECK(k.t.next(two) == "wait");
    CHECK(k.t.wakes() == 0);
    k.t.board.heard(one, {1, 1}, start + 10ms);
    CHECK(k.t.wakes() == 1);
    CHECK(k.t.next(two, 10ms) == "2-7");
}

TEST_CASE("a seed that was dead and refuses has answered; one that fails pauses as any other")
{
    knowing k;
    auto const one = k.add(0, true);
    auto const two = k.t.board.add_requester(k.seed);
    CHECK(k.t.next(one) == "0-2");
    CHECK(k.t.next(two) == "wait");
    auto const told = k.t.settle(one, outcome_kind::failed);
    REQUIRE(told.retry_at);
    CHECK(k.t.next(two, 10s) == "0-2");
    CHECK(k.t.next(one, 10s) == "wait"); // it has failed
    k.t.board.report(two, 1, false);
    CHECK(k.t.next(one, 10s) == "2-7");

    knowing changed;
    auto const first = changed.add(0, true);
    auto const second = changed.t.board.add_requester(changed.seed);
    CHECK(changed.t.next(first) == "0-2");
    CHECK(changed.t.next(second) == "wait");
    changed.t.settle(first, outcome_kind::content_changed);
    CHECK(changed.t.next(first) == "0-2");
    CHECK(changed.t.next(second) == "2-7");
}

TEST_CASE("a stop says nothing of a seed that was dead")
{
    knowing k;
    auto const one = k.add(0, true);
    auto const two = k.t.board.add_requester(k.seed);
    CHECK(k.t.next(one) == "0-2");
    k.t.settle(one, outcome_kind::stopped);
    CHECK(k.t.next(one) == "0-2");
    CHECK(k.t.next(two) == "wait");
}

TEST_CASE("what the others will have in a moment is left to them by a seed that was dead or slow earlier")
{
    for (auto const was_dead : {true, false})
        for (auto const is_much : {true, false})
        {
            CAPTURE(was_dead);
            CAPTURE(is_much);
            knowing k(is_much ? 400 : 100);
            auto const doubtful = k.add(was_dead ? 0 : 0.001, was_dead);
            k.add(150);
            auto const expected = is_much ? (was_dead ? "0-10" : "0-1") : "until ";
            CHECK(k.t.next(doubtful).starts_with(expected));
        }
}

TEST_CASE("what is urgent is left for a second to those that weren't dead, and not if there are none")
{
    knowing k;
    auto const good = k.add(0);
    auto const dead = k.add(0, true);
    CHECK(k.t.next(good) == "0-10");
    k.t.board.urge({{{500, 501}, true}, {{501, 1000}}});
    k.t.board.unwant({0, 500});
    CHECK(k.t.next(dead) == "until 250"); // to see whether the good one answers
    CHECK(k.t.next(dead, 999ms) == "until 1000");
    CHECK(k.t.next(dead, 1s) == "500-501");

    knowing alone;
    auto const only = alone.add(0, true);
    alone.t.board.urge({{{500, 501}, true}});
    CHECK(alone.t.next(only) == "500-501");
}

TEST_CASE("a seed that is closed before anybody has asked for it counts for nobody")
{
    knowing k(100);
    auto const one = k.add(10);
    k.add(90);
    k.t.board.close_seed(k.seed);
    CHECK(k.t.next(one) == "0-40");
}
