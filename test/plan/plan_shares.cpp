// Idle requesters help those who have too much, or of whom nothing is heard.
#include "plan/pair.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace webseed::test;

TEST_CASE("who is idle gets a part of the claim that would take longest, in proportion to the rates")
{
    pair p(10ms, 30ms);
    auto& board = p.t.board;
    CHECK(p.t.next(p.a) == "2-102");
    p.t.next(p.b);
    CHECK(board.take_asks() == std::vector<requester_id>{p.a});
    CHECK(board.share(p.a, 3, start) == 77); // three quarters of what isn't begun stay
    CHECK(p.t.picture().substr(75, 4) == "rr..");
    CHECK(board.take_wakes() == std::vector<requester_id>{p.b});
    CHECK(p.t.next(p.b) == "77-102");
    board.report(p.a, 75, false);
    p.t.settle(p.a, outcome_kind::delivered);
    board.report(p.b, 25, false);
    p.t.settle(p.b, outcome_kind::delivered);
    CHECK(board.is_complete());
}

TEST_CASE("nobody shares what takes no time, or what the idle one hasn't got, or with nobody")
{
    pair quick(1us, 1us);
    CHECK(quick.t.next(quick.a) == "2-102");
    quick.t.next(quick.b);
    CHECK(quick.t.board.take_asks().empty());

    pair lacking(10ms, 10ms);
    CHECK(lacking.t.next(lacking.b) == "2-102");
    outcome missing;
    missing.kind = outcome_kind::file_missing;
    lacking.t.board.settle(lacking.b, missing, start, 0);
    CHECK(lacking.t.next(lacking.a) == "2-102");
    lacking.t.next(lacking.b);
    CHECK(lacking.t.board.take_asks().empty());
    CHECK(lacking.t.board.share(lacking.a, 3, start) == 102);

    pair alone(10ms, 10ms);
    CHECK(alone.t.next(alone.a) == "2-102");
    CHECK(alone.t.board.share(alone.a, 3, start) == 102);
    CHECK(alone.t.board.share(alone.a, 102, start) == 102);
}

TEST_CASE("a claim of which nothing comes is taken away for who is idle, and its seed rests and is then tried with one")
{
    pair p(10ms, 10ms);
    auto& board = p.t.board;
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(p.b) == "until 1000");
    board.take_asks();
    CHECK(board.take_overdue().empty());
    p.t.next(p.b, 1s);
    CHECK(board.take_overdue() == std::vector<claim_id>{p.t.last});
    CHECK(board.overdue_count() == 1);
    p.t.settle(p.a, outcome_kind::stopped, 1s);
    CHECK(p.t.wakes() == 1);
    CHECK(p.t.next(p.a, 1s) == "until 2000"); // it rests
    CHECK(p.t.next(p.b, 1s) == "2-102");
    CHECK(p.t.wakes() == 0);
}

TEST_CASE("somebody idle looks again at what others of its seed are at: it may turn out to be slower than it seemed")
{
    pair p(1us, 1us);
    auto& board = p.t.board;
    auto const other = board.add_requester(seed_id{0}); // as is a
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(other) == "until 8000");
    p.hear(p.a, 10, 100ms);
    CHECK(p.t.next(other, 100ms) == "until 1100");
    CHECK(p.t.next(other, 600ms) == "until 1100"); // by then what it has brought tells
    CHECK(board.take_asks().empty());
    p.t.next(other, 1100ms);
    CHECK(board.take_asks() == std::vector<requester_id>{p.a});
}

TEST_CASE(
    "what comes in three waits for the first bytes is left to the others of a seed, until for a while none is done")
{
    pair p(10ms, 10ms, 104);
    auto& board = p.t.board;
    auto const other = board.add_requester(seed_id{0}); // as is a
    auto const third = board.add_requester(seed_id{0});
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(other) == "102-104");
    p.hear(p.a, 10, 400ms);                        // 1 s of work is less than 3 times that
    CHECK(p.t.next(third, 450ms) == "until 1000"); // half a second for each of two at work
    board.report(other, 2, false);
    p.t.settle(other, outcome_kind::delivered, 700ms);
    CHECK(p.t.next(third, 700ms) == "until 1200");
    CHECK(board.take_asks().empty());
    p.t.next(third, 1200ms);
    CHECK(board.take_asks() == std::vector<requester_id>{p.a});
}

