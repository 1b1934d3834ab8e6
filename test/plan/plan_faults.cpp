// The plan when seeds fail, lie, lack files, or are closed.
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;
using webseed::file_index;
using webseed::piece_index;

TEST_CASE("what a failed claim had not delivered is free for others at once, and for its seed after the pause")
{
    table t(4, 4);
    auto const first = t.board.add_seed();
    auto const a = t.board.add_requester(first);
    auto const b = t.board.add_requester(first);
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "wait");
    t.board.report(a, 1, false);
    auto const told = t.settle(a, outcome_kind::failed);
    CHECK(told.retry_at == start + 250ms);
    CHECK(t.picture() == "V...");
    CHECK(t.board.claim_count() == 1); // it cools
    CHECK(!t.board.cancel(t.last));
    CHECK(t.next(b, 100ms) == "until 250");
    CHECK(t.next(a, 100ms) == "until 250");
    CHECK(t.next(other, 100ms) == "1-4");
    t.settle(other, outcome_kind::stopped, 200ms);
    CHECK(t.next(a, 250ms) == "1-4");
    CHECK(t.board.claim_count() == 1);
}

TEST_CASE("after its pause one requester probes the seed, and its success wakes the others")
{
    table t(8);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-2");
    t.settle(a, outcome_kind::failed);
    CHECK(t.next(a) == "until 250");
    CHECK(t.next(b) == "until 250");
    CHECK(t.next(a, 300ms) == "0-2");
    CHECK(t.next(b, 300ms) == "wait");
    CHECK(t.wakes() == 0);
    t.board.report(a, 1, false);
    CHECK(t.wakes() == 1);
    CHECK(t.next(b, 400ms) == "2-4");
}

TEST_CASE("requesters that were idle before a pause are woken after it")
{
    table t(4, 4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "wait");
    t.settle(a, outcome_kind::failed);
    CHECK(t.wakes() == 0); // the seed rests
    CHECK(t.next(a) == "until 250");
    CHECK(t.next(a, 250ms) == "0-4");
    t.board.report(a, 1, false);
    CHECK(t.wakes() == 0); // nothing is free
    t.settle(a, outcome_kind::stopped, 300ms);
    CHECK(t.wakes() == 1);
    CHECK(t.next(b, 300ms) == "1-4");
}

TEST_CASE("a seed is never asked again for a piece that it sent wrong")
{
    table t(3, 3);
    auto const liar = t.add_requester_with_seed();
    auto const honest = t.add_requester_with_seed();
    CHECK(t.next(liar) == "0-3");
    CHECK(t.next(honest) == "until 250");
    auto const wanted = t.board.report(liar, 1, true);
    CHECK(wanted.go_on);
    CHECK(t.wakes() == 1);
    CHECK(t.picture() == "V.r");
    t.deliver(liar, 1);
    CHECK(t.next(liar) == "wait");
    CHECK(t.next(honest) == "1-2");
    t.deliver(honest, 1);
    CHECK(t.board.is_complete());
    CHECK(t.board.wasted_size() == 16);
}

TEST_CASE("when nobody is left who could have a piece, the plan ends unfinished")
{
    table t(3, 3);
    auto const liar = t.add_requester_with_seed();
    CHECK(t.next(liar) == "0-3");
    t.board.report(liar, 1, true);
    t.deliver(liar, 1);
    CHECK(t.picture() == "V.V");
    CHECK(t.next(liar) == "leave");
    CHECK(t.board.is_finished());
    CHECK(!t.board.is_complete());
}

TEST_CASE("a seed that fails too often is given up, which is told once")
{
    table t(4, 4);
    auto const a = t.add_requester_with_seed();
    auto now = duration{};
    for (int i = 0; i != 2; ++i)
    {
        CHECK(t.next(a, now) == "0-4");
        auto const told = t.settle(a, outcome_kind::failed, now);
        CHECK(!told.gave_up);
        now += 30s;
    }
    CHECK(t.next(a, now) == "0-4");
    CHECK(t.settle(a, outcome_kind::failed, now).gave_up);
    CHECK(t.next(a, now) == "leave");
    CHECK(t.board.is_finished());
    CHECK(t.board.claim_count() == 0);
}

