// Why a piece isn't there yet, in short words.
#include "plan/explanation.hpp"
#include "plan/table.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;

namespace {

constexpr seed_id first{0};
constexpr seed_id second{1};

std::string name_of(piece_standing standing)
{
    constexpr char const* names[] = {"verified",  "unwanted", "unchecked", "awaits copy",
                                     "under way", "arrived",  "missing"};
    return names[static_cast<int>(standing)];
}

std::string name_of(excuse_kind kind)
{
    constexpr char const* names[] = {
        "at it",     "at others",     "next",        "lacks",  "wrong",    "leaves it", "whole files", "slow",
        "host full", "asked to wait", "backing off", "silent", "given up", "closed",    "finished",
    };
    return names[static_cast<int>(kind)];
}

// "under way 0:+8 (1 before); 0 at it; 1 slow until 250": the standing, who is at it with how many bytes, and each
// seed.
std::string why(table const& t, std::uint32_t piece, duration at = {})
{
    auto const told = t.board.explain(piece, start + at);
    auto text = name_of(told.standing);
    if (told.is_disputed)
        text += " disputed";
    if (told.source)
        text += " of " + std::to_string(*told.source);
    if (told.arrived_size != 0)
        text += " " + std::to_string(told.arrived_size) + " arrived";
    for (auto const& each : told.holders)
    {
        text += " " + std::to_string(static_cast<std::uint32_t>(each.seed)) + ":+" + std::to_string(each.size);
        if (each.pieces_before != 0)
            text += " (" + std::to_string(each.pieces_before) + " before)";
    }
    for (std::size_t i = 0; i != told.seeds.size(); ++i)
    {
        auto const& each = told.seeds[i];
        text += "; " + std::to_string(i) + " " + name_of(each.kind);
        if (each.kind == excuse_kind::lacks_file)
            text += " file " + std::to_string(to_number(each.file));
        if (each.until != time_point::max())
            text += " until " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(each.until - start).count());
    }
    return text;
}

outcome asking_for(duration patience)
{
    outcome busy;
    busy.kind = outcome_kind::busy;
    busy.retry_after = patience;
    return busy;
}

// One piece of 16 bytes in parts of 4.
plan_options in_parts()
{
    auto made = table::options_of(64);
    made.part_size_max = 4;
    return made;
}

} // namespace

TEST_CASE("a piece is told to be on its way, with who brings it and what has come")
{
    table t(4);
    CHECK(why(t, 0) == "missing");
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(why(t, 0) == "missing; 0 next; 1 next");
    CHECK(t.next(a) == "0-2");
    CHECK(why(t, 0) == "under way 0:+0; 0 at it; 1 next");
    CHECK(why(t, 1) == "under way 0:+0 (1 before); 0 at it; 1 next");
    CHECK(why(t, 2) == "missing; 0 at others; 1 next");
    t.board.heard(a, {5, 5}, start + 1s);
    CHECK(why(t, 0) == "under way 0:+5; 0 at it; 1 next");
    CHECK(t.board.explain(0, start).holders.at(0).heard_at == start + 1s);
    t.board.report(a, 1, false);
    CHECK(why(t, 0) == "verified");
    t.next(b);
    CHECK(why(t, 3) == "under way 1:+0 (1 before); 0 at others; 1 at it");
}

TEST_CASE("what isn't wanted, is hashed, or equals another piece needs no seed")
{
    table t(torrent_of({{{"a"}, 16}, {{"b"}, 16}}, 16).select(std::vector{file_index{0}}));
    t.add_requester_with_seed();
    CHECK(why(t, 1) == "unwanted");
    t.board.want({1, 2});
    CHECK(why(t, 1) == "missing; 0 next");

    table u(2);
    u.board.withhold({0, 1});
    CHECK(why(u, 0) == "unchecked");
    u.board.next_check(1);
    CHECK(why(u, 0) == "unchecked");
    u.board.checked(piece_index{0}, true);
    CHECK(why(u, 0) == "verified");

    std::vector<v2_file> const equal{{{"a"}, std::string(16384, 'x')}, {{"b"}, std::string(16384, 'x')}};
    table v(parsed(v2_parts_of(equal)));
    auto const a = v.add_requester_with_seed();
    CHECK(v.next(a) == "0-1");
    CHECK(why(v, 1) == "awaits copy of 0");
    v.deliver(a, 1);
    CHECK(why(v, 1) == "awaits copy of 0");
    CHECK(v.next(a) == "1-2 as 0");
    CHECK(why(v, 1) == "awaits copy of 0");
}

