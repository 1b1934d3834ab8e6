#include "torrent/merkle.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace webseed;
using namespace webseed::torrent;
using test::bytes_of;

namespace {

struct tree
{
    std::vector<sha256_hash> pieces;
    sha256_hash root;
};

/// Of a file with that content, by way of its pieces.
tree tree_of(std::span<std::byte const> content, std::uint64_t piece_length, std::size_t step)
{
    tree result;
    merkle_digest digest;
    bool const is_one_piece = content.size() <= piece_length;
    auto const height = is_one_piece ? height_of_file(content.size()) : height_of(piece_length);
    while (!content.empty())
    {
        auto piece = content.first(std::min<std::size_t>(content.size(), piece_length));
        content = content.subspan(piece.size());
        while (!piece.empty())
        {
            auto const part = piece.first(std::min(piece.size(), step));
            digest.update(part);
            piece = piece.subspan(part.size());
        }
        result.pieces.push_back(digest.finish(height));
    }
    result.root = is_one_piece ? result.pieces.front() : root_of_layer(result.pieces, height);
    return result;
}

std::vector<std::string> hex_of(std::vector<sha256_hash> const& hashes)
{
    std::vector<std::string> texts;
    for (auto const& hash : hashes)
        texts.push_back(to_hex(hash));
    return texts;
}

std::string const full = "363dae905aefc97b7f8550cb59b232bb1f7685ed85c629b1e6f8553b90ce9b38"; // 32 KiB of a

} // namespace

TEST_CASE("zero nodes come out")
{
    CHECK(zero_node(0) == sha256_hash{});
    CHECK(to_hex(zero_node(1)) == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
    CHECK(to_hex(zero_node(2)) == "db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71");
    CHECK(to_hex(zero_node(3)) == "c78009fdf07fc56a11f122370658a353aaa542ed63e44c4bc15ff4cd105ab33c");
    CHECK(to_hex(zero_node(4)) == "536d98837f2dd165a55d5eeae91485954472d56f246df256bf3cae19352a123c");
    CHECK_THROWS_AS(zero_node(merkle_height_end), std::out_of_range);
}

TEST_CASE("heights are counted from the blocks")
{
    CHECK(height_of(16384) == 0);
    CHECK(height_of(32768) == 1);
    CHECK(height_of(16u << 20) == 10);
    CHECK(height_of(std::uint64_t(1) << 63) == 49);

    for (auto const& [size, height] : std::vector<std::pair<std::uint64_t, unsigned>>{
             {0, 0},
             {1, 0},
             {16384, 0},
             {16385, 1},
             {32768, 1},
             {32769, 2},
             {65536, 2},
             {65537, 3},
             {std::numeric_limits<std::uint64_t>::max(), 50},
         })
    {
        CAPTURE(size);
        CHECK(height_of_file(size) == height);
    }
}

TEST_CASE("the trees of known files come out, in whatever portions they are fed")
{
    struct row
    {
        std::size_t size;
        std::uint64_t piece_length;
        std::vector<std::string> pieces; // none: the root alone
        std::string root;
    };
    std::string const last_of_100000 = "5196332939b95539fb9ab1e03f3f44745f2fc08c98965870621bdc52aa1c7358";
    std::string const last_of_150000 = "ce4e941c064813be6934292242cb08e0203b3fe96b5d8cb30ca41afd0784700d";
    for (auto const& row : std::vector<row>{
             {1, 32768, {}, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
             {16385, 32768, {}, "dcdfa5bb8d91b7eb7a69fb556bba6770d3456cbd61ab52f172cb9421a442be79"},
             {32768, 32768, {}, full},
             {40000, 65536, {}, "225106564456ed33b02cc22e9d6f5014fd9f4c5383bee6605e07664a44d260ea"},
             {100000,
              32768,
              {full, full, full, last_of_100000},
              "50c2995671669628c3d1b84c3a23ac1a0a60639861d85739d59fc9dd871182fc"},
             {150000,
              32768,
              {full, full, full, full, last_of_150000},
              "0665401b6e22d389fc690c610b95df7ebd3c6ff65275423f2bd6c23684046a19"},
         })
    {
        std::string const content(row.size, 'a');
        for (std::size_t const step : {7u, 16383u, 16384u, 16385u, 50000u, 1000000u})
        {
            CAPTURE(row.size);
            CAPTURE(step);
            auto const tree = tree_of(bytes_of(content), row.piece_length, step);
            CHECK(to_hex(tree.root) == row.root);
            CHECK(hex_of(tree.pieces) == (row.pieces.empty() ? std::vector{row.root} : row.pieces));
        }
    }
}

TEST_CASE("the tree of a megabyte of zero bytes, which are no zero nodes, comes out")
{
    std::vector<std::byte> const zeros(1u << 20);
    auto const tree = tree_of(zeros, 65536, 262144);
    CHECK(tree.pieces.size() == 16);
    CHECK(to_hex(tree.root) == "515ea9181744b817744ded9d2e8e9dc6a8450c0b0c52e24b5077f302ffbd9008");
}

TEST_CASE("a file's root is the same by way of its pieces as from its blocks alone")
{
    std::string content;
    for (int block = 0; block < 37; ++block)
        content.append(16384, static_cast<char>('a' + block));
    for (std::size_t const size : {100u, 16385u, 32768u, 70000u, 131072u, 131073u, 500000u, 606208u})
    {
        auto const bytes = bytes_of(content).first(size);
        merkle_digest digest;
        digest.update(bytes);
        auto const root = digest.finish(height_of_file(size));
        for (std::uint64_t const piece_length : {16384u, 32768u, 65536u, 262144u, 4194304u})
        {
            CAPTURE(size);
            CAPTURE(piece_length);
            CHECK(tree_of(bytes, piece_length, 262144).root == root);
        }
    }
}

TEST_CASE("a tree for which nothing was fed is a zero node, one of a layer of one hash is that hash")
{
    merkle_digest digest;
    CHECK(digest.finish(0) == zero_node(0));
    CHECK(digest.finish(5) == zero_node(5));
    std::vector<sha256_hash> const layer{sha256_of({})};
    CHECK(root_of_layer(layer, 3) == layer.front());
}

TEST_CASE("after a restart, and after a finish, a tree starts fresh")
{
    std::string const content(32768, 'a');
    merkle_digest digest;
    digest.update(bytes_of("wrong"));
    digest.restart();
    for (int round = 0; round < 2; ++round)
    {
        digest.update(bytes_of(content));
        CHECK(to_hex(digest.finish(1)) == full);
    }
    digest.update(bytes_of(content));
    digest.update(bytes_of("wrong"));
    digest.restart();
    digest.update(bytes_of(content));
    CHECK(to_hex(digest.finish(1)) == full);
}

TEST_CASE("a node that covers less than was fed is refused")
{
    std::string const content(32769, 'a');
    merkle_digest digest;
    digest.update(bytes_of(content));
    CHECK_THROWS_AS(digest.finish(1), std::logic_error);
}
