// What an earlier run has verified is neither fetched nor hashed.
#include "plan/parted_table.hpp"
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

namespace {

struct begun_table : parted_table
{
    using parted_table::parted_table;

    // "16+4 24+8": the offset and the size of each range.
    std::string begun() const
    {
        std::string text;
        for (auto const& each : board.begun())
            text += (text.empty() ? "" : " ") + std::to_string(each.offset) + "+" + std::to_string(each.size);
        return text;
    }

    std::uint64_t resume(std::vector<webseed::byte_range> const& stored)
    {
        board.resume(stored);
        return board.resumed_size();
    }

    // The piece is whole; a letter for each part says what it is.
    verdict find(requester_id by, std::uint32_t piece, finding what, std::string const& stored)
    {
        auto const action = board.next(by, start);
        auto const* const work = std::get_if<judge>(&action);
        CHECK(work);
        if (work)
            CHECK(work->piece == piece);
        return board.judged(piece, what, digests_of(stored));
    }
};

} // namespace

TEST_CASE("what an earlier run has begun isn't fetched again, and its piece is judged when it is whole")
{
    begun_table t(3);
    CHECK(t.resume({{0, 8}, {36, 4}}) == 12);
    CHECK(t.parts_picture() == "--.......-..");
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "2-9");
    t.deliver(a, 7);
    CHECK(t.board.is_verified(piece_index{1}));
    CHECK_FALSE(t.board.is_verified(piece_index{0}));
    auto const found = t.find(a, 0, finding::right, "xxaa");
    CHECK(found.is_verified);
    CHECK(found.blamed.empty());
    REQUIRE(found.from.size() == 1);
    CHECK(found.from[0].size == 8);
    CHECK(t.next(a) == "10-12");
    t.deliver(a, 2);
    CHECK(t.find(a, 2, finding::right, "axaa").is_verified);
    CHECK(t.board.is_complete());
    CHECK(t.board.begun().empty());
}

TEST_CASE(
    "a wrong piece that an earlier run had begun is nobody's fault, and fetched again as if nothing had come of it")
{
    begun_table t(1);
    CHECK(t.resume({{4, 4}}) == 4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "2-4");
    t.deliver(a, 2);
    CHECK(t.next(b) == "0-1");
    t.deliver(b, 1);
    auto const found = t.find(b, 0, finding::wrong, "bxaa");
    CHECK(found.counted);
    CHECK_FALSE(found.is_verified);
    CHECK(found.blamed.empty());
    CHECK(found.from.empty());
    CHECK(t.board.wasted_size() == 16);
    CHECK(t.board.refused(seed_id{0}).empty()); // each may be asked for all of it
    CHECK(t.board.refused(seed_id{1}).empty());
    CHECK(t.begun() == "");
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 3, false);
    t.board.report(a, 0, true); // now it is known whose fault it is
    CHECK(t.board.refused(seed_id{0}).count() == 4);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.next(b) == "0-4");
    t.deliver(b, 4);
    CHECK(t.board.is_complete());
}

TEST_CASE("only whole parts count as begun, and a piece that is whole is checked, without any seed")
{
    begun_table t(4);
    CHECK(t.resume({{1, 8}, {16, 16}, {35, 4}, {47, 17}}) == 36);
    CHECK(t.parts_picture() == ".-..----....----");
    CHECK(t.board.is_checking());
    CHECK(t.board.next_check(8) == piece_run{1, 2});
    CHECK(t.board.next_check(8) == piece_run{3, 4});
    t.board.checked(piece_index{1}, true);
    t.board.checked(piece_index{3}, false);
    CHECK(t.parts_picture() == ".-..----........");
    CHECK(t.board.is_verified(piece_index{1}));
    CHECK(t.begun() == "4+4");
    CHECK(t.board.resumed_size() == 4);
}

TEST_CASE("what is begun and may be there altogether is checked first, and goes on as it was begun if it isn't right")
{
    begun_table t(3);
    CHECK(t.resume({{4, 4}, {20, 8}}) == 12);
    auto const a = t.add_requester_with_seed();
    t.board.withhold({0, 3});
    CHECK(t.parts_picture() == "------------");
    CHECK(t.begun() == "4+4 20+8");
    CHECK(t.board.next_check(8) == piece_run{0, 3});
    t.board.checked(piece_index{0}, true);
    t.board.checked(piece_index{1}, false);
    t.board.checked(piece_index{2}, false);
    CHECK(t.parts_picture() == "----.--.....");
    CHECK(t.begun() == "20+8");
    CHECK(t.board.resumed_size() == 8);
    CHECK(t.next(a) == "7-12");
    t.deliver(a, 5);
    CHECK(t.next(a) == "4-5");
    t.deliver(a, 1);
    CHECK(t.find(a, 1, finding::right, "axxa").is_verified);
    CHECK(t.board.is_complete());
}