TEST_CASE("each seed's own reason is told")
{
    table t({{{"a"}, 16}, {{"b"}, 16}}, 1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    auto const c = t.add_requester_with_seed();
    auto const d = t.add_requester_with_seed();
    t.next(a);
    outcome gone;
    gone.kind = outcome_kind::file_missing;
    gone.file = file_index{0};
    t.board.settle(a, gone, start, 0);
    t.next(b);
    t.board.settle(b, asking_for(100s), start, 0);
    t.board.decline(c, start);
    t.board.close_seed(seed_id{3});
    CHECK(why(t, 0) == "missing; 0 lacks file 0 until 60; 1 asked to wait until 100; 2 host full; 3 closed");
    CHECK(why(t, 1) == "missing; 0 next; 1 asked to wait until 100; 2 host full; 3 closed");
    static_cast<void>(d);

    table u(1);
    auto const e = u.add_requester_with_seed();
    u.next(e);
    u.settle(e, outcome_kind::failed);
    CHECK(why(u, 0).starts_with("missing; 0 backing off until "));
    for (auto at = 1min; at != 3min; at += 1min)
    {
        u.next(e, at);
        u.settle(e, outcome_kind::failed, at);
    }
    CHECK(why(u, 0, 5min) == "missing; 0 given up");
}

TEST_CASE("who sent a piece wrong isn't asked for it, and that is told, also when all is over")
{
    table t(2, 1);
    auto const a = t.add_requester_with_seed();
    t.next(a);
    t.board.report(a, 0, true);
    t.settle(a, outcome_kind::stopped);
    CHECK(why(t, 0) == "missing; 0 wrong");
    CHECK(why(t, 1) == "missing; 0 next");
    t.next(a);
    t.deliver(a, 1);
    CHECK(t.board.is_finished());
    CHECK(why(t, 0) == "missing; 0 wrong");
    CHECK(why(t, 1) == "verified");
}

TEST_CASE("of a closed plan it is told that it has ended")
{
    table t(2, 1);
    t.add_requester_with_seed();
    t.board.close();
    CHECK(why(t, 1) == "missing; 0 finished");
}

TEST_CASE("what has come of a piece in parts is told, whether it waits for the rest or for its verdict")
{
    table t(torrent_of({{{"f"}, 16}}, 16), in_parts());
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    CHECK(why(t, 0) == "under way 0:+8; 0 at it; 1 next");
    t.settle(a, outcome_kind::stopped);
    CHECK(why(t, 0) == "missing 8 arrived; 0 next; 1 next");
    CHECK(t.next(b) == "2-4");
    CHECK(why(t, 0) == "under way 8 arrived 1:+0; 0 next; 1 at it");
    t.board.report(b, 2, false);
    t.settle(b, outcome_kind::delivered);
    CHECK(why(t, 0) == "arrived 16 arrived");
    CHECK(std::holds_alternative<judge>(t.board.next(a, start)));
    CHECK(why(t, 0) == "arrived 16 arrived");
    t.board.judged(0, finding::wrong, std::vector<sha1_hash>(4));
    auto const disputed = t.board.explain(0, start);
    CHECK(disputed.is_disputed);
    CHECK(std::ranges::count(disputed.seeds, excuse_kind::leaves_it, &excuse::kind) == 1);
}

TEST_CASE("a piece in parts that isn't wanted any more is on its way as long as it is counted")
{
    auto options = table::options_of(8);
    options.part_size_max = 4;
    table t(torrent_of({{{"f"}, 16}}, 16), options);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.unwant({0, 1});
    CHECK(t.board.wanted_count() == 1);
    CHECK(why(t, 0) == "under way 0:+0; 0 at it");
    t.settle(a, outcome_kind::stopped);
    CHECK(t.board.wanted_count() == 0);
    CHECK(why(t, 0) == "unwanted");

    table u(torrent_of({{{"f"}, 16}}, 16), options);
    auto const b = u.add_requester_with_seed();
    auto const c = u.add_requester_with_seed();
    CHECK(u.next(b) == "0-2");
    CHECK(u.next(c) == "2-4");
    u.settle(b, outcome_kind::stopped);
    u.board.unwant({0, 1});
    CHECK(u.board.wanted_count() == 0);
    CHECK(why(u, 0) == "unwanted");
}

TEST_CASE("a seed that sends whole files is excused from what lies further in")
{
    table t({{{"f"}, 64}}, 1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    t.next(a);
    outcome ignored;
    ignored.kind = outcome_kind::ranges_ignored;
    t.board.settle(a, ignored, start, 0);
    CHECK(t.next(b) == "0-1");
    CHECK(t.next(a) == "wait");
    CHECK(why(t, 2) == "missing; 0 whole files; 1 at others");
    CHECK(t.board.standing_of(first, start).kind != standing_kind::working);
    CHECK(t.board.standing_of(second, start).kind == standing_kind::working);
}
