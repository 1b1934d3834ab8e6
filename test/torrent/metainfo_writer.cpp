#include "torrent/metainfo_writer.hpp"

#include "torrent/merkle.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::torrent;
using test::bytes_of;

namespace {

constexpr std::uint64_t kib = 1024;

template <class Hash>
Hash filled(char with)
{
    Hash hash;
    hash.fill(static_cast<std::byte>(with));
    return hash;
}

content of(torrent_format format, std::uint64_t piece_length, std::vector<content_file> files)
{
    content made;
    made.name = "n";
    made.is_multi_file = true;
    made.format = format;
    made.piece_length = piece_length;
    made.files = std::move(files);
    lay_out(made);
    return made;
}

std::vector<std::uint64_t> offsets_of(content const& laid_out)
{
    std::vector<std::uint64_t> offsets;
    for (auto const& file : laid_out.files)
        offsets.push_back(file.offset);
    return offsets;
}

// Piece by piece other letters.
content_hashes hashes_for(content const& laid_out)
{
    content_hashes hashes;
    for (std::uint64_t piece = 0; piece < laid_out.piece_count(); ++piece)
    {
        if (laid_out.has_v1())
            hashes.pieces.push_back(filled<sha1_hash>(static_cast<char>('A' + piece)));
        if (laid_out.has_v2())
            hashes.nodes.push_back(filled<sha256_hash>(static_cast<char>('a' + piece)));
    }
    return hashes;
}

std::string text_of(content const& laid_out, surroundings const& around = {})
{
    return write_metainfo(laid_out, hashes_for(laid_out), around).bytes;
}

std::string repeated(char letter, std::size_t count)
{
    return std::string(count, letter);
}

std::string text_of_hash(sha256_hash const& hash)
{
    return {reinterpret_cast<char const*>(hash.data()), hash.size()};
}

} // namespace

TEST_CASE("a v1 torrent of one file has its length, and the rest around it in order")
{
    auto only = of(torrent_format::v1, 16 * kib, {{"n", 20000, true}});
    only.is_multi_file = false;
    only.is_private = true;
    surroundings around{"why", "me", 1234567890, {"http://a/", "http://b/"}};
    CHECK(
        text_of(only, around) ==
        "d7:comment3:why10:created by2:me13:creation datei1234567890e4:infod4:attr1:x6:lengthi20000e4:name1:n"
        "12:piece lengthi16384e6:pieces40:" +
            repeated('A', 20) + repeated('B', 20) + "7:privatei1ee8:url-listl9:http://a/9:http://b/ee");
}

TEST_CASE("a v1 torrent of several files lists them one behind the other")
{
    auto const several = of(torrent_format::v1, 16 * kib, {{"a/b", 3}, {"a/c", 0, true}, {"d", 16384}});
    CHECK(offsets_of(several) == std::vector<std::uint64_t>{0, 3, 3});
    CHECK(
        text_of(several) ==
        "d4:infod5:filesld6:lengthi3e4:pathl1:a1:beed4:attr1:x6:lengthi0e4:pathl1:a1:ceed6:lengthi16384e"
        "4:pathl1:deee4:name1:n12:piece lengthi16384e6:pieces40:" +
            repeated('A', 20) + repeated('B', 20) + "ee");
}

TEST_CASE("a v2 torrent has a tree of its files, and a layer for each that is longer than a piece")
{
    auto const tree =
        of(torrent_format::v2, 16 * kib, {{"a/b/one", 20000}, {"a/b/two", 1}, {"a/c", 0}, {"d", 16384, true}});
    CHECK(offsets_of(tree) == std::vector<std::uint64_t>{0, 32768, 49152, 49152});
    CHECK(tree.piece_count() == 4);
    std::vector const layer{filled<sha256_hash>('a'), filled<sha256_hash>('b')};
    auto const root = text_of_hash(root_of_layer(layer, 0));
    CHECK(
        text_of(tree) ==
        "d4:infod9:file treed1:ad1:bd3:oned0:d6:lengthi20000e11:pieces root32:" + root +
            "ee3:twod0:d6:lengthi1e11:pieces root32:" + repeated('c', 32) +
            "eee1:cd0:d6:lengthi0eeee1:dd0:d4:attr1:x6:lengthi16384e11:pieces root32:" + repeated('d', 32) +
            "eee12:meta versioni2e4:name1:n12:piece lengthi16384ee12:piece layersd32:" + root +
            "64:" + repeated('a', 32) + repeated('b', 32) + "ee");
}