TEST_CASE("what is begun and withheld, and then not wanted, is dropped when it has been checked")
{
    begun_table t(2);
    CHECK(t.resume({{4, 4}, {20, 8}}) == 12);
    t.add_requester_with_seed();
    t.board.withhold({0, 2});
    t.board.unwant({1, 2});
    CHECK(t.begun() == "4+4");
    CHECK(t.board.next_check(8) == piece_run{0, 2});
    t.board.checked(piece_index{1}, false);
    CHECK(t.board.wanted_count() == 1);
    CHECK(t.parts_picture() == "--------");
    CHECK(t.board.resumed_size() == 4);
    t.board.want({1, 2});
    CHECK(t.parts_picture() == "----....");
}

TEST_CASE("what is verified or not wanted isn't begun")
{
    file_index const wanted[] = {file_index{0}};
    plan_options options = begun_table::options();
    table t(webseed::test::torrent_of({{{"a"}, 64}, {{"b"}, 64}}, 16).select(wanted), options);
    t.board.trust({1, 2});
    webseed::byte_range const stored[] = {{0, 4}, {16, 4}, {68, 4}, {124, 8}, {200, 1}, {3, UINT64_MAX}};
    t.board.resume(stored);
    CHECK(t.board.resumed_size() == 4);
    CHECK(t.board.begun() == std::vector<webseed::byte_range>{{0, 4}});
}

TEST_CASE("where pieces aren't cut nothing is begun")
{
    table t(4);
    webseed::byte_range const stored[] = {{0, 8}, {16, 16}};
    t.board.resume(stored);
    CHECK(t.board.resumed_size() == 0);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.close();
    t.board.report(a, 1, false);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.board.begun().empty());
}

TEST_CASE("what has come of pieces without a verdict is told at any time, and at the end")
{
    begun_table t(4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.begun() == "");
    CHECK(t.next(a) == "0-16");
    t.board.report(a, 2, false);
    CHECK(t.begun() == "0+8"); // under way
    t.board.report(a, 4, false);
    CHECK(t.begun() == "16+8");
    t.settle(a, outcome_kind::stopped);
    CHECK(t.begun() == "16+8"); // arrived
    CHECK(t.next(b) == "6-16");
    t.board.report(b, 1, false);
    CHECK(t.begun() == "16+12");
    t.board.report(b, 1, false);
    CHECK(t.begun() == "16+16"); // nobody has judged it yet
    t.board.report(b, 6, false);
    CHECK(t.begun() == "16+16 48+8");
    CHECK(t.find(a, 1, finding::right, "aabb").is_verified);
    CHECK(t.begun() == "48+8");
    t.board.close();
    CHECK(t.begun() == "48+8");
}

TEST_CASE("what comes of claims when all is closed isn't told, but left to a later run")
{
    begun_table t(4);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-16");
    t.board.report(a, 1, false);
    t.board.close();
    CHECK_FALSE(t.board.report(a, 1, false).counted);
    CHECK(t.begun() == "0+8");
    auto const told = t.board.report(a, 4, false); // over the end of the piece
    CHECK_FALSE(told.counted);
    CHECK(told.verified.empty());
    CHECK(t.begun() == "0+24");
    CHECK_FALSE(t.board.report(a, 1, false).counted);
    CHECK_FALSE(t.settle(a, outcome_kind::stopped).counted);
    CHECK(t.begun() == "0+28");
    CHECK(t.board.verified_count() == 0);
    CHECK(t.board.claim_count() == 0);
}

TEST_CASE("what turns out to be wrong, or is in doubt, when all is closed isn't left to anybody")
{
    begun_table t(4);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-16");
    t.board.report(a, 6, false);
    t.board.close();
    CHECK(t.begun() == "16+8");
    t.board.report(a, 0, true);
    CHECK(t.begun() == "");
    t.board.report(a, 2, false);
    CHECK(t.begun() == "32+8");
    outcome doubtful;
    doubtful.kind = outcome_kind::stopped;
    doubtful.is_doubtful = true;
    t.board.settle(a, doubtful, start, 0);
    CHECK(t.begun() == "");
}

TEST_CASE("what a seed that was closed brings later isn't left to anybody")
{
    begun_table t(1);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 1, false);
    t.board.close_seed(seed_id{0});
    t.board.report(a, 1, false);
    t.board.close();
    t.board.report(a, 1, false);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.begun() == "0+4");
}

TEST_CASE("what an earlier run has begun and this one hasn't finished is left to the next one")
{
    begun_table t({{{"a"}, 20}, {{"b"}, 28}});
    CHECK(t.resume({{0, 4}, {20, 8}}) == 12);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "7-12");
    t.board.report(a, 1, false);
    t.board.close();
    t.settle(a, outcome_kind::stopped);
    CHECK(t.begun() == "0+4 20+12");
}

TEST_CASE("what was begun of a file that nobody wants any more is dropped, and fetched if somebody wants it again")
{
    begun_table t({{{"a"}, 16}, {{"b"}, 16}});
    CHECK(t.resume({{4, 4}, {20, 4}}) == 8);
    t.add_requester_with_seed();
    t.board.unwant({1, 2});
    CHECK(t.begun() == "4+4");
    t.board.want({1, 2});
    CHECK(t.begun() == "4+4");
    CHECK(t.parts_picture() == ".-......");
}
