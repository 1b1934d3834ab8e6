// One seed's requesters help each other when a connection falls silent, or becomes slow.
#include "plan/pair.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace webseed::test;

namespace {

// Of one seed, that takes 10 ms for a piece; `holder` has all that is left.
struct lone_seed : pair
{
    explicit lone_seed(std::uint32_t pieces = 102)
        : pair(10ms, 10ms, pieces)
    {
        t.board.close_seed(webseed::planning::seed_id{1});
        holder_got = t.next(holder);
    }

    requester_id add() { return t.board.add_requester(webseed::planning::seed_id{0}); }
    std::vector<claim_id> overdue() { return t.board.take_overdue(); }
    duration decline(requester_id who, duration at) { return t.board.decline(who, start + at) - start; }

    requester_id holder = a;
    requester_id other = add();
    std::string holder_got;
};

} // namespace

TEST_CASE("a claim that says nothing is taken back for another requester of its seed, who is first to have it")
{
    lone_seed p;
    auto& board = p.t.board;
    CHECK(p.holder_got == "2-102");
    CHECK(p.t.next(p.other) == "until 8000");
    p.t.next(p.other, 7999ms);
    CHECK(p.overdue().empty());
    p.t.next(p.other, 8s);
    CHECK(p.overdue() == std::vector<claim_id>{p.t.last});
    CHECK(board.overdue_count() == 1);
    p.t.settle(p.holder, outcome_kind::stopped, 8s);
    board.take_wakes();
    CHECK(p.t.next(p.holder, 8s) == "until 16000"); // it rests as long as it has been silent
    CHECK(p.t.next(p.other, 8s) == "2-102");

    SUBCASE("what says nothing again is waited for twice as long, lest who is slow to begin never may")
    {
        CHECK(p.t.next(p.holder, 16s) == "until 24000");
        CHECK(p.overdue().empty());
        p.t.next(p.holder, 24s);
        CHECK(p.overdue() == std::vector<claim_id>{p.t.last});
    }
    SUBCASE("what was taken back more than a minute ago doesn't count with that")
    {
        p.t.settle(p.other, outcome_kind::stopped, 69s);
        CHECK(p.t.next(p.other, 69s) == "2-102");
        CHECK(p.t.next(p.holder, 69s) == "until 85000");
        p.t.next(p.holder, 85s);
        CHECK(p.overdue() == std::vector<claim_id>{p.t.last});
        p.t.settle(p.other, outcome_kind::stopped, 85s);
        CHECK(p.t.next(p.holder, 85s) == "2-102");
        CHECK(p.decline(p.other, 85s) == 101s); // twice, and not four times
    }
}

TEST_CASE("it is waited for three times as long as its seed was ever silent; longer if much would be thrown away")
{
    lone_seed p;
    p.hear(p.holder, 10, 3s);
    CHECK(p.decline(p.other, 3s) == 12s);
    p.decline(p.other, 11'999ms);
    CHECK(p.overdue().empty());
    p.hear(p.holder, 10, 11'999ms, 10'000);
    CHECK(p.decline(p.other, 12s) == 11'999ms + 2 * 3 * 8'999ms); // more than may be
}

TEST_CASE("who has begun to send, and never paused for long, is waited for less")
{
    struct
    {
        duration pause;
        duration patience;
    } const rows[] = {{100ms, 3s}, {200ms, 4s}, {400ms, 8s}, {1s, 8s}, {3s, 9s}};
    for (auto const& [pause, patience] : rows)
    {
        CAPTURE(pause.count());
        lone_seed p;
        p.hear(p.holder, 10, pause);
        CHECK(p.decline(p.other, pause) == pause + patience);
    }
}

TEST_CASE("but longer if others have been taken back, who may have been silent for long")
{
    lone_seed p;
    p.hear(p.holder, 10, 100ms);
    p.decline(p.other, 3100ms);
    CHECK(p.overdue() == std::vector<claim_id>{p.t.last});
    p.t.board.report(p.holder, 1, false);
    p.t.settle(p.holder, outcome_kind::stopped, 3100ms);
    CHECK(p.t.next(p.other, 3100ms) == "3-102");
    p.hear(p.other, 10, 3200ms);
    CHECK(p.decline(p.holder, 3200ms) == 9200ms);
}

TEST_CASE("who can't ask the host looks after its seed's claims, one for all, and hands that on when it can")
{
    lone_seed p;
    auto& board = p.t.board;
    auto const third = p.add();
    auto const of_closed = p.b;
    CHECK(p.decline(of_closed, 0ms) == time_point::max() - start);
    CHECK(p.decline(p.other, 0ms) == 8s);
    CHECK(p.decline(third, 0ms) == time_point::max() - start);
    CHECK(p.decline(p.other, 1s) == 8s);
    p.t.next(p.add(), 1s);
    CHECK(board.share(p.holder, 3, start + 1s) == 3);
    board.take_wakes();
    CHECK(p.t.next(p.other, 1s) == "3-102");
    CHECK(board.take_wakes() == std::vector<requester_id>{third});
    CHECK(p.decline(third, 1s) == 8s);
    CHECK(p.decline(third, 8s) == 9s);
    CHECK(p.overdue().size() == 1); // the holder's
}

TEST_CASE("a claim that says nothing is taken back sooner if others of its seed are heard long after it")
{
    lone_seed q;
    q.t.next(q.add());
    CHECK(q.t.board.share(q.holder, 3, start) == 53);
    CHECK(q.t.next(q.other) == "53-102");
    auto const watcher = q.add();
    q.hear(q.other, 10, 600ms);
    q.hear(q.other, 10, 999ms);
    CHECK(q.decline(watcher, 999ms) == 8s);
    q.hear(q.other, 10, 1s);
    CHECK(q.decline(watcher, 1s) == 2s);
}

TEST_CASE("the last part of a claim that has become slow is taken back at once, and its holder asks for others soon")
{
    for (auto const is_slow : {false, true})
    {
        lone_seed p(3);
        CHECK(p.holder_got == "2-3");
        p.hear(p.holder, is_slow ? 1 : 200, 2s, is_slow ? 1 : 200); // one piece takes 10 ms, and the first answer 2 s
        p.hear(p.holder, is_slow ? 1 : 400, 4s, is_slow ? 2 : 600);
        p.t.next(p.other, 8s);
        CHECK(p.overdue().empty() == !is_slow);
        if (!is_slow)
            continue;
        p.t.settle(p.holder, outcome_kind::stopped, 8s);
        CHECK(p.t.next(p.holder, 8s) == "until 8250");
    }
}

TEST_CASE("what has become slow of late is shared as such")
{
    lone_seed p;
    for (auto at = 0ms; at != 2s; at += 100ms)
        p.hear(p.holder, 2000, at);
    for (auto at = 2s + 0ms; at != 6s; at += 100ms)
        p.hear(p.holder, 20, at);
    // On average a piece took 0.15 s, and another requester of the seed takes 0.01 s; of late it takes 5 s.
    p.t.next(p.other, 6s);
    CHECK(p.t.board.take_asks() == std::vector<requester_id>{p.holder});
    CHECK(p.t.board.share(p.holder, 3, start + 6s) == 4);
}
