// What is in the storage already is hashed before it is trusted, and not fetched again.
#include "engine/check.hpp"
#include "engine/scene.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;

namespace {

std::string text_of(std::vector<planning::piece_run> const& runs)
{
    std::string text;
    for (auto const run : runs)
        text += std::to_string(run.first) + "-" + std::to_string(run.last) + " ";
    return text;
}

} // namespace

TEST_CASE("only pieces of which every byte is there are worth hashing")
{
    // Pieces of 16: 0 is a and 6 bytes of padding; 1 and 2 are b and 12 of padding; 3 is c.
    torrent::layout const layout(torrent_of({{{"a"}, 10}, {{}, 6}, {{"b"}, 20}, {{}, 12}, {{"c"}, 4}}, 16));
    struct
    {
        std::vector<byte_range> stored;
        char const* pieces;
    } const rows[] = {
        {{}, ""},
        {{{0, 10}}, "0-1 "},
        {{{0, 9}}, ""},
        {{{1, 9}}, ""},
        {{{0, 52}}, "0-4 "},
        {{{16, 20}}, "1-3 "},
        {{{16, 17}}, "1-2 "},
        {{{10, 6}}, ""}, // padding alone is nothing that anybody stored
        {{{0, 10}, {48, 4}}, "0-1 3-4 "},
        {{{0, 3}, {3, 7}}, "0-1 "},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.pieces);
        CHECK(text_of(core::whole_pieces(layout, row.stored)) == row.pieces);
    }
}

TEST_CASE("a piece that is all padding is nothing that anybody stored")
{
    torrent::layout const layout(torrent_of({{{"a"}, 16}, {{}, 16}, {{"b"}, 16}}, 16));
    std::vector<byte_range> const all{{0, 16}, {32, 16}};
    CHECK(text_of(core::whole_pieces(layout, all)) == "0-1 2-3 ");
}

TEST_CASE("right pieces in the storage are kept, wrong and missing ones are fetched")
{
    scene s(6);
    s.store->bytes = s.content;
    s.store->bytes[2 * 16 + 3] = '!';
    s.store->stored = {{0, 5 * 16}};
    s.add_good_seed("good");
    s.start();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    CHECK(s.session->snapshot().bytes_kept == 4 * 16);
    CHECK(s.session->snapshot().bytes_received == 2 * 16);
}

TEST_CASE("when everything is there nobody is asked for anything")
{
    scene s(6);
    s.store->bytes = s.content;
    s.store->stored = {{0, s.content.size()}};
    s.add_good_seed("good");
    s.start();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.outside.net->connects() == 0);
    CHECK(s.events() == "file_finished");
}

TEST_CASE("when everything is there no seed is needed")
{
    scene s(2);
    s.store->bytes = s.content;
    s.store->stored = {{0, s.content.size()}};
    s.start();
    s.run();
    CHECK(s.error() == error_code());
}

TEST_CASE("without any seed a download that lacks something ends with the reason")
{
    scene s(2);
    s.start();
    s.run();
    CHECK(s.error() == errc::no_seeds);
    CHECK(!s.session->ending().cause.message.empty());
}
