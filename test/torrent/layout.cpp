#include "torrent/layout.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"

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
