// What is wanted changes while the plan works.
#include "plan/explanation.hpp"
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;
using webseed::file_index;
using webseed::metainfo;
using webseed::piece_index;

namespace {

// Two pieces that are wanted, and four that aren't.
metainfo half()
{
    return torrent_of({{{"wanted"}, 32}, {{"other"}, 64}}, 16).select(std::vector{file_index{0}});
}

plan_options staying()
{
    auto options = table::options_of(32);
    options.stays = true;
    return options;
}

} // namespace

TEST_CASE("what nobody selected is wanted while it is urgent, and no longer")
{
    table t(half());
    auto& board = t.board;
    t.add_requester_with_seed();
    board.urge({{{3, 5}, true}});
    CHECK(board.wanted_count() == 4);
    CHECK(board.wanted_size() == 64);
    CHECK(t.picture() == "..?..?");
    board.urge({{{4, 6}, true}});
    CHECK(t.picture() == "..??..");
    board.urge({});
    CHECK(t.picture() == "..????");
    CHECK(board.wanted_count() == 2);
}

TEST_CASE("what isn't read any more is still taken from who has begun it, and the rest of his claim isn't")
{
    table t(half(), 4);
    auto& board = t.board;
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    board.urge({{{2, 6}}});
    CHECK(t.next(a) == "2-6");
    CHECK(t.next(b) == "0-2");
    board.urge({});
    CHECK(board.take_asks() == std::vector<requester_id>{a});
    CHECK(board.wanted_count() == 6); // still
    CHECK(board.share(a, 3, start) == 3);
    CHECK(board.wanted_count() == 3);
    board.report(a, 1, false);
    t.settle(a, outcome_kind::delivered);
    CHECK(board.wanted_count() == 3);
    CHECK(board.verified_count() == 1);
    t.deliver(b, 2);
    CHECK(board.is_complete());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("what isn't read any more is skipped if it doesn't arrive")
{
    table t(half());
    auto const a = t.add_requester_with_seed();
    t.board.urge({{{2, 3}}});
    CHECK(t.next(a) == "2-3");
    t.board.urge({});
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "..????");
    CHECK(t.board.wanted_count() == 2);
    t.board.urge({{{2, 3}}});
    CHECK(t.next(a) == "2-3");
    t.board.urge({});
    t.board.urge({{{2, 3}}}); // again
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "...???");
}