TEST_CASE("requesters that fail together have met one fault, which counts once")
{
    table t(8);
    auto const seed = t.board.add_seed();
    std::vector<requester_id> all;
    for (int i = 0; i != 4; ++i)
    {
        all.push_back(t.board.add_requester(seed));
        t.next(all.back());
    }
    for (auto const each : all)
        CHECK(!t.settle(each, outcome_kind::failed).gave_up); // three failures in a row would be too many
    CHECK(t.next(all[0], 1s) == "0-2");
}

TEST_CASE("that a seed lacks a file is news once")
{
    table t({{{"a"}, 32}, {{"b"}, 32}}, 1);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-1");
    CHECK(t.next(b) == "1-2");
    outcome missing;
    missing.kind = outcome_kind::file_missing;
    CHECK(t.board.settle(a, missing, start, 0).is_news);
    CHECK(!t.board.settle(b, missing, start, 0).is_news);
}

TEST_CASE("a seed that lacks files is asked for others far apart, and left alone for a while after sixteen in a row")
{
    std::vector<webseed::test::test_file> files;
    for (int i = 0; i != 1000; ++i)
        files.push_back({{std::to_string(i)}, 16});
    for (auto const has_delivered : {false, true})
    {
        CAPTURE(has_delivered);
        table t(files, 1);
        auto const a = t.add_requester_with_seed();
        if (has_delivered)
        {
            CHECK(t.next(a) == "0-1");
            t.deliver(a, 1);
        }
        outcome missing;
        missing.kind = outcome_kind::file_missing;
        auto asked_of_last = 0; // of the hundred last files
        auto now = start;
        for (int i = 0; i != 80; ++i)
        {
            auto const action = t.board.next(a, now);
            REQUIRE(std::holds_alternative<fetch>(action));
            auto const first = std::get<fetch>(action).work.parts.first;
            asked_of_last += first >= 900;
            missing.file = static_cast<file_index>(first);
            auto const told = t.board.settle(a, missing, now, 0);
            CHECK((told.retry_at.has_value() || told.gave_up) == (i % 16 == 15));
            CHECK(told.gave_up == (!has_delivered && i == 47)); // three failures
            if (told.gave_up)
                break;
            now += 500ms;
        }
        CHECK(asked_of_last > 0);
        CHECK(t.board.is_given_up(seed_id{0}) == !has_delivered);
    }
}

TEST_CASE("a wake is passed on when its requester's seed begins to pause before it comes")
{
    table t(3, 3);
    t.board.withhold({2, 3});
    auto const first = t.board.add_seed();
    auto const a1 = t.board.add_requester(first);
    auto const a2 = t.board.add_requester(first);
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a1) == "0-2");
    CHECK(t.next(a2) == "wait");
    CHECK(t.next(b) == "until 250");
    t.board.heard(a1, {.bytes = 1}, start + 1ms);
    CHECK(t.board.next_check(1).count() == 1);
    t.board.checked(piece_index{2}, false);
    REQUIRE(t.board.take_wakes() == std::vector<requester_id>{a2});
    t.settle(a1, outcome_kind::failed); // the seed of a2 pauses, and all that is free makes one claim
    CHECK(t.wakes() == 0);
    CHECK(t.next(a2) == "until 250");
    CHECK(t.board.take_wakes() == std::vector<requester_id>{b});
    CHECK(t.next(b) == "0-3");
}

