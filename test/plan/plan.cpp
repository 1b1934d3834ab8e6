#include "plan/plan.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using namespace webseed::planning;
using webseed::file_index;
using webseed::piece_index;
namespace torrent = webseed::torrent;

constexpr auto start = time_point(std::chrono::hours(1));

// Pieces of 16 bytes; a claim is as large as the options say, two pieces unless set.
struct table
{
    explicit table(std::uint32_t pieces, std::uint64_t claim_pieces = 2)
        : table({{{"f"}, pieces * 16ull}}, claim_pieces)
    {}
    table(std::vector<webseed::test::test_file> const& files, std::uint64_t claim_pieces = 2)
        : layout(webseed::test::torrent_of(files, 16))
        , board(layout, options_of(claim_pieces))
    {}

    static plan_options options_of(std::uint64_t claim_pieces)
    {
        plan_options options;
        options.claim_size_first = claim_pieces * 16;
        options.claim_size_max = claim_pieces * 16;
        options.claim_size_min = claim_pieces * 16;
        options.health.failure_count_max = 3;
        return options;
    }

    requester_id add_requester_with_seed() { return board.add_requester(board.add_seed()); }

    // "2-4" for a claim, "wait", "until 250" (ms from the start), "leave".
    std::string next(requester_id requester, duration after = {})
    {
        auto const action = board.next(requester, start + after);
        if (auto const* const fetched = std::get_if<fetch>(&action))
        {
            last = fetched->work.id;
            auto const run = fetched->work.pieces;
            return std::to_string(run.first) + "-" + std::to_string(run.last);
        }
        if (std::holds_alternative<leave>(action))
            return "leave";
        auto const until = std::get<wait>(action).until;
        if (until == time_point::max())
            return "wait";
        return "until " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(until - start).count());
    }

    settlement settle(requester_id requester, outcome_kind kind, duration after = {})
    {
        outcome result;
        result.kind = kind;
        return board.settle(requester, result, start + after, 0);
    }

    void deliver(requester_id requester, std::uint32_t count)
    {
        board.report(requester, count, false);
        settle(requester, outcome_kind::delivered);
    }

    // One character a piece: V verified, r requested, '.' missing, '?' not checked.
    std::string picture() const
    {
        std::string text;
        for (std::uint32_t i = 0; i != layout.piece_count(); ++i)
        {
            auto const piece = static_cast<piece_index>(i);
            text += board.is_verified(piece)   ? 'V'
                    : board.is_claimed(piece)  ? 'r'
                    : board.free().contains(i) ? '.'
                                               : '?';
        }
        return text;
    }

    std::size_t wakes() { return board.take_wakes().size(); }

    torrent::layout layout;
    plan board;
    claim_id last{};
};

} // namespace

TEST_CASE("claims are runs of missing pieces, and no piece is claimed twice")
{
    table t(5);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    auto const c = t.add_requester_with_seed();
    auto const d = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    CHECK(t.next(c) == "4-5");
    CHECK(t.next(d) == "wait");
    CHECK(t.picture() == "rrrrr");
    CHECK(t.board.active_claim_count() == 3);
}

TEST_CASE("when every piece is verified everybody leaves")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    t.deliver(b, 2);
    CHECK(t.next(b) == "wait");
    CHECK(t.picture() == "rrVV");
    t.deliver(a, 2);
    CHECK(t.board.is_complete());
    CHECK(t.wakes() == 1); // b
    CHECK(t.next(a) == "leave");
    CHECK(t.next(b) == "leave");
    CHECK(t.board.claim_count() == 0);
    CHECK(t.board.verified_size() == 64);
}

TEST_CASE("a torrent without any pieces is complete from the start")
{
    table t({{{"empty"}, 0}});
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.is_complete());
    CHECK(t.next(a) == "leave");
}

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

TEST_CASE("so many new claims wake so many idle requesters, and no more than there are")
{
    table t(8);
    auto const holder = t.add_requester_with_seed();
    std::vector<requester_id> idle;
    auto const seed = t.board.add_seed();
    t.board.withhold({0, 8});
    CHECK(t.next(holder) == "wait");
    for (int i = 0; i != 5; ++i)
    {
        idle.push_back(t.board.add_requester(seed));
        CHECK(t.next(idle.back()) == "wait");
    }
    CHECK(t.board.next_check(8).count() == 8);
    t.board.checked(piece_index{0}, false);
    CHECK(t.wakes() == 1); // one claim
    t.board.checked(piece_index{1}, false);
    CHECK(t.wakes() == 0); // still one claim
    t.board.checked(piece_index{2}, false);
    CHECK(t.wakes() == 1);
    for (std::uint32_t i = 3; i != 8; ++i)
        t.board.checked(static_cast<piece_index>(i), false);
    CHECK(t.wakes() == 2); // four claims in all
    CHECK(t.board.idle_count(seed) + t.board.idle_count(seed_id{0}) == 6);
}

TEST_CASE("a wake that comes to nothing for one is passed on to another who can use it")
{
    // Seed 0 hasn't got file "a" (pieces 0 and 1), seed 1 hasn't got file "b" (pieces 2 and 3).
    table t({{{"a"}, 32}, {{"b"}, 32}}, 4);
    auto const only_b = t.add_requester_with_seed();
    auto const only_a = t.add_requester_with_seed();
    CHECK(t.next(only_b) == "0-4");
    outcome missing;
    missing.kind = outcome_kind::file_missing;
    missing.file = file_index{0};
    t.board.settle(only_b, missing, start, 0);
    CHECK(t.next(only_b) == "2-4");
    CHECK(t.next(only_a) == "0-2");
    missing.file = file_index{1};
    t.board.settle(only_a, missing, start, 0);
    CHECK(t.next(only_a) == "0-2");
    t.deliver(only_a, 2);
    CHECK(t.next(only_a) == "wait");
    t.settle(only_b, outcome_kind::stopped);
    CHECK(t.wakes() == 0); // only_a can't use it, only_b isn't idle
    CHECK(t.next(only_b) == "2-4");
    t.deliver(only_b, 2);
    CHECK(t.board.is_complete());
}