TEST_CASE("files are selected and given up while the plan works")
{
    table t(half(), 2);
    auto& board = t.board;
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    board.want({2, 6});
    CHECK(board.wanted_count() == 6);
    CHECK(t.picture() == "rr....");
    t.deliver(a, 2);
    CHECK(!board.is_finished());
    CHECK(t.next(a) == "2-4");
    board.report(a, 1, false);
    board.unwant({0, 6});
    CHECK(board.wanted_count() == 4); // three are verified, one is under way
    t.settle(a, outcome_kind::stopped);
    CHECK(t.picture() == "VVV???");
    CHECK(board.wanted_count() == 3);
    CHECK(board.is_complete());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("what is selected stays wanted when nobody reads it any more, and the other way round")
{
    table t(half());
    auto& board = t.board;
    t.add_requester_with_seed();
    board.urge({{{2, 4}}});
    board.want({2, 3});
    board.urge({});
    CHECK(t.picture() == "...???");
    board.urge({{{0, 1}}});
    board.unwant({0, 3});
    CHECK(t.picture() == ".?????");
    CHECK(board.wanted_count() == 1);
}

TEST_CASE("pieces that aren't checked yet may become unwanted, and are skipped if they are wrong")
{
    table t(half());
    auto& board = t.board;
    board.withhold({0, 2});
    board.unwant({0, 2});
    CHECK(board.next_check(9) == piece_run{0, 2});
    board.checked(piece_index{0}, true);
    board.checked(piece_index{1}, false);
    CHECK(t.picture() == "V?????");
    CHECK(board.wanted_count() == 1);
    CHECK(board.is_complete());
}

TEST_CASE("when everybody has left a closed plan, what they still had and nobody wants isn't counted any more")
{
    table t(half());
    auto& board = t.board;
    auto const a = t.add_requester_with_seed();
    board.withhold({0, 1});
    board.want({2, 6});
    CHECK(t.next(a) == "1-3");
    board.unwant({0, 4});
    CHECK(board.wanted_count() == 5); // one is to be hashed, two are under way
    board.close();
    t.settle(a, outcome_kind::stopped);
    CHECK(t.next(a) == "leave");
    CHECK(board.wanted_count() == 5);
    board.skip_unwanted();
    CHECK(board.wanted_count() == 2);
    CHECK(board.wanted_size() == 32);
    CHECK(board.explain(0, start).standing == piece_standing::unwanted);
    CHECK(board.explain(2, start).standing == piece_standing::unwanted);
    CHECK(board.explain(4, start).standing == piece_standing::missing);
    board.skip_unwanted();
    CHECK(board.wanted_count() == 2);
}

TEST_CASE("what is urgent is checked first")
{
    table t(9);
    t.board.withhold({0, 9});
    t.board.urge({{{6, 8}, true}});
    CHECK(t.board.next_check(3) == piece_run{6, 8});
    CHECK(t.board.next_check(3) == piece_run{0, 3});
}

TEST_CASE("a plan that stays has no end when all is verified, and nobody waits by the clock")
{
    table t(half(), staying());
    auto& board = t.board;
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    CHECK(board.is_complete());
    CHECK(!board.is_finished());
    CHECK(t.next(a) == "wait");
    CHECK(t.wakes() == 0);
    board.urge({{{5, 6}, true}});
    CHECK(!board.is_complete());
    CHECK(t.wakes() == 1);
    CHECK(t.next(a) == "5-6");
    t.deliver(a, 1);
    CHECK(t.next(a) == "wait");
    board.close();
    CHECK(t.next(a) == "leave");
}

TEST_CASE("a plan that stays ends when what is wanted can't be had")
{
    table t(half(), staying());
    auto& board = t.board;
    auto const seed = board.add_seed();
    auto const a = board.add_requester(seed);
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    board.close_seed(seed);
    CHECK(!board.is_finished());
    CHECK(t.next(a) == "leave");
    board.urge({{{5, 6}, true}});
    CHECK(board.is_finished());
}

TEST_CASE("a piece that the storage lost is skipped, or fetched again if somebody reads it")
{
    table t(half(), staying());
    auto& board = t.board;
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    board.forget(piece_index{0});
    CHECK(t.picture() == "?V????");
    CHECK(board.wanted_count() == 1);
    CHECK(board.is_complete());
    CHECK(board.verified_size() == 16);
    board.urge({{{1, 2}}});
    board.forget(piece_index{1});
    CHECK(t.picture() == "?.????");
    CHECK(t.next(a) == "1-2");
}

TEST_CASE("a claimed piece that the storage won't have all of is fetched again, once")
{
    table t(2);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.board.forget(piece_index{1});
    t.deliver(a, 2);
    CHECK(t.picture() == "V.");
    CHECK(t.next(a) == "1-2");
    t.deliver(a, 1);
    CHECK(t.board.is_complete());
    table again(2);
    auto const b = again.add_requester_with_seed();
    CHECK(again.next(b) == "0-2");
    again.board.forget(piece_index{1});
    again.settle(b, outcome_kind::stopped);
    CHECK(again.next(b) == "0-2");
    again.deliver(b, 2);
    CHECK(again.board.is_complete());
}

TEST_CASE("of a bounded storage that is forgotten which was read the longest time ago, and nothing that is read now")
{
    auto options = staying();
    options.kept_size_max = 3 * 16;
    table t(half(), options);
    auto& board = t.board;
    board.unwant({0, 6});
    board.take_forgotten();
    auto const a = t.add_requester_with_seed();
    auto const get = [&](std::uint32_t piece) {
        board.urge({{{piece, piece + 1}, true}});
        t.next(a);
        t.deliver(a, 1);
    };
    get(0);
    get(1);
    get(2);
    CHECK(t.picture() == "VVV???");
    board.used({0, 1});
    get(3);
    CHECK(t.picture() == "V?VV??");
    CHECK(board.take_forgotten() == std::vector<piece_run>{{1, 2}});
    board.urge({{{0, 1}}, {{2, 3}}, {{4, 6}}});
    CHECK(t.next(a) == "4-6");
    CHECK(t.picture() == "V?V?rr"); // one more than there is room for
    t.deliver(a, 2);
    CHECK(board.verified_count() == 4);
    get(1);
    CHECK(board.verified_count() == 3);
}