TEST_CASE("what comes in two waits for the first bytes is left to the others of a seed altogether")
{
    for (auto const answer : {450ms, 550ms})
    {
        pair p(10ms, 10ms);
        auto const other = p.t.board.add_requester(seed_id{0}); // as is a
        CHECK(p.t.next(p.a) == "2-102");
        p.hear(p.a, 10, answer);
        p.t.next(other, 1400ms); // it seems to take 1 s
        CHECK(p.t.board.take_asks().size() == (answer == 450ms ? 1 : 0));
    }
}

TEST_CASE("what comes quickly once it comes isn't shared, however long the first bytes take")
{
    for (auto const waited : {0ms, 98ms})
    {
        CAPTURE(waited.count());
        pair p(100ms, 100ms, 102, waited);
        auto& board = p.t.board;
        board.close_seed(seed_id{1});
        auto const other = board.add_requester(seed_id{0}); // as is a
        CHECK(p.t.next(p.a) == "2-102");
        p.t.next(other); // 10 s of work are left, or 0.2 s
        CHECK(board.take_asks() == (waited == 0ms ? std::vector{p.a} : std::vector<requester_id>()));
    }
}

TEST_CASE("what hasn't begun to come takes longer by the wait for it")
{
    pair p(10ms, 10ms, 202);
    auto& board = p.t.board;
    board.close_seed(seed_id{1});
    auto const other = board.add_requester(seed_id{0}); // as is a
    auto const third = board.add_requester(seed_id{0});
    CHECK(p.t.next(p.a) == "2-102");
    p.hear(p.a, 10, 600ms);
    CHECK(p.t.next(other, 1s) == "102-202");
    p.t.next(third, 1100ms); // both take 1 s, and two waits are 1.2
    CHECK(board.take_asks() == std::vector{other});
}

TEST_CASE("how quickly bytes come is measured from the first ones on")
{
    pair p(10ms, 10ms);
    auto& board = p.t.board;
    board.close_seed(seed_id{1});
    auto const other = board.add_requester(seed_id{0}); // as is a
    CHECK(p.t.next(p.a) == "2-102");
    p.hear(p.a, 1000, 1s);
    p.hear(p.a, 60'000, 2s);
    p.t.next(other, 2s); // what is left seems to take 1.7 s, less than two waits for an answer
    CHECK(board.take_asks().empty());
    p.hear(p.a, 1000, 4s);
    p.t.next(other, 4s); // 5 s
    CHECK(board.take_asks() == std::vector{p.a});
}

TEST_CASE("of a seed of which nothing is known so many requesters get a share as its host will let in at first")
{
    for (auto const requesters : {1u, 2u, 4u, 16u})
    {
        CAPTURE(requesters);
        plan_options options;
        options.claim_size_min = 16;
        table t(torrent_of({{{"f"}, 64 * 16}}, 16), options);
        auto const first = t.add_requester_with_seed();
        for (auto i = 1u; i != requesters; ++i)
            t.board.add_requester(seed_id{0});
        CHECK(t.next(first) == "0-" + std::to_string(32 / std::min(requesters, 4u)));
    }
}

TEST_CASE("a seed whose first claims are long is measured before they end")
{
    plan_options options;
    options.claim_size_min = 16;
    table t(torrent_of({{{"f"}, 1024 * 16}}, 16), options);
    auto const first = t.add_requester_with_seed();
    auto const other = t.board.add_requester(seed_id{0});
    CHECK(t.next(first) == "0-256");
    t.board.take_wakes();
    t.board.heard(first, {1000, 0}, start + 900ms);
    CHECK(t.next(other, 900ms) == "256-448"); // nothing is known yet
    t.board.heard(first, {1000, 0}, start + 2s);
    t.settle(other, outcome_kind::stopped, 2s);
    CHECK(t.next(other, 2s) == "256-618"); // 1000 bytes a second, for 4 s and two waits of 0.9
}

TEST_CASE("claims of one seed that fall silent together are taken away together, though one was heard of a bit later")
{
    pair p(10ms, 10ms, 202);
    auto& board = p.t.board;
    auto const other = board.add_requester(seed_id{0}); // as is a
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(other) == "102-202");
    p.hear(p.a, 10, 100ms);
    p.hear(other, 10, 350ms);
    p.t.next(p.b, 400ms);
    CHECK(p.t.next(p.b, 1150ms) == "until 1400");
    CHECK(board.take_overdue().size() == 1);
    p.t.next(p.b, 1400ms);
    CHECK(board.take_overdue().size() == 1);
    p.t.settle(p.a, outcome_kind::stopped, 1400ms);
    p.t.settle(other, outcome_kind::stopped, 1400ms);
    CHECK(p.t.next(p.a, 1400ms) == "until 2400"); // and that is one rest
}

