// Equal files: one is fetched, the others are copied from it.
#include "plan/twins.hpp"

#include "plan/table.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace webseed::test;
using webseed::file_index;
using webseed::metainfo;
using webseed::piece_index;
namespace torrent = webseed::torrent;

namespace {

constexpr std::size_t piece_size = 16384;

// Each letter is a file; equal letters are equal files, of as many pieces as the digit behind them says.
metainfo torrent_in(std::string const& picture)
{
    std::vector<v2_file> files;
    for (std::size_t i = 0; i + 1 < picture.size(); i += 3)
    {
        auto const count = static_cast<std::size_t>(picture[i + 1] - '0');
        files.push_back({{std::to_string(100 + i)}, std::string(count * piece_size - 1, picture[i])});
    }
    return parsed(v2_parts_of(files));
}

std::string others_of(twins const& all, std::uint32_t piece)
{
    std::string text;
    all.for_each_other(piece, [&](std::uint32_t other) { text += (text.empty() ? "" : " ") + std::to_string(other); });
    return text;
}

outcome missing(std::uint32_t file)
{
    outcome result;
    result.kind = outcome_kind::file_missing;
    result.file = file_index{file};
    return result;
}

void check_all(table& t, std::uint32_t first, std::string const& verdicts)
{
    CHECK(t.board.next_check(static_cast<std::uint32_t>(verdicts.size())).count() == verdicts.size());
    for (auto const verdict : verdicts)
        t.board.checked(piece_index{first++}, verdict == 'V');
}

} // namespace

TEST_CASE("pieces of equal files know each other")
{
    torrent::layout const map(torrent_in("a3 b1 a3 c1 c1 a3"));
    twins const all(map);
    CHECK(others_of(all, 0) == "4 9");
    CHECK(others_of(all, 2) == "6 11");
    CHECK(others_of(all, 3) == "");
    CHECK(others_of(all, 5) == "1 10");
    CHECK(others_of(all, 7) == "8");
    CHECK(others_of(all, 11) == "2 6");
    CHECK(others_of(all, 12) == "");
    CHECK(all.content_count() == 4);
    CHECK(all.content_of(1) == all.content_of(10));
    CHECK(all.content_of(1) != all.content_of(2));
    CHECK(all.content_of(7) == all.content_of(8));
    CHECK_FALSE(all.content_of(3));
    CHECK_FALSE(all.content_of(12));
    CHECK(all.later() == std::vector<piece_run>{{4, 7}, {8, 9}, {9, 12}});
    torrent::layout const plain(torrent_in("a3 b1"));
    CHECK(twins(plain).empty());
}

TEST_CASE("a file that equals another is deferred while that one is fetched, and copied after")
{
    table t(torrent_in("a2 b1 a2"));
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.picture() == "...??");
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-3");
    t.deliver(b, 1);
    CHECK(t.next(b) == "wait");
    t.board.report(a, 1, false);
    CHECK(t.picture() == "VrV.?");
    CHECK(t.wakes() == 1); // b needn't wait for the rest
    t.board.report(a, 1, false);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.picture() == "VVV..");
    CHECK(t.next(b) == "3-5 as 0");
    t.deliver(b, 2);
    CHECK(t.board.is_complete());
    CHECK(t.next(a) == "leave");
    CHECK(t.board.verified_size() == 2 * (2 * piece_size - 1) + piece_size - 1);
}

TEST_CASE("copying begins with the first piece that is there, and each copy has a source of its own")
{
    table t(torrent_in("a3 a3 a3"), 3);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-3");
    CHECK(t.next(b) == "until 250");
    t.board.report(a, 1, false);
    CHECK(t.next(b) == "3-4 as 0");
    t.board.report(a, 2, false);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.next(a) == "4-6 as 1");
    t.deliver(b, 1);
    CHECK(t.next(b) == "6-9 as 0");
    t.deliver(a, 2);
    t.deliver(b, 3);
    CHECK(t.board.is_complete());
}

