#include "torrent/layout.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace webseed;
using namespace webseed::torrent;
using test::torrent_of;

namespace {

/// "0:0-9 1:0-4": number of the file, first and last byte in it; a 'p' marks padding.
std::string picture(std::vector<file_slice> const& slices)
{
    std::ostringstream text;
    for (auto const& slice : slices)
    {
        text << (text.tellp() > 0 ? " " : "") << to_number(slice.file) << (slice.pad ? "p" : "") << ':' << slice.offset
             << '-' << slice.offset + slice.size - 1;
    }
    return text.str();
}

std::string picture(piece_run run)
{
    return std::to_string(run.first) + ".." + std::to_string(run.last);
}

layout four_files()
{
    return layout(torrent_of({{{"1"}, 10}, {{"2"}, 5}, {{"3"}, 19}, {{"4"}, 8}}, 16));
}

layout padded_files()
{
    return layout(torrent_of({{{"A"}, 10}, {{}, 6}, {{"B"}, 20}, {{}, 12}, {{"C"}, 4}}, 16));
}

/// Pieces of 16 KiB: 0 to 2, 3, none, 4, and 5 to 7, which are those of the first.
std::vector<test::v2_file> aligned_files()
{
    return {
        {{"a"}, std::string(40'000, 'a')},
        {{"b"}, std::string(16384, 'b')},
        {{"c"}, ""},
        {{"d"}, "d"},
        {{"e"}, std::string(40'000, 'a')}};
}

std::string picture(std::vector<piece_run> const& runs)
{
    std::string text;
    for (auto const run : runs)
        text += (text.empty() ? "" : " ") + picture(run);
    return text;
}

/// "4=0": file 4 equals file 0.
std::string picture(std::vector<layout::twins> const& all)
{
    std::string text;
    for (auto const& [file, earlier] : all)
        text += (text.empty() ? "" : " ") + std::to_string(to_number(file)) + "=" + std::to_string(to_number(earlier));
    return text;
}

metainfo selected(metainfo const& torrent, std::vector<std::uint32_t> const& files)
{
    std::vector<file_index> indices;
    for (auto const file : files)
        indices.push_back(file_index{file});
    return torrent.select(indices);
}

layout files_with_empty_ones()
{
    return layout(torrent_of({{{"e0"}, 0}, {{"a"}, 3}, {{"e2"}, 0}, {{"e3"}, 0}, {{"b"}, 5}, {{"e5"}, 0}}, 4));
}

} // namespace

TEST_CASE("a piece is cut into the slices of its files")
{
    auto const map = four_files();
    CHECK(map.piece_count() == 3);
    CHECK(map.end_offset() == 42);
    CHECK(picture(map.slices(map.range_of(piece_index{0}))) == "0:0-9 1:0-4 2:0-0");
    CHECK(picture(map.slices(map.range_of(piece_index{1}))) == "2:1-16");
    CHECK(picture(map.slices(map.range_of(piece_index{2}))) == "2:17-18 3:0-7");
    CHECK(picture(map.slices(map.range_of(piece_run{0, 3}))) == "0:0-9 1:0-4 2:0-18 3:0-7");
}

TEST_CASE("padding is a slice that says so")
{
    auto const map = padded_files();
    CHECK(picture(map.slices({0, map.end_offset()})) == "0:0-9 1p:0-5 2:0-19 3p:0-11 4:0-3");
    CHECK(picture(map.slices(map.range_of(piece_index{0}))) == "0:0-9 1p:0-5");
    CHECK(picture(map.slices(map.range_of(piece_index{3}))) == "4:0-3");
}

TEST_CASE("empty files occupy nothing")
{
    auto const map = files_with_empty_ones();
    CHECK(picture(map.slices({0, 8})) == "1:0-2 4:0-4");
    CHECK(picture(map.pieces_of(file_index{0})) == "0..0");
    CHECK(picture(map.pieces_of(file_index{1})) == "0..1");
    CHECK(map.pieces_of(file_index{2}).empty());
    CHECK(picture(map.pieces_of(file_index{4})) == "0..2");
    CHECK(map.pieces_of(file_index{5}).empty());
}

TEST_CASE("the pieces of a file are those that share a byte with it")
{
    auto const map = four_files();
    char const* const wanted[] = {"0..1", "0..1", "0..3", "2..3"};
    for (std::uint32_t file = 0; file < 4; ++file)
    {
        CAPTURE(file);
        CHECK(picture(map.pieces_of(file_index{file})) == wanted[file]);
    }
}

TEST_CASE("the last piece is as short as the rest")
{
    auto const map = four_files();
    CHECK(map.range_of(piece_index{0}) == byte_range{0, 16});
    CHECK(map.range_of(piece_index{2}) == byte_range{32, 10});
    CHECK(map.range_of(piece_run{1, 3}) == byte_range{16, 26});
    CHECK(map.range_of(piece_run{3, 3}).empty());
}

TEST_CASE("a byte belongs to one piece and one slice")
{
    auto const map = four_files();
    CHECK(map.piece_at(0) == piece_index{0});
    CHECK(map.piece_at(15) == piece_index{0});
    CHECK(map.piece_at(16) == piece_index{1});
    CHECK(map.piece_at(41) == piece_index{2});
    CHECK(map.slice_at(9, 100) == file_slice{file_index{0}, 9, 1, false});
    CHECK(map.slice_at(10, 100) == file_slice{file_index{1}, 0, 5, false});
    CHECK(map.slice_at(16, 4) == file_slice{file_index{2}, 1, 4, false});
}

TEST_CASE("a range lies inside the torrent if its first and its last byte do, however large its numbers")
{
    auto const map = four_files();
    CHECK(map.contains({0, 42}));
    CHECK(map.contains({42, 0}));
    CHECK_FALSE(map.contains({43, 0}));
    CHECK_FALSE(map.contains({2, 41}));
    CHECK_FALSE(map.contains({2, UINT64_MAX}));
    CHECK_FALSE(map.contains({UINT64_MAX, 2}));
}

TEST_CASE("a nothing has no slices")
{
    CHECK(four_files().slices({7, 0}).empty());
    CHECK(layout(torrent_of({{{"e"}, 1}}, 16)).slices({0, 0}).empty());
}

TEST_CASE("in v2 alone each file begins with a piece, and nothing lies between a file's end and the next piece")
{
    layout const map(test::parsed(test::v2_parts_of(aligned_files())));
    REQUIRE(map.piece_count() == 8);
    CHECK(map.end_offset() == 5 * 16384 + 40'000);
    CHECK(map.range_of(piece_index{1}) == byte_range{16384, 16384});
    CHECK(map.range_of(piece_index{2}) == byte_range{32768, 7232});
    CHECK(map.range_of(piece_index{3}) == byte_range{49152, 16384});
    CHECK(map.range_of(piece_index{4}) == byte_range{65536, 1});
    CHECK(map.range_of(piece_index{7}) == byte_range{7 * 16384, 7232});
    CHECK(map.range_of(piece_run{2, 5}) == byte_range{32768, 32769});
    CHECK(map.range_of(piece_run{0, 3}) == byte_range{0, 40'000});
    CHECK(map.range_of(piece_run{0, 8}) == byte_range{0, map.end_offset()});
    CHECK(map.range_of(piece_run{3, 3}).empty());
    CHECK(map.size_of({0, 8}) == map.torrent().total_size());
    CHECK(map.size_of({2, 5}) == 7232 + 16384 + 1);
    CHECK(map.size_of({2, 2}) == 0);
    CHECK(picture(map.pieces_of(file_index{0})) == "0..3");
    CHECK(map.pieces_of(file_index{2}).empty());
    CHECK(picture(map.pieces_of(file_index{3})) == "4..5");
    CHECK(map.piece_at(49151) == piece_index{2}); // nothing's
}

TEST_CASE("the nothing between two files passes for a pad")
{
    layout const map(test::parsed(test::v2_parts_of(aligned_files())));
    CHECK(picture(map.slices({39'998, 9156})) == "0:39998-39999 0p:40000-49151 1:0-1");
    CHECK(picture(map.slices({65536, 16385})) == "3:0-0 3p:1-16383 4:0-0");
    CHECK(map.slice_at(45'000, 3) == file_slice{file_index{0}, 45'000, 3, true});
    std::uint64_t data = 0;
    for (auto const& slice : map.slices({0, map.end_offset()}))
        data += slice.pad ? 0 : slice.size;
    CHECK(data == map.torrent().total_size());
}

TEST_CASE("in a hybrid padding is a part of the pieces, as in v1")
{
    layout const map(test::parsed(test::hybrid_parts_of(aligned_files())));
    REQUIRE(map.piece_count() == 8);
    CHECK(map.range_of(piece_index{2}) == byte_range{32768, 16384});
    CHECK(map.range_of(piece_index{7}) == byte_range{7 * 16384, 7232});
    CHECK(map.size_of({0, 8}) == map.end_offset());
    CHECK(picture(map.slices(map.range_of(piece_index{4}))) == "4:0-0 5p:0-16382");
}

TEST_CASE("pieces in which no wanted file has a byte are unwanted")
{
    auto const v2 = test::parsed(test::v2_parts_of(aligned_files()));
    auto const v1 = torrent_of({{{"1"}, 10}, {{"2"}, 5}, {{"3"}, 19}, {{"4"}, 8}, {{"5"}, 20}}, 16); // 4 pieces
    struct row
    {
        metainfo const& torrent;
        std::vector<std::uint32_t> files;
        char const* unwanted;
    };
    for (auto const& [torrent, files, unwanted] : std::vector<row>{
             {v2, {0, 1, 2, 3, 4}, ""},
             {v2, {0}, "3..8"},
             {v2, {4}, "0..5"},
             {v2, {1, 4}, "0..3 4..5"},
             {v2, {2}, "0..8"},
             {v2, {}, "0..8"},
             {v1, {0}, "1..4"},
             {v1, {1}, "1..4"},
             {v1, {2}, "3..4"},
             {v1, {3}, "0..2 3..4"},
             {v1, {0, 3}, "1..2 3..4"},
             {v1, {0, 4}, "1..2"},
         })
    {
        CAPTURE(unwanted);
        CHECK(picture(layout(selected(torrent, files)).unwanted()) == unwanted);
    }
    CHECK(layout(v2).unwanted().empty());
    CHECK(layout(v1).unwanted().empty());
}

TEST_CASE("a piece of padding alone is unwanted only if something was left out")
{
    auto const torrent = torrent_of({{{"a"}, 16}, {{}, 32}, {{"b"}, 16}, {{"e"}, 0}}, 16);
    CHECK(layout(torrent).unwanted().empty());
    CHECK(layout(selected(torrent, {0, 2})).unwanted().empty());
    CHECK(picture(layout(selected(torrent, {0})).unwanted()) == "1..4");
}

TEST_CASE("files with equal content are told with the first of them that is wanted")
{
    auto files = aligned_files();
    files.push_back({{"f"}, "d"});
    files.push_back({{"g"}, std::string(40'000, 'a')});
    files.push_back({{"h"}, ""});
    auto const torrent = test::parsed(test::v2_parts_of(files));
    CHECK(picture(layout(torrent).equal_files()) == "4=0 5=3 6=0");
    CHECK(picture(layout(selected(torrent, {3, 4, 6, 7})).equal_files()) == "6=4");
    CHECK(picture(layout(selected(torrent, {0, 1, 5})).equal_files()) == "");
    CHECK(picture(layout(test::parsed(test::hybrid_parts_of(aligned_files()))).equal_files()) == "6=0");
    CHECK(layout(four_files()).equal_files().empty());
    auto lost = test::hybrid_parts_of(aligned_files());
    lost.layers.clear();
    CHECK(layout(test::parsed(lost)).equal_files().empty());
}
