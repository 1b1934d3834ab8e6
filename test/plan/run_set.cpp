#include "plan/run_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>

namespace {

using webseed::planning::piece_run;
using webseed::planning::run_set;

// "##..#": a set that holds pieces 0, 1 and 4.
std::string picture_of(run_set const& set, std::uint32_t size)
{
    std::string picture(size, '.');
    for (auto const& [first, last] : set.runs())
        for (auto i = first; i != last; ++i)
            picture.at(i) = '#';
    return picture;
}

run_set set_of(std::string const& picture)
{
    run_set set;
    for (std::uint32_t i = 0; i != picture.size(); ++i)
        if (picture[i] == '#')
            set.add({i, i + 1});
    return set;
}

} // namespace

TEST_CASE("runs that touch or overlap become one")
{
    struct
    {
        char const* before;
        piece_run added;
        char const* after;
        std::size_t runs;
    } const rows[] = {
        {"........", {2, 4}, "..##....", 1}, {"##......", {2, 4}, "####....", 1}, {"....##..", {2, 4}, "..####..", 1},
        {"##..##..", {2, 4}, "######..", 1}, {"##....##", {3, 5}, "##.##.##", 3}, {".#.#.#..", {0, 7}, "#######.", 1},
        {"..####..", {3, 4}, "..####..", 1}, {"..##....", {3, 6}, "..####..", 1}, {"....##..", {3, 5}, "...###..", 1},
        {"........", {4, 4}, "........", 0},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.before);
        auto set = set_of(row.before);
        set.add(row.added);
        CHECK(picture_of(set, 8) == row.after);
        CHECK(set.runs().size() == row.runs);
    }
}

TEST_CASE("taking a run out splits what it lies in")
{
    struct
    {
        char const* before;
        piece_run removed;
        char const* after;
    } const rows[] = {
        {"########", {2, 4}, "##..####"}, {"##..##..", {0, 8}, "........"}, {"##..##..", {1, 5}, "#....#.."},
        {"..##....", {4, 8}, "..##...."}, {"..##....", {0, 2}, "..##...."}, {"..####..", {2, 6}, "........"},
        {"........", {2, 4}, "........"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.before);
        auto set = set_of(row.before);
        set.remove(row.removed);
        CHECK(picture_of(set, 8) == row.after);
    }
}

TEST_CASE("the first gap is the first run that is not in the set")
{
    struct
    {
        char const* set;
        piece_run within;
        piece_run gap;
    } const rows[] = {
        {"........", {1, 7}, {1, 7}}, {"########", {1, 7}, {7, 7}}, {"##..##..", {0, 8}, {2, 4}},
        {"##..##..", {4, 8}, {6, 8}}, {"...#....", {0, 8}, {0, 3}}, {"##......", {0, 2}, {2, 2}},
        {"......##", {0, 7}, {0, 6}}, {"##..##..", {0, 3}, {2, 3}}, {"########", {3, 3}, {3, 3}},
        {"........", {3, 3}, {3, 3}},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.set);
        CHECK(set_of(row.set).first_gap(row.within) == row.gap);
    }
}

TEST_CASE("a run set agrees with a plain set, whatever is added and removed")
{
    std::mt19937 random(7);
    auto const number = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    run_set set;
    std::set<std::uint32_t> plain;
    for (int i = 0; i != 5000; ++i)
    {
        auto const first = number(60);
        auto const run = piece_run{first, first + number(12)};
        auto const adds = number(2) == 0;
        if (adds)
            set.add(run);
        else
            set.remove(run);
        for (auto piece = run.first; piece != run.last; ++piece)
            if (adds)
                plain.insert(piece);
            else
                plain.erase(piece);
        REQUIRE(set.count() == plain.size());
        std::uint32_t before = 0;
        auto is_first = true;
        for (auto const& [begin, end] : set.runs())
        {
            REQUIRE(begin < end);
            REQUIRE((is_first || begin > before));
            is_first = false;
            before = end;
        }
        for (std::uint32_t piece = 0; piece != 75; ++piece)
            REQUIRE(set.contains(piece) == plain.contains(piece));
    }
}
