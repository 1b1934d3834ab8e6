// Of many seeds most may be dead: how those are found that aren't.
#include "plan/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed::test;

namespace {

void hear(table& t, requester_id requester, duration at)
{
    t.board.heard(requester, {.bytes = 1}, start + at);
}

} // namespace

TEST_CASE("what a seed that says nothing was asked for is for others, too, and whoever answers first keeps it")
{
    for (auto const first_is_first : {true, false})
    {
        table t(2);
        auto const a = t.add_requester_with_seed();
        auto const b = t.add_requester_with_seed();
        CHECK(t.next(a) == "0-2");
        CHECK(t.next(b) == "until 250");
        CHECK(t.next(b, 249ms) == "until 250");
        CHECK(t.picture() == "rr");
        CHECK(t.next(b, 250ms) == "wait");
        CHECK(t.picture() == "..");
        CHECK(t.board.take_overdue().empty()); // it may still answer
        CHECK(t.board.take_wakes() == std::vector<requester_id>{b});
        CHECK(t.next(b, 250ms) == "0-2");
        auto const first = first_is_first ? a : b;
        auto const second = first_is_first ? b : a;
        CHECK(t.board.secure(first, start + 300ms) == 2);
        CHECK(t.board.secure(second, start + 301ms) == std::nullopt);
        t.settle(second, outcome_kind::stopped, 302ms);
        CHECK(t.picture() == "rr");
        t.deliver(first, 2);
        CHECK(t.board.is_complete());
    }
}

TEST_CASE("what others have brought of it, or have begun, isn't secured")
{
    table t(4, 4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "until 250");
    t.next(b, 250ms);
    CHECK(t.next(b, 250ms) == "0-4");
    CHECK(t.board.secure(b, start + 300ms) == 4);
    CHECK(t.board.share(b, 3, start) == 4);
    t.board.report(b, 2, false);
    t.settle(b, outcome_kind::stopped, 310ms);               // the rest is free
    CHECK(t.board.secure(a, start + 320ms) == std::nullopt); // for it would begin in the midst of what it asked for
    t.settle(a, outcome_kind::stopped, 330ms);
    CHECK(t.picture() == "VV..");
}

TEST_CASE("of what was lent as much is secured as nobody has begun, and its seed gets nothing else till then")
{
    table t(4, 4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const other = t.board.add_requester(seed);
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "until 250");
    t.next(b, 250ms);
    CHECK(t.picture() == "....");
    CHECK(t.next(other, 250ms) == "wait");
    CHECK(t.board.secure(a, start + 300ms) == 4);
    CHECK(t.picture() == "rrrr");
}

TEST_CASE("what was lent and is done by others is to be stopped when all is done")
{
    table t(2);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    auto const lent = t.last;
    CHECK(t.next(b) == "until 250");
    t.next(b, 250ms);
    CHECK(t.next(b, 250ms) == "0-2");
    CHECK(t.board.secure(b, start + 300ms) == 2);
    CHECK(t.board.take_needless().empty());
    t.deliver(b, 2);
    CHECK(t.board.is_finished());
    CHECK(t.board.take_needless() == std::vector<claim_id>{lent});
    t.settle(a, outcome_kind::stopped, 400ms);
    CHECK(t.next(a, 400ms) == "leave");
}

TEST_CASE("somebody never asked is called to look when there is something to look at")
{
    table t(2);
    t.board.withhold({0, 2});
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "wait");
    CHECK(t.next(b) == "wait");
    CHECK(t.board.next_check(2).count() == 2);
    t.board.checked(webseed::piece_index{0}, false);
    t.board.checked(webseed::piece_index{1}, false);
    auto const woken = t.board.take_wakes();
    REQUIRE(woken.size() == 1);
    CHECK(t.next(woken[0]) == "0-2");
    auto const other = woken[0] == a ? b : a;
    CHECK(t.board.take_wakes() == std::vector<requester_id>{other});
    CHECK(t.next(other) == "until 250");
}

TEST_CASE("each seed that was never asked gets one claim that was lent, what comes first in the torrent first")
{
    table t(6);
    std::vector<requester_id> asked;
    for (auto i = 0; i != 3; ++i)
    {
        asked.push_back(t.add_requester_with_seed());
        t.next(asked.back());
    }
    auto const d = t.add_requester_with_seed();
    auto const e = t.add_requester_with_seed();
    CHECK(t.next(d) == "until 250");
    CHECK(t.next(e) == "until 250");
    CHECK(t.next(d, 250ms) == "until 1250");
    CHECK(t.picture() == "....rr");
}

