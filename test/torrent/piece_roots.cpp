#include "torrent/piece_roots.hpp"

#include "support/content.hpp"
#include "support/printing.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using test::bytes_of;
using test::dictionary_of;
using test::encoded;
using test::letters;
using test::parsed;
using test::v2_parts;
using test::v2_parts_of;

namespace {

std::string text_of(std::span<sha256_hash const> hashes)
{
    return {reinterpret_cast<char const*>(hashes.data()), hashes.size_bytes()};
}

std::string const content_of_a = letters(100'000);

/// "a" of 7 pieces of 16 KiB, or 4 of 32, and "b" of one.
v2_parts two_files(std::uint64_t piece_length = 16384)
{
    return v2_parts_of({{{"a"}, content_of_a}, {{"b"}, "b"}}, piece_length);
}

void check_invalid(v2_parts const& parts, std::string const& message)
{
    CAPTURE(message);
    diagnostics cause;
    auto const torrent = metainfo::parse(bytes_of(parts.text()), {}, &cause);
    REQUIRE_FALSE(torrent);
    CHECK(torrent.error() == errc::torrent_invalid);
    CHECK_MESSAGE(cause.message.find(message) != std::string::npos, cause.message);
}

} // namespace

TEST_CASE("files have the hashes of their layers, those of a piece or less their root")
{
    for (std::uint64_t const piece_length : {16384u, 32768u, 65536u, 131072u})
        for (std::size_t const size : {1u, 16383u, 16384u, 16385u, 32768u, 49152u, 65536u, 65537u, 131072u, 200'000u})
        {
            CAPTURE(piece_length);
            CAPTURE(size);
            auto const content = letters(size);
            auto const torrent = parsed(v2_parts_of({{{"a"}, content}, {{"b"}, ""}}, piece_length));
            auto const is_small = size <= piece_length;
            auto const wanted = is_small ? test::pieces_root_of(content) : test::piece_layer_of(content, piece_length);
            CHECK(text_of(torrent.piece_roots(file_index{0})) == wanted);
            CHECK(torrent.piece_roots(file_index{1}).empty());
        }
}

TEST_CASE("equal files have their hashes in the same place, others don't")
{
    auto const torrent = parsed(v2_parts_of({
        {{"a"}, letters(40'000)},
        {{"b"}, "short"},
        {{"c"}, letters(40'000)},
        {{"d"}, ""},
        {{"e"}, "short"},
        {{"f"}, letters(39'999)},
        {{"g"}, ""},
    }));
    auto const place = [&](std::uint32_t file) { return torrent.piece_roots(file_index{file}).data(); };
    CHECK(place(0) == place(2));
    CHECK(place(1) == place(4));
    CHECK(place(0) != place(1));
    CHECK(place(0) != place(5));
    CHECK(torrent.piece_roots(file_index{3}).empty());
}

TEST_CASE("a layer that is missing, somebody else's or of the wrong kind is refused")
{
    auto parts = two_files();
    auto const [root, layer] = *parts.layers.begin();
    parts.layers.clear();
    check_invalid(parts, "piece layers has none for t/a");
    parts.top["piece layers"] = dictionary_of({});
    check_invalid(parts, "piece layers has none for t/a");
    for (auto const& wrong : {encoded(1), encoded("text"), std::string("le")})
    {
        parts.top["piece layers"] = wrong;
        check_invalid(parts, "is not a dictionary");
    }
    parts = two_files();
    parts.layers[root] = encoded(1);
    check_invalid(parts, "is not a string");
    parts.layers[root] = dictionary_of({});
    check_invalid(parts, "is not a string");

    for (auto const& other :
         {std::string(32, 'X'), std::string("short"), std::string(), std::string(33, 'Y'), test::pieces_root_of("b"),
          root.substr(0, 31)})
    {
        parts = two_files();
        parts.layers[other] = layer;
        check_invalid(parts, "is for no file of more than a piece");
    }
}

TEST_CASE("a layer of the wrong length, or that doesn't hash to its root, is refused")
{
    auto const layer = test::piece_layer_of(content_of_a, 16384);
    auto const root = test::pieces_root_of(content_of_a);
    auto parts = two_files();
    for (auto const& wrong :
         {std::string(), layer.substr(32), layer + layer.substr(0, 32), layer.substr(1), layer + "x"})
    {
        parts.layers[root] = encoded(wrong);
        check_invalid(parts, "bytes, but its file needs 224");
    }
    // With the zeros that fill up the tree it would hash to its root.
    parts.layers[root] = encoded(layer + std::string(32, '\0'));
    check_invalid(parts, "bytes, but its file needs 224");
    for (std::size_t at = 0; at < layer.size(); at += 31)
    {
        auto wrong = layer;
        wrong[at] = static_cast<char>(wrong[at] ^ 0x10);
        parts.layers[root] = encoded(wrong);
        check_invalid(parts, "the piece layer of t/a doesn't hash to its root");
    }
    parts.layers[root] = encoded(layer.substr(32) + layer.substr(0, 32));
    check_invalid(parts, "doesn't hash to its root");
    // Its root alone, where a layer of the leaves is due.
    auto wider = two_files(32768);
    wider.layers[root] = encoded(layer.substr(0, 128));
    check_invalid(wider, "doesn't hash to its root");
}

TEST_CASE("a file of exactly a piece needs no layer, and must have none")
{
    auto parts = v2_parts_of({{{"a"}, letters(32768)}}, 32768);
    CHECK(parts.layers.empty());
    CHECK(parsed(parts).piece_roots(file_index{0}).size() == 1);
    parts.top["piece layers"] = dictionary_of({});
    CHECK(parsed(parts).piece_count() == 1);
    parts.top.clear();
    parts.layers[test::pieces_root_of(letters(32768))] = encoded(test::piece_layer_of(letters(32768), 32768));
    check_invalid(parts, "is for no file of more than a piece");
}

TEST_CASE("files of one root but of different lengths can't be, and are refused")
{
    auto const root = encoded(test::pieces_root_of(content_of_a));
    auto parts = v2_parts_of({
        {{"a"}, content_of_a},
        {{"b"}, "b", {{"length", encoded(content_of_a.size() - 1)}, {"pieces root", root}}},
    });
    check_invalid(parts, "t/b and t/a have the same pieces root, but not the same length");
}
