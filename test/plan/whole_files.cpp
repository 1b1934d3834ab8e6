// Seeds that send whole files, whatever range they are asked for.
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;
using webseed::file_index;
using webseed::piece_index;

namespace {

outcome of_ranges(bool has_ranges)
{
    outcome result;
    result.kind = outcome_kind::stopped;
    result.has_ranges = has_ranges;
    return result;
}

outcome lacking(std::uint32_t file)
{
    outcome result;
    result.kind = outcome_kind::file_missing;
    result.file = file_index{file};
    return result;
}

// A requester of a seed that has shown that it sends whole files.
requester_id add_whole(table& t)
{
    auto const made = t.add_requester_with_seed();
    t.next(made);
    t.board.settle(made, of_ranges(false), start, 0);
    return made;
}

bool is_from_start(table& t, requester_id id)
{
    auto const action = t.board.next(id, start);
    return std::get<fetch>(action).work.from_start;
}

} // namespace

TEST_CASE("a seed that sends whole files gets them one by one, the largest first, whatever the size of a claim")
{
    table t({{{"a"}, 3 * 16}, {{"b"}, 6 * 16}, {{"c"}, 4 * 16}});
    auto const a = add_whole(t);
    auto const seed = seed_id{0};
    auto const b = t.board.add_requester(seed);
    auto const c = t.board.add_requester(seed);
    auto const d = t.board.add_requester(seed);
    CHECK(t.next(a) == "3-9");
    CHECK(t.next(b) == "9-13");
    CHECK(is_from_start(t, c));
    CHECK(t.picture() == "rrrrrrrrrrrrr");
    CHECK(t.next(d) == "wait");
    t.deliver(a, 6);
    t.deliver(b, 4);
    t.deliver(c, 3);
    CHECK(t.board.is_complete());
}

TEST_CASE("that a seed ignores ranges is news once, and neither a failure nor a missing file")
{
    table t(8);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    auto const c = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    CHECK(t.next(c) == "4-6");
    auto const told = t.settle(b, outcome_kind::ranges_ignored);
    CHECK(told.lost_ranges);
    CHECK(!told.is_news);
    CHECK(!told.retry_at);
    CHECK(!t.settle(c, outcome_kind::ranges_ignored).lost_ranges);
    CHECK(t.board.refused(seed).empty());
}

TEST_CASE("what lies further in is asked of a seed that sends whole files only if nobody else can have it")
{
    table t(10);
    auto const other = t.board.add_seed();
    auto const b = t.board.add_requester(other);
    auto const a = add_whole(t);
    CHECK(t.next(a) == "0-2"); // no more than usual: the other one may take up the rest
    CHECK(t.next(b) == "2-4");
    t.deliver(a, 2);
    CHECK(t.next(a) == "wait");
    t.board.take_wakes();
    SUBCASE("it is closed")
    {
        t.board.close_seed(other);
        CHECK(t.board.take_wakes() == std::vector{a});
        CHECK(t.next(a) == "4-10");
    }
    SUBCASE("it lacks the file")
    {
        t.board.settle(b, lacking(0), start, 0);
        CHECK(t.board.take_wakes() == std::vector{a});
        CHECK(t.next(a) == "2-10");
    }
    SUBCASE("it has sent a piece wrong")
    {
        t.board.report(b, 0, true);
        CHECK(t.board.take_wakes() == std::vector{a});
        CHECK(t.next(a) == "2-3");
    }
    SUBCASE("it sends whole files, too")
    {
        t.settle(b, outcome_kind::ranges_ignored);
        CHECK(t.board.take_wakes().size() == 1);
        CHECK(t.next(a) == "2-10");
    }
    SUBCASE("nobody asks it yet")
    {
        t.board.add_seed();
        t.board.close_seed(other);
        CHECK(t.wakes() == 0);
        CHECK(t.next(a) == "wait");
    }
}

TEST_CASE("the rest of a file is asked for once all that was asked for in parts has ended")
{
    table t(10);
    t.board.withhold({0, 1});
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    auto const c = t.board.add_requester(seed);
    CHECK(t.next(a) == "1-3");
    CHECK(t.next(b) == "3-5");
    CHECK(t.next(c) == "5-7");
    t.settle(b, outcome_kind::ranges_ignored);
    CHECK(t.next(b) == "wait");
    t.settle(a, outcome_kind::ranges_ignored);
    CHECK(t.next(a) == "wait");
    CHECK(t.wakes() == 0);
    t.settle(c, outcome_kind::ranges_ignored);
    CHECK(t.wakes() == 1);
    CHECK(t.next(c) == "1-10");
}

TEST_CASE("a file that doesn't begin with a piece is asked for from the next one on")
{
    table t({{{"a"}, 4 * 16 + 8}, {{"b"}, 3 * 16}, {{"c"}, 5 * 16 + 8}});
    t.board.withhold({0, 1});
    auto const a = add_whole(t);
    auto const b = t.board.add_requester(seed_id{0});
    auto const c = t.board.add_requester(seed_id{0});
    CHECK(t.next(a) == "8-13"); // not 7, where the second one ends
    CHECK(t.next(b) == "5-8");
    CHECK(t.next(c) == "1-5"); // whose beginning is there
}

TEST_CASE("small files are asked for together, up to the size of a claim")
{
    table t({{{"a"}, 8}, {{"b"}, 40}, {{"c"}, 16}, {{"d"}, 64}}, 4);
    auto const a = add_whole(t);
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(t.board.add_requester(seed_id{0})) == "4-8");
}

TEST_CASE("a seed that sends a part of a file after all is asked for parts again")
{
    table t(8);
    auto const a = add_whole(t);
    CHECK(t.next(a) == "0-8");
    t.board.report(a, 1, false);
    t.board.settle(a, of_ranges(true), start, 0);
    CHECK(!is_from_start(t, a));
    CHECK(t.picture() == "Vrr.....");
}

TEST_CASE("who ignores ranges where all that comes is taken hasn't got the file")
{
    table t({{{"a"}, 64}, {{"b"}, 32}});
    auto const a = add_whole(t);
    CHECK(t.next(a) == "0-4");
    CHECK(t.settle(a, outcome_kind::ranges_ignored).is_news);
    CHECK(t.next(a) == "4-6");
}

TEST_CASE("a doubtful seed that sends whole files is asked for one at a time")
{
    table t({{{"a"}, 64}, {{"b"}, 64}});
    auto const a = add_whole(t);
    auto const b = t.board.add_requester(seed_id{0});
    CHECK(t.next(a) == "0-4");
    t.settle(a, outcome_kind::failed);
    CHECK(t.next(a, 1s) == "0-4");
    CHECK(t.next(b, 1s) == "wait");
}
