#include "torrent/piece_digest.hpp"

#include "support/content.hpp"
#include "support/printing.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::torrent;
using test::bytes_of;
using test::encoded;
using test::letters;
using test::v2_file;

namespace {

constexpr std::uint64_t piece_length = 32768;

/// Two pieces and a bit; one with a gap behind it; one that is a piece; and one that ends in the middle of a block.
std::vector<v2_file> files()
{
    return {
        {{"a"}, letters(70'000)},
        {{"b"}, "b"},
        {{"c"}, letters(32768)},
        {{"d"}, letters(20'000)},
    };
}

metainfo v1_torrent()
{
    std::string stream;
    for (auto const& file : files())
        stream += file.content;
    std::vector<test::test_file> list;
    for (auto const& file : files())
        list.push_back({file.path, file.content.size()});
    return test::torrent_of(list, piece_length, test::sha1_texts_of(stream, piece_length));
}

/// All bytes from 0 to the end of the stream.
std::string stream_of(metainfo const& torrent)
{
    std::string stream;
    auto const all = files();
    auto file = all.begin();
    for (auto const& entry : torrent.files())
    {
        if (entry.pad)
            continue;
        stream.resize(entry.offset, '\0');
        stream += (file++)->content;
    }
    return stream;
}

/// @param step  how many bytes at a time. @param count  of the piece; the rest isn't fed.
bool is_right(
    piece_digest& digest, layout const& map, std::uint32_t piece, std::string const& stream, std::size_t step,
    std::size_t count = SIZE_MAX)
{
    auto const range = map.range_of(piece_index{piece});
    auto rest = std::string_view(stream).substr(range.offset, std::min<std::size_t>(range.size, count));
    digest.begin(piece_index{piece});
    for (; !rest.empty(); rest.remove_prefix(std::min(step, rest.size())))
        digest.update(bytes_of(rest.substr(0, step)));
    return digest.finish();
}

struct torrent_of_kind
{
    char const* kind;
    metainfo torrent;
};

std::vector<torrent_of_kind> all_kinds()
{
    auto lost = test::hybrid_parts_of(files(), piece_length);
    lost.layers.clear();
    return {
        {"v1", v1_torrent()},
        {"v2", test::parsed(test::v2_parts_of(files(), piece_length))},
        {"hybrid", test::parsed(test::hybrid_parts_of(files(), piece_length))},
        {"hybrid without layers", test::parsed(lost)},
    };
}

} // namespace

TEST_CASE("each piece is right, in whatever portions it is fed")
{
    for (auto const& [kind, torrent] : all_kinds())
    {
        CAPTURE(kind);
        layout const map(torrent);
        piece_digest digest(map);
        auto const stream = stream_of(torrent);
        for (std::size_t const step : {1000u, 16384u, 20'000u, 100'000u})
            for (std::uint32_t piece = 0; piece != map.piece_count(); ++piece)
            {
                CAPTURE(piece);
                CHECK(is_right(digest, map, piece, stream, step));
            }
    }
}

TEST_CASE("a wrong byte anywhere makes its piece wrong, and no other")
{
    for (auto const& [kind, torrent] : all_kinds())
    {
        CAPTURE(kind);
        layout const map(torrent);
        piece_digest digest(map);
        auto const stream = stream_of(torrent);
        for (std::size_t at = 0; at < stream.size(); at += 4093)
        {
            auto const wrong_piece = to_number(map.piece_at(at));
            auto const range = map.range_of(piece_index{wrong_piece});
            if (at >= range.end()) // between two files
                continue;
            auto wrong = stream;
            wrong[at] = static_cast<char>(wrong[at] ^ 1);
            CAPTURE(at);
            CHECK_FALSE(is_right(digest, map, wrong_piece, wrong, 16384));
            CHECK(is_right(digest, map, wrong_piece, stream, 16384));
        }
    }
}

TEST_CASE("a piece of which bytes are missing is wrong")
{
    for (auto const& [kind, torrent] : all_kinds())
    {
        CAPTURE(kind);
        layout const map(torrent);
        piece_digest digest(map);
        auto const stream = stream_of(torrent);
        for (std::uint32_t piece = 0; piece != map.piece_count(); ++piece)
        {
            auto const size = map.range_of(piece_index{piece}).size;
            CHECK_FALSE(is_right(digest, map, piece, stream, 16384, 0));
            CHECK_FALSE(is_right(digest, map, piece, stream, 16384, size - 1));
        }
    }
}

TEST_CASE("a piece of another place is wrong, and beginning anew forgets what was fed")
{
    for (auto const& [kind, torrent] : all_kinds())
    {
        CAPTURE(kind);
        layout const map(torrent);
        piece_digest digest(map);
        auto const stream = stream_of(torrent);
        digest.begin(piece_index{0});
        digest.update(bytes_of("wrong"));
        CHECK(is_right(digest, map, 1, stream, 16384));
        digest.begin(piece_index{0});
        digest.update(bytes_of(stream).subspan(piece_length, piece_length));
        CHECK_FALSE(digest.finish());
        CHECK(is_right(digest, map, 0, stream, 16384));
    }
}

TEST_CASE("the padding of a hybrid counts for v1 alone, as zeros told or as zeros fed")
{
    auto const torrent = test::parsed(test::hybrid_parts_of(files(), piece_length));
    layout const map(torrent);
    piece_digest digest(map);
    auto const stream = stream_of(torrent);
    struct row
    {
        std::uint32_t piece;
        std::size_t data;
    };
    for (auto const& [piece, data] : {row{2, 70'000 - 65536}, row{3, 1}})
    {
        auto const range = map.range_of(piece_index{piece});
        auto const bytes = bytes_of(stream).subspan(range.offset, data);
        auto const feed = [&](std::size_t count_told, std::size_t count_fed) {
            digest.begin(piece_index{piece});
            digest.update(bytes);
            digest.update_zeros(count_told);
            digest.update(std::vector<std::byte>(count_fed));
            return digest.finish();
        };
        auto const pad = range.size - data;
        CHECK(feed(pad, 0));
        CHECK(feed(0, pad));
        CHECK(feed(5, pad - 5));
        CHECK_FALSE(feed(pad - 1, 0));
        CHECK_FALSE(feed(0, pad - 1));
        CHECK_FALSE(feed(pad, 1));
        // Zeros told where data is due are no data.
        digest.begin(piece_index{piece});
        digest.update_zeros(data);
        digest.update(std::vector<std::byte>(pad));
        CHECK_FALSE(digest.finish());
    }
}

TEST_CASE("a piece that lies in padding alone is right by v1")
{
    auto parts = test::hybrid_parts_of({{{"a"}, "a"}, {{"b"}, "b"}}, piece_length);
    auto const pad = [](std::uint64_t size) {
        return test::bencoded_keys{{"attr", encoded("p")}, {"length", encoded(size)}};
    };
    auto entries = test::padded_list_of({{{"a"}, "a"}, {{"b"}, "b"}}, piece_length).first;
    entries.push_back(pad(2 * piece_length - 1));
    std::vector<std::string> texts;
    for (auto const& entry : entries)
        texts.push_back(test::dictionary_of(entry));
    std::string stream(3 * piece_length, '\0');
    stream[0] = 'a';
    stream[piece_length] = 'b';
    parts.info["files"] = test::list_of(texts);
    parts.info["pieces"] = encoded(test::sha1_texts_of(stream, piece_length));
    layout const map(test::parsed(parts));
    piece_digest digest(map);
    CHECK(is_right(digest, map, 1, stream, 16384));
    CHECK(is_right(digest, map, 2, stream, 16384));
    digest.begin(piece_index{2});
    digest.update_zeros(piece_length);
    CHECK(digest.finish());
    stream.back() = 'x';
    CHECK_FALSE(is_right(digest, map, 2, stream, 16384));
}

TEST_CASE("both hashes of a hybrid must hold")
{
    auto const good = files();
    auto const stream = stream_of(test::parsed(test::hybrid_parts_of(good, piece_length)));
    auto other = files();
    for (auto& file : other)
        file.content.back() = '!';
    auto const right = test::hybrid_parts_of(good, piece_length);
    auto const wrong = test::hybrid_parts_of(other, piece_length);

    auto v1_right = wrong;
    v1_right.info["pieces"] = right.info.at("pieces");
    auto v2_right = right;
    v2_right.info["pieces"] = wrong.info.at("pieces");
    for (auto const& parts : {v1_right, v2_right})
    {
        layout const map(test::parsed(parts));
        piece_digest digest(map);
        std::string picture;
        for (std::uint32_t piece = 0; piece != map.piece_count(); ++piece)
            picture += is_right(digest, map, piece, stream, 16384) ? 'V' : 'x';
        CHECK(picture == "VVxxxx"); // the last byte of each file is in these
    }
}

TEST_CASE("nothing is right before a piece has begun")
{
    for (auto const& [kind, torrent] : all_kinds())
    {
        CAPTURE(kind);
        layout const map(torrent);
        CHECK_FALSE(piece_digest(map).finish());
    }
}