TEST_CASE("a closed seed gets nothing more, and what it brings is neither counted nor told")
{
    table t(4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(other) == "2-4");
    t.deliver(other, 2);
    CHECK(t.next(other) == "wait");
    t.board.close_seed(seed);
    t.board.close_seed(seed); // any number of times
    CHECK(t.wakes() == 0);    // its claim is its own until it has ended
    CHECK(!t.board.report(a, 1, false).counted);
    CHECK(!t.settle(a, outcome_kind::failed).counted);
    CHECK(t.picture() == "..VV");
    CHECK(t.wakes() == 1);
    CHECK(t.next(a) == "leave");
    CHECK(t.next(other) == "0-2");
}

TEST_CASE("an idle requester of a seed that is given up isn't woken for what it would never get")
{
    table t(4, 4);
    t.board.withhold({2, 4});
    auto const broken = t.board.add_seed();
    auto const a = t.board.add_requester(broken);
    auto const b = t.board.add_requester(broken);
    t.board.add_seed(); // which could have everything, but nobody asks it yet
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "wait");
    auto now = duration{};
    while (!t.settle(a, outcome_kind::failed, now).gave_up)
    {
        now += 30s;
        CHECK(t.next(a, now) == "0-2");
    }
    CHECK(t.next(a, now) == "leave");
    CHECK(t.board.next_check(2).count() == 2);
    t.board.checked(piece_index{2}, false);
    CHECK(t.wakes() == 0);
    CHECK(t.board.idle_count(broken) == 1); // b, not a
}

TEST_CASE("a seed that found nothing to probe it with after its pause is tried with what gets free, by one requester")
{
    table t(4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    auto const other = t.board.add_seed();
    auto const c = t.board.add_requester(other);
    auto const d = t.board.add_requester(other);
    CHECK(t.next(a) == "0-2");
    t.settle(a, outcome_kind::failed);
    CHECK(t.next(c) == "0-2");
    CHECK(t.next(d) == "2-4");
    CHECK(t.next(a, 1s) == "wait");
    CHECK(t.next(b, 1s) == "wait");
    CHECK(t.wakes() == 0);
    t.board.close_seed(other);
    t.settle(c, outcome_kind::stopped, 1s);
    t.settle(d, outcome_kind::stopped, 1s);
    CHECK(t.wakes() == 1);
}

TEST_CASE("whoever was woken and hasn't come yet isn't woken again when the plan ends")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    auto const c = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    CHECK(t.next(c) == "until 250");
    t.board.heard(a, {.bytes = 1}, start + 1ms);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.board.take_wakes() == std::vector<requester_id>{c});
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    t.deliver(b, 2);
    CHECK(t.board.is_finished());
    CHECK(t.wakes() == 0);
    CHECK(t.next(c) == "leave");
}

TEST_CASE("a closed plan gives nothing out and takes nothing in")
{
    table t(4);
    t.board.withhold({3, 4});
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.close();
    CHECK(t.board.next_check(1).empty());
    CHECK(!t.board.report(a, 2, false).go_on);
    CHECK(!t.settle(a, outcome_kind::delivered).counted);
    CHECK(t.board.verified_count() == 0);
    CHECK(t.next(a) == "leave");
    CHECK(t.board.claim_count() == 0);
}

TEST_CASE("cancelling finds the holder of an active claim, and nobody else")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    auto const claimed = t.last;
    CHECK(t.board.cancel(claimed) == b);
    CHECK(t.picture() == "rrrr"); // still its own
    t.settle(b, outcome_kind::stopped);
    CHECK(t.picture() == "rr..");
    CHECK(!t.board.cancel(claimed));
}

TEST_CASE("a seed that sends too many wrong pieces is given up, whatever else it delivers")
{
    table t(12, 12);
    auto const liar = t.add_requester_with_seed();
    t.add_requester_with_seed();
    CHECK(t.next(liar) == "0-12");
    for (int i = 0; i != 4; ++i)
        CHECK(t.board.report(liar, 1, true).go_on);
    CHECK(!t.board.report(liar, 1, true).go_on);
    CHECK(t.settle(liar, outcome_kind::stopped).gave_up);
    CHECK(t.picture() == "V.V.V.V.V...");
    CHECK(t.next(liar) == "leave");
}