TEST_CASE("what a seed was asked for that has answered is taken by one that was never asked if it would take for ever")
{
    for (auto const is_slow : {true, false})
    {
        table t(2);
        auto const a = t.add_requester_with_seed();
        auto const b = t.add_requester_with_seed();
        CHECK(t.next(a) == "0-2");
        t.board.secure(a, start + 10ms);
        hear(t, a, 10ms);
        CHECK(t.next(b, 10ms) == "until 1010"); // when it is clear how slow it is
        t.board.heard(a, {.bytes = is_slow ? 1u : 15u}, start + 20ms);
        CHECK(t.next(b, 1010ms) == (is_slow ? "wait" : "until 2010"));
        CHECK(t.board.take_overdue().size() == (is_slow ? 1 : 0));
    }
}

TEST_CASE("a seed of which nothing has come waits until all have been asked that could have what is free")
{
    for (auto const has_answered : {false, true})
    {
        CAPTURE(has_answered);
        table t(4);
        auto const seed = t.board.add_seed();
        auto const a1 = t.board.add_requester(seed);
        auto const a2 = t.board.add_requester(seed);
        t.board.withhold({2, 4});
        auto const b = t.add_requester_with_seed();
        CHECK(t.next(a1) == "0-2");
        if (has_answered)
            hear(t, a1, 1ms);
        CHECK(t.next(b).starts_with("until"));
        CHECK(t.next(a2) == "wait");
        t.board.take_wakes();
        CHECK(t.board.next_check(2).count() == 2);
        t.board.checked(webseed::piece_index{2}, false);
        CHECK(t.board.take_wakes() == std::vector<requester_id>{b});
        CHECK(t.next(a2) == (has_answered ? "2-3" : "wait"));
        CHECK(t.next(b).starts_with(has_answered ? "until" : "2-3"));
        t.board.checked(webseed::piece_index{3}, false);
        CHECK(t.next(has_answered ? b : a2) == "3-4"); // of two seeds the one that was never asked, or both were
    }
}

TEST_CASE("where the others answered at once, less is expected of one of which nothing has come")
{
    for (auto const answer : {10ms, 100ms, 500ms})
    {
        plan_options options;
        options.claim_size_first = options.claim_size_max = options.claim_size_min = 32;
        table t(torrent_of({{{"f"}, 64}}, 16), options);
        auto const a = t.add_requester_with_seed();
        auto const b = t.add_requester_with_seed();
        CHECK(t.next(a) == "0-2");
        CHECK(t.next(b) == "2-4");
        hear(t, a, answer);
        t.board.report(a, 2, false);
        outcome result;
        result.took = answer;
        result.bytes = 32'000;
        t.board.settle(a, result, start + answer, 0);
        CHECK(t.next(a, answer) == (answer == 10ms ? "until 250" : answer == 100ms ? "until 400" : "until 1000"));
    }
}

TEST_CASE("who was never asked is tried with what lies far ahead, if another one is known to be quick")
{
    constexpr std::uint64_t length = 1000;
    for (auto const is_quick_known : {false, true})
        for (auto const ahead : {10u, 100u})
        {
            CAPTURE(is_quick_known);
            CAPTURE(ahead);
            plan_options options;
            options.claim_size_first = options.claim_size_max = options.claim_size_min = length;
            table t(torrent_of({{{"f"}, 300 * length}}, length), options);
            auto const quick = t.add_requester_with_seed();
            auto const unasked = t.add_requester_with_seed();
            CHECK(t.next(quick) == "0-1");
            if (is_quick_known)
            {
                t.board.report(quick, 1, false);
                outcome result;
                result.took = 10ms; // 25 pieces in a quarter of a second
                result.bytes = length;
                t.board.settle(quick, result, start + 10ms, 0);
                CHECK(t.next(quick, 10ms) == "1-2");
            }
            t.board.unwant({2, 300});
            t.board.urge({{{100, 101}, true}, {{101, 101 + ahead}, false}});
            auto const last = std::to_string(100 + ahead) + "-" + std::to_string(101 + ahead);
            auto const expected = !is_quick_known ? "100-101" : ahead == 10 ? "until 60" : last;
            CHECK(t.next(unasked, 10ms) == expected);
            if (is_quick_known && ahead == 10)
                CHECK(t.next(unasked, 60ms) == "100-101"); // nobody else has come for it
        }
}