TEST_CASE("a seed is never asked again for a piece that it sent wrong")
{
    table t(3, 3);
    auto const liar = t.add_requester_with_seed();
    auto const honest = t.add_requester_with_seed();
    CHECK(t.next(liar) == "0-3");
    CHECK(t.next(honest) == "wait");
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
            auto const first = std::get<fetch>(action).work.pieces.first;
            asked_of_last += first >= 900;
            missing.file = static_cast<file_index>(first);
            auto const told = t.board.settle(a, missing, now, 0);
            CHECK((told.retry_at.has_value() || told.gave_up) == (i % 16 == 15));
            CHECK(told.gave_up == (!has_delivered && i == 47)); // three failures
            if (told.gave_up)
                break;
            now += 1min;
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
    CHECK(t.next(b) == "wait");
    CHECK(t.board.next_check(1).count() == 1);
    t.board.checked(piece_index{2}, false);
    REQUIRE(t.board.take_wakes() == std::vector<requester_id>{a2});
    t.settle(a1, outcome_kind::failed); // the seed of a2 pauses, and all that is free makes one claim
    CHECK(t.wakes() == 0);
    CHECK(t.next(a2) == "until 250");
    CHECK(t.board.take_wakes() == std::vector<requester_id>{b});
    CHECK(t.next(b) == "0-3");
}

TEST_CASE("withheld pieces are handed out for checking, and only the wrong ones are fetched")
{
    table t(6);
    t.board.withhold({1, 5});
    CHECK(t.picture() == ".????.");
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.next_check(3) == piece_run{1, 4});
    CHECK(t.board.next_check(3) == piece_run{4, 5});
    CHECK(t.board.next_check(3).empty());
    t.board.checked(piece_index{1}, true);
    t.board.checked(piece_index{2}, false);
    t.board.checked(piece_index{3}, true);
    CHECK(t.board.is_checking());
    t.board.checked(piece_index{4}, true);
    CHECK(!t.board.is_checking());
    CHECK(t.picture() == ".V.VV.");
    CHECK(t.next(a) == "0-1");
}

TEST_CASE("a plan in which everything turns out to be stored ends when that is known")
{
    table t(2);
    t.board.withhold({0, 2});
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "wait");
    CHECK(t.board.next_check(2).count() == 2);
    t.board.checked(piece_index{0}, true);
    CHECK(t.wakes() == 0);
    t.board.checked(piece_index{1}, true);
    CHECK(t.wakes() == 1);
    CHECK(t.next(a) == "leave");
}

TEST_CASE("a claim is no larger than the seed is expected to send in the claim time")
{
    plan_options options;
    options.claim_size_first = 64;
    options.claim_size_max = 1024;
    options.claim_size_min = 16;
    options.claim_time = 4s;
    torrent::layout const layout(webseed::test::torrent_of({{{"f"}, 16 * 10'000}}, 16));
    plan board(layout, options);
    auto const a = board.add_requester(board.add_seed());
    auto const size_of_next = [&] {
        auto const run = std::get<fetch>(board.next(a, start)).work.pieces;
        board.report(a, run.count(), false);
        return run.count() * 16;
    };
    outcome result;
    CHECK(size_of_next() == 64);
    result.bytes = 64;
    result.took = 1s; // 64 bytes a second
    board.settle(a, result, start, 0);
    CHECK(size_of_next() == 256);
    result.bytes = 1'000'000;
    board.settle(a, result, start, 0);
    CHECK(size_of_next() == 1024);
    result.bytes = 1;
    result.took = 1000h;
    for (int i = 0; i != 40; ++i)
    {
        board.settle(a, result, start, 0);
        size_of_next();
    }
    board.settle(a, result, start, 0);
    CHECK(size_of_next() == 16); // never less than a piece
}

TEST_CASE("near the end claims get smaller, so that nobody is left with much while others are idle")
{
    plan_options options;
    options.claim_size_first = 1024;
    options.claim_size_min = 32;
    torrent::layout const layout(webseed::test::torrent_of({{{"f"}, 16 * 64}}, 16));
    plan board(layout, options);
    auto const seed = board.add_seed();
    auto const busy = board.add_requester(seed);
    auto const quick = board.add_requester(seed);
    auto const claim_for = [&](requester_id id) { return std::get<fetch>(board.next(id, start)).work.pieces.count(); };
    CHECK(claim_for(busy) == 16); // a quarter of 64: two for each requester
    auto last = 16u;
    while (!board.free().empty())
    {
        auto const count = claim_for(quick);
        CHECK(count <= last);
        last = count;
        board.report(quick, count, false);
        board.settle(quick, outcome{}, start, 0);
    }
    CHECK(last <= 2); // but no smaller than the least claim, while there is as much
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

TEST_CASE("a closed plan gives nothing out and takes nothing in")
{
    table t(4);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.close();
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
    CHECK(t.next(a) == "0-2");
    auto const claimed = t.last;
    CHECK(t.board.cancel(claimed) == a);
    CHECK(t.picture() == "rr.."); // still its own
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "....");
    CHECK(!t.board.cancel(claimed));
}