TEST_CASE("a copy of files side by side goes no further than its source")
{
    table t(torrent_in("a1 a1 a1 a1"), 9);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.deliver(a, 1);
    CHECK(t.next(a) == "1-2 as 0");
    t.deliver(a, 1);
    CHECK(t.next(a) == "2-3 as 0");
    t.deliver(a, 1);
    CHECK(t.next(a) == "3-4 as 0");
}

TEST_CASE("a copy that turns out wrong is fetched, and nobody is blamed")
{
    table t(torrent_in("a2 a2"));
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    CHECK(t.next(a) == "2-4 as 0");
    auto const told = t.board.report(a, 1, true);
    CHECK(told.go_on);
    CHECK(told.counted);
    auto const settled = t.settle(a, outcome_kind::delivered);
    CHECK_FALSE(settled.gave_up);
    CHECK_FALSE(settled.retry_at);
    CHECK(t.board.wasted_size() == 0);
    CHECK(t.picture() == "VVV.");
    CHECK(t.next(a) == "3-4"); // from the seed, which isn't suspected
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
}

TEST_CASE("what can't be read to be copied is fetched")
{
    table t(torrent_in("a3 a3"), 3);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-3");
    t.deliver(a, 3);
    CHECK(t.next(a) == "3-6 as 0");
    t.board.report(a, 1, false);
    auto const settled = t.settle(a, outcome_kind::copy_failed);
    CHECK_FALSE(settled.retry_at);
    CHECK_FALSE(settled.gave_up);
    CHECK(t.next(a) == "4-6");
    t.deliver(a, 2);
    CHECK(t.board.is_complete());
}

TEST_CASE("when the first of equal files can't be had, the others are asked for, one file after the other")
{
    table t(torrent_in("a1 a1 b1 a1"));
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.board.settle(a, missing(0), start, 0);
    CHECK(t.next(a) == "2-3");
    t.deliver(a, 1);
    CHECK(t.picture() == "..V."); // nothing else is left: they are released
    CHECK(t.next(a) == "1-2");
    t.deliver(a, 1);
    CHECK(t.next(a) == "0-1 as 1"); // the first one, too
    t.deliver(a, 1);
    CHECK(t.next(a) == "3-4 as 1");
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
}

TEST_CASE("while a seed may still have the first of equal files, the others wait")
{
    table t(torrent_in("a1 a1"));
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.board.settle(a, missing(0), start, 0);
    CHECK(t.next(a) == "until 60000");
    CHECK(t.next(b) == "0-1");
    t.board.settle(b, missing(0), start, 0);
    CHECK(t.picture() == "..");
    CHECK(t.wakes() == 1);
    CHECK(t.next(a) == "1-2");
    CHECK(t.next(b) == "until 60000");
    t.board.settle(a, missing(1), start, 0);
    CHECK(t.next(b) == "1-2");
    t.board.settle(b, missing(1), start, 0);
    CHECK(t.board.is_finished());
    CHECK_FALSE(t.board.is_complete());
}

TEST_CASE("a wrong first file releases the others when no seed is left for it")
{
    table t(torrent_in("a1 a1"));
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.board.report(a, 0, true);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.next(a) == "1-2");
    t.deliver(a, 1);
    CHECK(t.next(a) == "0-1 as 1");
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
    CHECK(t.board.wasted_size() == piece_size - 1);
}

TEST_CASE("twins found in the storage serve the others, whichever of them is found")
{
    table t(torrent_in("a2 a2 a2"));
    t.board.withhold({2, 4});
    CHECK(t.picture() == "..????");
    auto const a = t.add_requester_with_seed();
    check_all(t, 2, "VV");
    CHECK(t.picture() == "..VV..");
    CHECK(t.next(a) == "0-2 as 2");
    t.deliver(a, 2);
    CHECK(t.next(a) == "4-6 as 2");
    t.deliver(a, 2);
    CHECK(t.board.is_complete());
}