TEST_CASE("a file that is another one with a seed costs it that file, and no more")
{
    table t({{{"a"}, 160}, {{"b"}, 160}}, 20);
    auto const half_right = t.add_requester_with_seed();
    t.add_requester_with_seed();
    CHECK(t.next(half_right) == "0-20");
    CHECK(t.board.report(half_right, 0, true).go_on);
    CHECK(t.board.report(half_right, 0, true).go_on);
    CHECK_FALSE(t.board.report(half_right, 0, true).go_on); // the rest of the file is not to be fetched
    CHECK_FALSE(t.settle(half_right, outcome_kind::stopped).gave_up);
    CHECK(t.next(half_right) == "10-20");
    CHECK(t.board.report(half_right, 10, false).go_on);
    CHECK_FALSE(t.settle(half_right, outcome_kind::delivered).gave_up);
}

TEST_CASE("a seed with wrong bytes in many files is given up")
{
    std::vector<test_file> files;
    for (int i = 0; i != 8; ++i)
        files.push_back({{"f" + std::to_string(i)}, 16});
    table t(files, 8);
    auto const liar = t.add_requester_with_seed();
    t.add_requester_with_seed();
    CHECK(t.next(liar) == "0-8");
    for (int i = 0; i != 4; ++i)
        CHECK(t.board.report(liar, 0, true).go_on);
    CHECK_FALSE(t.board.report(liar, 0, true).go_on);
    CHECK(t.settle(liar, outcome_kind::stopped).gave_up);
}

TEST_CASE("what a seed delivered before it was closed stays verified")
{
    table t(4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.report(a, 1, false);
    t.board.close_seed(seed);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "V...");
    CHECK(t.next(other) == "1-3");
}

TEST_CASE("a claim that was cooling is gone when its requester comes back, whatever it gets then")
{
    table t(2);
    auto const a = t.add_requester_with_seed();
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.settle(a, outcome_kind::failed);
    CHECK(t.board.claim_count() == 1);
    CHECK(t.next(other) == "0-2");
    CHECK(t.next(a, 30s) == "wait");
    CHECK(t.board.claim_count() == 1); // the other's
}

TEST_CASE("that a seed is given up is told once, however many requesters it has")
{
    table t(12, 6);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-6");
    CHECK(t.next(b) == "6-12");
    for (int i = 0; i != 5; ++i)
        t.board.report(a, 0, true);
    CHECK(t.settle(a, outcome_kind::stopped).gave_up);
    CHECK(!t.settle(b, outcome_kind::stopped).gave_up);
}

TEST_CASE("who was woken and has to leave passes the wake on")
{
    auto options = table::options_of(6 * 16);
    options.health.bad_piece_count_max = 1;
    table t(torrent_of({{{"f"}, 16}, {{"g"}, 80}}, 16), options);
    t.board.withhold({0, 1});
    auto const liar = t.board.add_seed();
    auto const a = t.board.add_requester(liar);
    auto const b = t.board.add_requester(liar);
    auto const c = t.add_requester_with_seed();
    CHECK(t.next(c) == "1-6");
    outcome lacking;
    lacking.kind = outcome_kind::file_missing;
    lacking.file = file_index{1};
    t.board.settle(c, lacking, start, 0);
    CHECK(t.next(b) == "1-6");
    CHECK(t.next(a) == "wait");
    CHECK(t.next(c) == "until 60000"); // it hasn't got what is free
    t.board.take_wakes();
    CHECK(t.board.next_check(1).count() == 1);
    t.board.checked(piece_index{0}, false);
    CHECK(t.board.take_wakes() == std::vector<requester_id>{a});
    t.board.report(b, 0, true); // which ends the seed
    t.settle(b, outcome_kind::stopped);
    CHECK(t.wakes() == 0);
    CHECK(t.next(a) == "leave");
    CHECK(t.board.take_wakes() == std::vector<requester_id>{c});
    CHECK(t.next(c) == "0-1");
}