TEST_CASE("when a seed of which something always came falls silent, its claims are taken away sooner")
{
    for (auto const is_slow : {false, true})
    {
        pair p(10ms, is_slow ? 300ms : 10ms, 302);
        auto& board = p.t.board;
        auto const other = board.add_requester(seed_id{0}); // as is a
        auto const late = board.add_requester(seed_id{0});
        CHECK(p.t.next(p.a) == "2-102");
        CHECK(p.t.next(other) == "102-202");
        for (auto time = 20ms; time != 1000ms; time += 20ms)
            p.hear(time % 40ms == 0ms ? p.a : other, 10, time);
        CHECK(p.t.next(late, 1100ms) == "202-302");
        if (is_slow) // to fetch a part again takes longer than the silence may last
        {
            CHECK(p.t.next(p.b, 1200ms) == "until 1960");
            continue;
        }
        CHECK(p.t.next(p.b, 1200ms) == "until 1230"); // after 250 ms
        p.t.next(p.b, 1230ms);
        CHECK(board.take_overdue().size() == 2);
        CHECK(p.t.next(p.b, 1240ms) == "until 1350"); // it may have to wait for its first byte
        p.t.next(p.b, 1350ms);
        CHECK(board.take_overdue().size() == 1);
        p.t.settle(p.a, outcome_kind::stopped, 1350ms);
        CHECK(p.t.next(p.a, 1350ms) == "until 2230"); // it rests
    }
}

TEST_CASE("one idle requester of a seed looks around for all of them, and hands that on when it has work")
{
    pair p(10ms, 10ms);
    auto& board = p.t.board;
    auto const other = board.add_requester(seed_id{1}); // as is b
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(p.b) == "until 1000");
    CHECK(p.t.next(other) == "wait");
    CHECK(board.share(p.a, 3, start) == 36);
    CHECK(board.take_wakes() == std::vector<requester_id>{p.b});
    CHECK(p.t.next(p.b) == "36-102");
    CHECK(board.take_wakes() == std::vector<requester_id>{other});
    CHECK(p.t.next(other) == "until 1000");
    p.t.board.decline(other, start);
    CHECK(board.take_wakes().empty()); // there is nobody else
}

TEST_CASE("what is heard of is not taken away, and who is usually slow to begin gets more time")
{
    pair p(10ms, 10ms);
    auto& board = p.t.board;
    CHECK(p.t.next(p.a) == "2-102");
    for (auto time = 900ms; time != 9s; time += 900ms)
    {
        p.hear(p.a, 10, time);
        p.t.next(p.b, time + 800ms);
        CHECK(board.take_overdue().empty());
    }
    CHECK(p.t.next(p.b, 9s) == "until 10000");
    CHECK(p.t.next(p.b, 8100ms + 2699ms).starts_with("until "));
    CHECK(board.take_overdue().empty());
    p.t.next(p.b, 8100ms + 2700ms); // three times the usual
    CHECK(board.take_overdue().size() == 1);
}

