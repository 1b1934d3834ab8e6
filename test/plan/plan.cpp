#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;
using webseed::file_index;
using webseed::piece_index;
namespace torrent = webseed::torrent;

namespace {

// Parts of the next claim.
std::uint32_t claim_for(plan& board, requester_id id)
{
    return std::get<fetch>(board.next(id, start)).work.parts.count();
}

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
    CHECK(t.next(d) == "until 250");
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

TEST_CASE("a torrent of which only empty files are wanted is complete from the start")
{
    table t(torrent_of({{{"empty"}, 0}, {{"other"}, 40}}, 16).select(std::vector{file_index{0}}));
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.is_complete());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("a seed for which nobody works yet stops nothing")
{
    table one(2);
    one.board.withhold({0, 1});
    auto const first = one.board.add_seed();
    one.board.add_seed();
    one.board.next_check(1);
    one.board.checked(piece_index{0}, true);
    one.board.close_seed(first);
    CHECK_FALSE(one.board.is_finished());
    CHECK(one.picture() == "V.");
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
    CHECK(t.next(only_a) == "until 60000");
    t.settle(only_b, outcome_kind::stopped);
    CHECK(t.wakes() == 0); // only_a can't use it, only_b isn't idle
    CHECK(t.next(only_b) == "2-4");
    t.deliver(only_b, 2);
    CHECK(t.board.is_complete());
}

TEST_CASE("of many splinters only the first are looked at, unless they are of no use to the seed")
{
    // Every second piece of "a" is there; "b" is missing, and would make the longest claim.
    table t({{{"a"}, 16 * 200}, {{"b"}, 16 * 3}}, 3);
    t.board.withhold({0, 200});
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.next_check(200).count() == 200);
    for (std::uint32_t i = 0; i != 200; ++i)
        t.board.checked(static_cast<piece_index>(i), i % 2 == 0);
    CHECK(t.next(a) == "1-2");
    outcome missing;
    missing.kind = outcome_kind::file_missing;
    missing.file = file_index{0};
    t.board.settle(a, missing, start, 0);
    CHECK(t.next(a) == "200-203");
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
        auto const run = std::get<fetch>(board.next(a, start)).work.parts;
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
    table t(torrent_of({{{"f"}, 16 * 64}}, 16), options);
    auto& board = t.board;
    auto const seed = board.add_seed();
    auto const busy = board.add_requester(seed);
    auto const quick = board.add_requester(seed);
    CHECK(claim_for(board, busy) == 16); // a quarter of 64: two for each requester
    auto last = 16u;
    while (!board.free().empty())
    {
        auto const count = claim_for(board, quick);
        CHECK(count <= last);
        last = count;
        board.report(quick, count, false);
        board.settle(quick, outcome{}, start, 0);
    }
    CHECK(last <= 2); // but no smaller than the least claim, while there is as much
}

TEST_CASE("the first claims of a seed differ, so that they don't end together and leave the line empty")
{
    plan_options options;
    options.claim_size_first = 8 * 16;
    options.claim_size_min = 3 * 16;
    table t(torrent_of({{{"f"}, 16 * 10'000}}, 16), options);
    auto const seed = t.board.add_seed();
    std::vector<requester_id> all;
    for (auto i = 0; i != 5; ++i)
        all.push_back(t.board.add_requester(seed));
    for (auto const wanted : {3u, 4u, 6u, 8u, 8u})
    {
        CHECK(claim_for(t.board, all.back()) == wanted);
        all.pop_back();
    }
    table other(torrent_of({{{"f"}, 16 * 10'000}}, 16), options);
    CHECK(claim_for(other.board, other.add_requester_with_seed()) == 8); // with nobody to differ from
}

TEST_CASE("the claims of a seed end at least a wait for the first bytes apart")
{
    plan_options options;
    options.claim_size_first = 16;
    options.claim_size_min = 16;
    table t(torrent_of({{{"f"}, 16 * 10'000}}, 16), options);
    auto& board = t.board;
    auto const seed = board.add_seed();
    std::vector<requester_id> all;
    for (auto i = 0; i != 6; ++i)
        all.push_back(board.add_requester(seed));
    CHECK(claim_for(board, all.back()) == 1);
    board.heard(all.back(), {16, 0}, start + 1s);
    board.report(all.back(), 1, false);
    outcome result;
    result.bytes = 64 * 16;
    result.took = 16s;
    board.settle(all.back(), result, start + 1s, 0);
    // At 64 bytes a second a wait is as long as four pieces take, and a claim of 6 s are 24. Half of that is the least.
    for (auto const wanted : {24u, 20u, 16u, 12u, 24u})
    {
        CHECK(claim_for(board, all.back()) == wanted);
        all.pop_back();
    }
}

TEST_CASE("where several seeds are at work a claim is smaller for each of the others of its seed that are")
{
    plan_options options;
    options.claim_size_max = 64 * 16;
    options.claim_size_min = 16;
    table t(torrent_of({{{"f"}, 16 * 10'000}}, 16), options);
    auto const seed = t.board.add_seed({1e6, false});
    std::vector<requester_id> all;
    for (auto i = 0; i != 5; ++i)
        all.push_back(t.board.add_requester(seed));
    t.board.add_requester(t.board.add_seed({1e6, false}));
    for (auto const wanted : {64u, 56u, 48u, 40u, 40u})
    {
        CHECK(claim_for(t.board, all.back()) == wanted);
        all.pop_back();
    }
}

TEST_CASE("at the end the requesters of the only seed get all that comes in a few waits for the first bytes in one go")
{
    for (auto const has_another : {false, true})
    {
        CAPTURE(has_another);
        plan_options options;
        options.claim_size_first = 3 * 16;
        options.claim_size_min = 3 * 16;
        options.claim_time = 20s;
        table t(torrent_of({{{"f"}, 16 * 39}}, 16), options);
        auto& board = t.board;
        auto const seed = board.add_seed();
        std::vector<requester_id> all;
        for (auto i = 0; i != 3; ++i)
            all.push_back(board.add_requester(seed));
        if (has_another)
            board.add_requester(board.add_seed({16, false}));
        for (auto const each : all)
            CHECK(claim_for(board, each) == 3);
        board.heard(all.front(), {1, 0}, start + 3s);
        outcome result;
        result.bytes = 3 * 16;
        result.took = 3s;
        // In five waits of 3 s each of the three gets 15. At first there are 30, and 6 that the others work on. With
        // another one as quick they halve what is left for each of the four.
        std::vector<std::uint32_t> taken;
        for (auto const each : all)
        {
            board.report(each, 3, false);
            board.settle(each, result, start + 3s, 0);
            taken.push_back(claim_for(board, each));
            result = {};
        }
        CHECK(taken == (has_another ? std::vector{5u, 4u, 3u} : std::vector{12u, 11u, 7u}));
        CHECK(board.free().empty() != has_another);
    }
}
