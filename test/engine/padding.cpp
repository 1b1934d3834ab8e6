// Pad files (BEP 47) are hashed as zeros, and neither asked for nor stored.
#include "engine/scene.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace webseed;
using namespace webseed::test;

namespace {

// Pieces of 16: 0 is a and padding, 1 is padding alone, 2 and 3 are b and padding.
struct padded
{
    std::map<std::string, std::string> files{{"a", "aaaaaaaaaa"}, {"b", "bbbbbbbbbbbbbbbbbbbb"}};
    std::string content = files["a"] + std::string(22, '\0') + files["b"] + std::string(12, '\0');

    metainfo torrent() const
    {
        auto const file = [](std::size_t size, std::string const& name) {
            return dictionary_of({{"length", encoded(size)}, {"path", list_of_strings({name})}});
        };
        auto const pad = [](std::size_t size) {
            return dictionary_of({{"attr", encoded("p")}, {"length", encoded(size)}});
        };
        std::string hashes;
        for (std::size_t at = 0; at != content.size(); at += scene::piece_length)
        {
            auto const hash = torrent::sha1_of(bytes_of(std::string_view(content).substr(at, scene::piece_length)));
            hashes.append(reinterpret_cast<char const*>(hash.data()), hash.size());
        }
        auto const info = dictionary_of({
            {"files", list_of({file(10, "a"), pad(22), file(20, "b"), pad(12)})},
            {"name", encoded("t")},
            {"piece length", encoded(scene::piece_length)},
            {"pieces", encoded(hashes)},
        });
        return metainfo::parse(bytes_of(dictionary_of({{"info", info}}))).value();
    }
};

} // namespace

TEST_CASE("padding is verified without being fetched or stored")
{
    for (auto const claim_pieces : {1, 2, 4})
    {
        CAPTURE(claim_pieces);
        padded const given;
        scene s(4, static_cast<std::uint64_t>(claim_pieces));
        s.content = given.content;
        s.torrent = given.torrent();
        std::vector<std::uint64_t> stored;
        s.store->on_write = [&](std::uint64_t offset) {
            stored.push_back(offset);
            return error_code();
        };
        s.add_seed("host", [&](request const& asked) {
            auto const name = asked.target.substr(asked.target.rfind('/') + 1);
            return std::vector<step>{send_bytes{range_response(asked, given.files.at(name))}};
        });
        s.start();
        s.run();
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == given.content);
        CHECK(s.session->snapshot().bytes_received == 30);
        CHECK(s.session->snapshot().bytes_verified == 64);
        for (auto const offset : stored)
            CHECK((offset < 10 || (offset >= 32 && offset < 52)));
    }
}