TEST_CASE("a twin that is wrong in the storage is copied, if another one is right")
{
    table t(torrent_in("a2 a2"));
    t.board.withhold({0, 4});
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.next_check(4).count() == 4);
    t.board.checked(piece_index{0}, false);
    t.board.checked(piece_index{1}, true);
    t.board.checked(piece_index{2}, true);
    t.board.checked(piece_index{3}, false);
    CHECK(t.picture() == ".VV.");
    CHECK(t.next(a) == "0-1 as 2");
    t.deliver(a, 1);
    CHECK(t.next(a) == "3-4 as 1");
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
}

TEST_CASE("a copy that is cancelled, or whose seed is closed, is given to somebody else")
{
    table t(torrent_in("a2 a2"));
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    CHECK(t.next(a) == "2-4 as 0");
    CHECK(t.next(b) == "wait");
    CHECK(t.board.cancel(t.last) == a);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.wakes() == 1);
    CHECK(t.next(b) == "2-4 as 0");
    t.settle(b, outcome_kind::stopped);
    CHECK(t.next(a) == "2-4 as 0");
    t.board.report(a, 1, false);
    t.board.close_seed(seed);
    CHECK(t.board.report(a, 1, false).counted == false);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "VVV.");
    CHECK(t.next(b) == "3-4 as 1");
    t.board.close();
    CHECK(t.board.report(b, 1, false).counted == false);
    t.settle(b, outcome_kind::delivered);
    CHECK(t.next(b) == "leave");
}

TEST_CASE("a seed on probation may copy")
{
    table t(torrent_in("a1 b1 a1"), 1);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.settle(a, outcome_kind::failed);
    CHECK(t.next(other) == "0-1");
    t.deliver(other, 1);
    CHECK(t.next(a, 300ms) == "2-3 as 0");
    t.deliver(a, 1);
    CHECK(t.next(b, 300ms) == "1-2");
}

TEST_CASE("files that aren't wanted are skipped: neither fetched, nor checked, nor counted")
{
    auto const torrent = torrent_in("a2 b2 c2 a2");
    table t(torrent.select(std::vector{file_index{1}, file_index{3}}));
    CHECK(t.picture() == "??..??..");
    CHECK(t.board.wanted_count() == 4);
    CHECK(t.board.wanted_size() == 2 * (2 * piece_size - 1));
    t.board.withhold({0, 3}); // a storage may have more than is wanted
    auto const a = t.add_requester_with_seed();
    CHECK(t.board.next_check(9) == piece_run{2, 3});
    t.board.checked(piece_index{2}, true);
    CHECK_FALSE(t.board.is_checking());
    CHECK(t.next(a) == "6-8");
    t.deliver(a, 2);
    CHECK(t.next(a) == "3-4");
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
    CHECK(t.board.verified_size() == t.board.wanted_size());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("what was skipped stays so, however it is withheld")
{
    table t(torrent_of({{{"a"}, 32}, {{"b"}, 32}, {{"c"}, 32}}, 16).select(std::vector{file_index{1}}));
    t.board.withhold({0, 6});
    CHECK(t.board.next_check(6) == piece_run{2, 4});
    CHECK(t.board.next_check(6).empty());
}

TEST_CASE("a hundred thousand equal files are copied without each looking at all the others")
{
    constexpr std::uint32_t count = 100'000;
    bencoded_keys tree;
    auto const root = encoded(pieces_root_of("same"));
    auto const entry = dictionary_of({{"", dictionary_of({{"length", encoded(4)}, {"pieces root", root}})}});
    for (std::uint32_t i = 0; i != count; ++i)
        tree[std::to_string(count + i)] = entry;
    auto parts = v2_parts_of({{{"a"}, "same"}});
    parts.info["file tree"] = dictionary_of(tree);
    table t(parsed(parts), 4);
    auto const a = t.add_requester_with_seed();
    auto const begin = std::chrono::steady_clock::now();
    CHECK(t.next(a) == "0-1");
    t.deliver(a, 1);
    for (std::uint32_t i = 1; i != count; ++i)
    {
        t.board.next(a, start);
        t.deliver(a, 1);
    }
    CHECK(t.board.is_complete());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)); // 0.2 s
}
