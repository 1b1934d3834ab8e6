#include "plan/parts.hpp"

#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;

namespace {

struct cut_torrent
{
    cut_torrent(std::vector<test_file> const& files, std::uint64_t piece_length, std::uint64_t size)
        : layout(torrent_of(files, piece_length))
        , equal(layout)
        , cut(layout, equal, size)
    {}

    // The sizes of all parts; pieces are parted by bars.
    std::string picture() const
    {
        std::string text;
        for (std::uint32_t part = 0; part != cut.count(); ++part)
        {
            text += part == 0 ? "" : cut.begins_piece(part) ? "|" : " ";
            text += std::to_string(cut.size_of({part, part + 1}));
        }
        return text;
    }

    torrent::layout layout;
    twins equal;
    parts cut;
};

} // namespace

TEST_CASE("pieces are cut into parts of even size, and where files begin")
{
    CHECK(cut_torrent({{{"f"}, 40}}, 16, 0).picture() == "16|16|8");
    CHECK(cut_torrent({{{"f"}, 40}}, 16, 16).picture() == "16|16|8");
    CHECK(cut_torrent({{{"f"}, 40}}, 16, 1000).picture() == "16|16|8");
    CHECK(cut_torrent({{{"f"}, 40}}, 16, 8).picture() == "8 8|8 8|8");
    CHECK(cut_torrent({{{"f"}, 40}}, 16, 7).picture() == "7 7 2|7 7 2|7 1");
    CHECK(cut_torrent({{{"a"}, 10}, {{"b"}, 6}, {{"c"}, 20}}, 16, 16).picture() == "10 6|16|4");
    CHECK(cut_torrent({{{"a"}, 10}, {{"b"}, 30}}, 16, 8).picture() == "8 2 6|8 8|8");
    CHECK(cut_torrent({{{"a"}, 0}, {{"b"}, 16}, {{"c"}, 0}, {{"d"}, 16}}, 16, 16).picture() == "16|16");
}

TEST_CASE("padding goes with what is before it")
{
    CHECK(cut_torrent({{{"a"}, 10}, {{}, 6}, {{"b"}, 16}}, 16, 16).picture() == "16|16");
    CHECK(cut_torrent({{{"a"}, 10}, {{}, 2}, {{"b"}, 20}}, 16, 16).picture() == "12 4|16");
    CHECK(cut_torrent({{{"a"}, 10}, {{}, 10}, {{"b"}, 12}}, 16, 16).picture() == "16|16");
    CHECK(cut_torrent({{{"a"}, 10}, {{}, 40}, {{"b"}, 14}}, 64, 8).picture() == "8 42 8 6");
}

TEST_CASE("every byte is in one part, and all is found again")
{
    for (std::uint64_t const size : {0u, 1u, 3u, 8u, 16u})
    {
        CAPTURE(size);
        cut_torrent const t({{{"a"}, 10}, {{}, 6}, {{"b"}, 50}, {{"c"}, 1}, {{"d"}, 29}}, 16, size);
        std::uint64_t at = 0;
        for (std::uint32_t part = 0; part != t.cut.count(); ++part)
        {
            auto const range = t.cut.range_of({part, part + 1});
            CHECK(range.offset == at);
            CHECK(t.cut.begin_of(part) == at);
            CHECK(range.size == t.cut.size_of({part, part + 1}));
            for (; at != range.end(); ++at)
            {
                CHECK(t.cut.at(at) == part);
                CHECK(t.cut.piece_of(part) == to_number(t.layout.piece_at(at)));
            }
        }
        CHECK(at == t.layout.end_offset());
        CHECK(t.cut.begin_of(t.cut.count()) == at);
        CHECK(t.cut.of(piece_run{0, t.layout.piece_count()}) == part_run{0, t.cut.count()});
        for (std::uint32_t piece = 0; piece != t.layout.piece_count(); ++piece)
        {
            auto const run = t.cut.of_piece(piece);
            CHECK(t.cut.range_of(run) == t.layout.range_of(static_cast<piece_index>(piece)));
            CHECK(t.cut.pieces_of(run) == piece_run{piece, piece + 1});
        }
    }
}

TEST_CASE("the parts of a file are those that have a byte of it")
{
    cut_torrent const t({{{"a"}, 10}, {{"b"}, 30}, {{"c"}, 0}}, 16, 8);
    CHECK(t.cut.of(file_index{0}) == part_run{0, 2});
    CHECK(t.cut.of(file_index{1}) == part_run{2, 6});
    CHECK(t.cut.of(file_index{2}).empty());
}

TEST_CASE("pieces of several files of which some aren't wanted stay whole, for the storage may drop a part of them")
{
    std::vector const wanted{file_index{0}, file_index{2}};
    torrent::layout const layout(torrent_of({{{"a"}, 24}, {{"b"}, 24}, {{"c"}, 16}}, 16).select(wanted));
    twins const equal(layout);
    parts const cut(layout, equal, 8);
    CHECK(cut.of_piece(0).count() == 2);
    CHECK(cut.of_piece(1).count() == 1); // of a and b
    CHECK(cut.of_piece(2).count() == 2); // of b alone: nobody fetches it before it is kept
    CHECK(cut.of_piece(3).count() == 2);
}

TEST_CASE("a run is cut to a size, in whole pieces where it has any")
{
    cut_torrent const t({{{"f"}, 64}}, 16, 4); // 16 parts, 4 a piece
    CHECK(t.cut.first({0, 16}, 10) == part_run{0, 2});
    CHECK(t.cut.first({0, 16}, 1) == part_run{0, 1});
    CHECK(t.cut.first({0, 16}, 1000) == part_run{0, 16});
    CHECK(t.cut.first({2, 5}, 12) == part_run{2, 5});
    CHECK(t.cut.first_whole({0, 16}, 40) == part_run{0, 8});
    CHECK(t.cut.first_whole({0, 16}, 10) == part_run{0, 4}); // the rest of its piece
    CHECK(t.cut.first_whole({2, 16}, 10) == part_run{2, 4}); // to the end of the piece that has begun
    CHECK(t.cut.first_whole({2, 16}, 16) == part_run{2, 4});
    CHECK(t.cut.first_whole({2, 16}, 24) == part_run{2, 8});
    CHECK(t.cut.first_whole({2, 7}, 1000) == part_run{2, 7});
}
