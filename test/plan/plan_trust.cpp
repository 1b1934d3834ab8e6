// What an earlier run has verified is neither fetched nor hashed.
#include "plan/table.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;
using webseed::file_index;
using webseed::piece_index;

TEST_CASE("trusted pieces are verified, and nobody gets them")
{
    table t(8, 8);
    t.board.trust({1, 3});
    t.board.trust({5, 6});
    CHECK(t.picture() == ".VV..V..");
    CHECK(t.board.verified_count() == 3);
    CHECK(t.board.verified_size() == 3 * 16);
    auto const one = t.add_requester_with_seed();
    CHECK(t.next(one) == "3-5");
    t.deliver(one, 2);
    CHECK(t.next(one) == "6-8");
    t.deliver(one, 2);
    CHECK(t.next(one) == "0-1");
    t.deliver(one, 1);
    CHECK(t.next(one) == "leave");
    CHECK(t.board.is_complete());
}

TEST_CASE("what is withheld besides is checked, and what is trusted isn't")
{
    table t(6);
    t.board.trust({1, 3});
    t.board.withhold({0, 5});
    CHECK(t.picture() == "?VV??.");
    CHECK(t.board.next_check(8) == piece_run{0, 1});
    CHECK(t.board.next_check(8) == piece_run{3, 5});
    CHECK(t.board.next_check(8).empty());
    t.board.checked(piece_index{0}, true);
    t.board.checked(piece_index{3}, false);
    t.board.checked(piece_index{4}, true);
    CHECK(t.picture() == "VVV.V.");
}

TEST_CASE("a plan in which everything is trusted is finished before anybody comes")
{
    table t(4);
    t.board.trust({0, 4});
    t.board.withhold({0, 4});
    CHECK(t.board.is_complete());
    CHECK(t.board.is_finished());
    CHECK_FALSE(t.board.is_checking());
    CHECK(t.next(t.add_requester_with_seed()) == "leave");
}

TEST_CASE("trusting twice, or nothing, or everything after a part, is the same")
{
    table t(5);
    t.board.trust({2, 2});
    CHECK(t.picture() == ".....");
    t.board.trust({1, 3});
    t.board.trust({0, 5});
    t.board.trust({0, 5});
    CHECK(t.picture() == "VVVVV");
    CHECK(t.board.verified_count() == 5);
}

TEST_CASE("what isn't wanted isn't trusted")
{
    file_index const wanted[] = {file_index{1}};
    table t(webseed::test::torrent_of({{{"a"}, 32}, {{"b"}, 32}, {{"c"}, 32}}, 16).select(wanted));
    t.board.trust({0, 6});
    CHECK(t.picture() == "??VV??");
    CHECK(t.board.verified_count() == 2);
    CHECK(t.board.is_complete());
}

TEST_CASE("what equals a trusted piece is copied from it, or checked if it is there, too")
{
    constexpr std::size_t piece = 16384;
    std::vector<v2_file> const files{
        {{"a"}, std::string(2 * piece, 'x')},
        {{"b"}, std::string(2 * piece, 'x')},
        {{"c"}, std::string(2 * piece, 'x')}};
    auto const torrent = parsed(v2_parts_of(files));
    {
        table t(torrent);
        t.board.trust({0, 2});
        CHECK(t.picture() == "VV....");
        CHECK(t.next(t.add_requester_with_seed()) == "2-4 as 0");
    }
    {
        table t(torrent);
        t.board.trust({2, 4});
        t.board.trust({0, 1});
        t.board.withhold({1, 5});
        CHECK(t.picture() == "V?VV?.");
        CHECK(t.next(t.add_requester_with_seed()) == "5-6 as 3");
        CHECK(t.board.next_check(8) == piece_run{1, 2});
        t.board.checked(piece_index{1}, false);
        CHECK(t.next(t.add_requester_with_seed()) == "1-2 as 3");
    }
    table t(torrent);
    t.board.trust({0, 6});
    CHECK(t.picture() == "VVVVVV");
    CHECK(t.board.is_finished());
}

TEST_CASE("a million pieces are trusted in one go, or one by one")
{
    constexpr std::uint32_t count = 1'000'000;
    table whole(count);
    whole.board.trust({0, count});
    CHECK(whole.board.is_complete());
    table splinters(count);
    for (std::uint32_t piece = 0; piece < count; piece += 2)
        splinters.board.trust({piece, piece + 1});
    CHECK(splinters.board.verified_count() == count / 2);
    splinters.board.withhold({0, count});
    CHECK(splinters.board.is_checking());
}