TEST_CASE("the last piece is taken from somebody slow by somebody much quicker, if that throws away little")
{
    for (auto const into : {10u, 900u})
    {
        pair p(1s, 1ms, 12); // 12,000 bytes, of which 240 may be thrown away
        auto& board = p.t.board;
        CHECK(p.t.next(p.a) == "2-12");
        board.report(p.a, 9, false);
        p.hear(p.a, 9 * pair::length + into, 9s, into);
        p.t.next(p.b, 9s);
        CHECK(board.take_overdue().size() == (into == 10 ? 1 : 0));
        CHECK(board.discarded_size() == (into == 10 ? 10 : 0));
    }
}

TEST_CASE("who had the last piece taken away because it is slow isn't first to ask for it again")
{
    pair p(1s, 300ms, 12);
    CHECK(p.t.next(p.a) == "2-12");
    p.t.board.report(p.a, 9, false);
    p.hear(p.a, 9 * pair::length + 10, 9s, 10);
    p.t.next(p.b, 9s);
    p.t.settle(p.a, outcome_kind::stopped, 9s);
    CHECK(p.t.next(p.a, 9s) == "until 9250");
}

TEST_CASE("nothing is shared with somebody who would need longer for one part than its holder for all")
{
    pair p(10ms, 1500ms);
    CHECK(p.t.next(p.a) == "2-102");
    p.t.next(p.b);
    CHECK(p.t.board.share(p.a, 3, start) == 102);
}

TEST_CASE("who is much slower than all others leaves the end to them, unless they don't take it")
{
    pair p(1ms, 10s, 103);
    auto& board = p.t.board;
    CHECK(p.t.next(p.a) == "2-102");
    CHECK(p.t.next(p.b) == "until 250");
    CHECK(p.t.wakes() == 0);
    CHECK(p.t.next(p.b, 250ms) == "102-103"); // for nobody has come
    CHECK(board.active_claim_count() == 2);
}

TEST_CASE("claims are measured by the rates of all")
{
    plan_options options;
    options.claim_size_min = 1;
    table t(torrent_of({{{"f"}, 1000 * 1000}}, 1000), options);
    auto const quick = t.add_requester_with_seed();
    auto const slow = t.add_requester_with_seed();
    auto const bring = [&](requester_id requester, duration took_each) {
        auto const run = std::get<fetch>(t.board.next(requester, start)).work.parts;
        t.board.report(requester, run.count(), false);
        outcome result;
        result.took = took_each * run.count();
        result.bytes = run.count() * 1000;
        t.board.settle(requester, result, start, 0);
        return run.count();
    };
    bring(quick, 1ms);
    bring(slow, 9ms);
    auto const free = t.board.free().count();
    auto const of_quick = std::get<fetch>(t.board.next(quick, start)).work.parts.count();
    auto const of_slow = std::get<fetch>(t.board.next(slow, start)).work.parts.count();
    CHECK(of_quick >= free * 4 / 10); // half of what is free, and nearly all of that
    CHECK(of_quick <= free / 2);
    CHECK(of_slow <= of_quick / 6);
    CHECK(of_slow >= of_quick / 20);
}

TEST_CASE("at the end of the only seed its holder gives one other one as much as it keeps, however many are idle")
{
    for (auto const is_slow : {false, true})
    {
        pair p(10ms, 10ms);
        auto& board = p.t.board;
        board.close_seed(seed_id{1});
        CHECK(p.t.next(p.a) == "2-102");
        auto const now = is_slow ? duration(100s) : duration(1s);
        p.hear(p.a, 10, 400ms); // five waits are 2 s, and what is left takes 1 s
        if (is_slow)
            p.hear(p.a, 1, now);
        requester_id helper{};
        for (auto i = 0; i != 3; ++i)
            p.t.next(helper = board.add_requester(seed_id{0}), now);
        CHECK(board.take_asks() == std::vector<requester_id>{p.a});
        CHECK(board.share(p.a, 3, start + now) == (is_slow ? 3 : 52));
        CHECK(p.t.next(helper, now) == (is_slow ? "3-102" : "52-102"));
    }
}