TEST_CASE("a hybrid has both, with a pad file behind each file that ends within a piece but the last")
{
    auto const both = of(torrent_format::hybrid, 16 * kib, {{"a", 10}, {"b", 0}, {"c", 16384}, {"d", 5}, {"e", 0}});
    CHECK(offsets_of(both) == std::vector<std::uint64_t>{0, 16384, 16384, 32768, 49152});
    CHECK(both.piece_count() == 3);
    CHECK(
        text_of(both) ==
        "d4:infod9:file treed1:ad0:d6:lengthi10e11:pieces root32:" + repeated('a', 32) +
            "ee1:bd0:d6:lengthi0eee1:cd0:d6:lengthi16384e11:pieces root32:" + repeated('b', 32) +
            "ee1:dd0:d6:lengthi5e11:pieces root32:" + repeated('c', 32) +
            "ee1:ed0:d6:lengthi0eeee5:filesld6:lengthi10e4:pathl1:aeed4:attr1:p6:lengthi16374e4:pathl4:.pad5:16374ee"
            "d6:lengthi0e4:pathl1:beed6:lengthi16384e4:pathl1:ceed6:lengthi5e4:pathl1:deed4:attr1:p6:lengthi16379e"
            "4:pathl4:.pad5:16379eed6:lengthi0e4:pathl1:eeee12:meta versioni2e4:name1:n12:piece "
            "lengthi16384e6:pieces60:" +
            repeated('A', 20) + repeated('B', 20) + repeated('C', 20) + "e12:piece layersdee");
}

TEST_CASE("equal files share a layer, and layers come in the order of their roots")
{
    auto const files = of(torrent_format::v2, 16 * kib, {{"x", 20000}, {"y", 30000}, {"z", 20000}});
    content_hashes hashes;
    for (char const letter : {'p', 'q', 'r', 's', 'p', 'q'})
        hashes.nodes.push_back(filled<sha256_hash>(letter));
    auto const text = write_metainfo(files, hashes, {}).bytes;
    std::vector const first{hashes.nodes[0], hashes.nodes[1]};
    std::vector const second{hashes.nodes[2], hashes.nodes[3]};
    std::vector<std::string> layers{
        text_of_hash(root_of_layer(first, 0)) + "64:" + repeated('p', 32) + repeated('q', 32),
        text_of_hash(root_of_layer(second, 0)) + "64:" + repeated('r', 32) + repeated('s', 32)};
    std::ranges::sort(layers, [](std::string const& one, std::string const& other) { return one < other; });
    CHECK(text.ends_with("12:piece layersd32:" + layers[0] + "32:" + layers[1] + "ee"));
}

TEST_CASE("the bytes of info are where the result says")
{
    auto const files = of(torrent_format::v1, 16 * kib, {{"a", 1}});
    surroundings around;
    around.comment = "c";
    auto const written = write_metainfo(files, hashes_for(files), around);
    CHECK(written.info().starts_with("d5:filesl"));
    CHECK(written.bytes == "d7:comment1:c4:info" + std::string(written.info()) + "e");
}

TEST_CASE("what is written can be read, with the same files, pieces and hashes")
{
    for (auto const format : {torrent_format::v1, torrent_format::hybrid})
    {
        auto const files = of(format, 32 * kib, {{"a/b", 40000}, {"c", 7}, {"d", 0}, {"e", 99999}});
        auto const written = write_metainfo(files, hashes_for(files), {{}, {}, {}, {"http://a/"}});
        diagnostics cause;
        auto const read = metainfo::parse(bytes_of(written.bytes), {}, &cause);
        CAPTURE(cause.message);
        REQUIRE(read.has_value());
        CHECK(read->piece_count() == files.piece_count());
        CHECK(read->total_size() == files.stream_size);
        CHECK(read->warnings().empty());
        CHECK(read->piece_hashes()[1] == filled<sha1_hash>('B'));
        CHECK(read->infohash_v2().has_value() == files.has_v2());
    }
}

TEST_CASE("the piece length grows with the size, within bounds")
{
    CHECK(piece_length_for(0) == 16 * kib);
    CHECK(piece_length_for(32768 * kib) == 16 * kib);
    CHECK(piece_length_for(32768 * kib + 1) == 32 * kib);
    CHECK(piece_length_for(std::uint64_t(1) << 30) == 512 * kib);
    CHECK(piece_length_for(std::uint64_t(1) << 35) == 16384 * kib);
    CHECK(piece_length_for(std::uint64_t(1) << 50) == 16384 * kib);
}
