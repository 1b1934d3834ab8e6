// Pieces that come in parts, and who is to blame if they are wrong.
#include "plan/parted_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;

namespace {

struct parted : parted_table
{
    using parted_table::parted_table;

    // Its claim ends after so many parts: a failure that isn't held against its seed.
    void bring(requester_id id, std::uint32_t count)
    {
        board.report(id, count, false);
        settle(id, outcome_kind::stopped);
    }

    // The only piece comes from two.
    void split(requester_id first, requester_id second)
    {
        CHECK(next(first) == "0-4");
        bring(first, 2);
        CHECK(next(second) == "2-4");
        bring(second, 2);
    }

    std::string judge_next(requester_id id)
    {
        auto const action = board.next(id, start);
        auto const* const work = std::get_if<judge>(&action);
        return work ? std::to_string(work->piece) : "nothing";
    }

    // @param stored  a letter for each part, 'r' if it is right.
    verdict find(std::uint32_t piece, std::string const& stored)
    {
        auto const is_right = std::ranges::count(stored, 'r') == std::ssize(stored);
        return board.judged(piece, is_right ? finding::right : finding::wrong, digests_of(stored));
    }
};

seed_id seed(unsigned number)
{
    return seed_id{number};
}

} // namespace

TEST_CASE("what came of a piece is kept when its claim ends early, and the rest completes it")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.bring(a, 3);
    CHECK(t.parts_picture() == "---.");
    CHECK(t.next(b) == "3-4");
    CHECK_FALSE(t.board.is_complete());
    auto const told = t.board.report(b, 1, false);
    CHECK(told.go_on);
    CHECK(told.verified.empty());
    t.settle(b, outcome_kind::delivered);
    CHECK_FALSE(t.board.is_complete());
    CHECK(t.judge_next(b) == "0");
    auto const found = t.find(0, "rrrr");
    CHECK(found.counted);
    CHECK(found.is_verified);
    CHECK(found.blamed.empty());
    REQUIRE(found.from.size() == 2);
    CHECK(found.from[0].seed == seed(0));
    CHECK(found.from[0].size == 12);
    CHECK(found.from[1].seed == seed(1));
    CHECK(found.from[1].size == 4);
    CHECK(t.board.is_complete());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("who has a whole piece in its claim judges it, and others only what they have")
{
    parted t(3);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-12");
    CHECK(t.board.report(a, 6, false).verified == piece_run{0, 1});
    CHECK(t.board.verified_count() == 1);
    CHECK(t.board.report(a, 4, false).verified == piece_run{1, 2});
    t.settle(a, outcome_kind::stopped);
    CHECK(t.parts_picture() == "----------..");
    CHECK(t.next(a) == "10-12");
    CHECK(t.board.report(a, 2, false).verified.empty());
    t.settle(a, outcome_kind::delivered);
    CHECK(t.judge_next(a) == "2");
    CHECK(t.find(2, "rrrr").is_verified);
    CHECK(t.board.is_complete());
}

TEST_CASE("a wrong piece is fetched again as a whole, whatever was told of its parts before")
{
    parted t(2);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-8");
    t.board.report(a, 3, false);
    CHECK_FALSE(t.board.report(a, 0, true).verified.count());
    CHECK(t.parts_picture() == "....----");
    t.board.report(a, 4, false);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.board.is_verified(piece_index{1}));
    CHECK(t.next(a) == "wait");
    CHECK(t.next(b) == "0-4");
}

TEST_CASE("a wrong piece of one seed's parts is that seed's")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.bring(a, 2);
    CHECK(t.next(a) == "2-4");
    t.bring(a, 2);
    CHECK(t.judge_next(a) == "0");
    auto const found = t.find(0, "rxrr");
    CHECK(found.blamed == std::vector{seed(0)});
    CHECK_FALSE(found.is_verified);
    CHECK(t.board.wasted_size() == 16);
    CHECK(t.board.refused(seed(0)).count() == 4);
    CHECK(t.parts_picture() == "....");
}

TEST_CASE("who lied in a piece of several seeds comes out when one of them sends it alone")
{
    for (auto const liar : {0u, 1u})
    {
        CAPTURE(liar);
        parted t(1);
        requester_id const all[] = {t.add_requester_with_seed(), t.add_requester_with_seed()};
        t.split(all[0], all[1]);
        CHECK(t.judge_next(all[1]) == "0");
        auto const first = t.find(0, liar == 0 ? "xxrr" : "rrxx");
        CHECK(first.counted);
        CHECK(first.blamed.empty()); // nobody knows yet
        CHECK(first.from.size() == 2);
        auto const sole = t.next(all[0]) == "0-4" ? 0u : 1u;
        if (sole == 1)
            CHECK(t.next(all[1]) == "0-4");
        CHECK(t.next(all[1 - sole]).starts_with("wait"));
        if (sole == liar) // it is wrong again, alone
        {
            t.board.report(all[sole], 3, false);
            t.board.report(all[sole], 0, true);
            t.settle(all[sole], outcome_kind::delivered);
            CHECK(t.next(all[sole]).starts_with("wait"));
            CHECK(t.next(all[1 - sole]) == "0-4");
        }
        auto const honest = all[1 - liar];
        CHECK(t.board.report(honest, 4, false).verified == piece_run{0, 1});
        t.settle(honest, outcome_kind::delivered);
        CHECK_FALSE(t.board.is_complete()); // what was wrong before is still to be found
        CHECK(t.judge_next(honest) == "0");
        auto const last = t.find(0, "rrrr");
        CHECK(last.is_verified);
        CHECK(last.blamed.size() == (sole == liar ? 0u : 1u)); // else it was blamed before
        CHECK(t.board.is_complete());
    }
}

TEST_CASE("a piece of files that no seed has all of is put together from several")
{
    parted t({{{"a"}, 8}, {{"b"}, 8}});
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    outcome missing;
    missing.kind = outcome_kind::file_missing;
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    missing.file = file_index{1};
    t.board.settle(a, missing, start, 0);
    CHECK(t.parts_picture() == "--..");
    CHECK(t.next(b) == "2-4");
    t.bring(b, 2);
    CHECK(t.judge_next(a) == "0");
    CHECK(t.find(0, "rrrr").is_verified);
}

TEST_CASE("if nobody has all of a wrong piece, what others have, too, is asked of them")
{
    parted t({{{"a"}, 8}, {{"b"}, 8}});
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    auto const c = t.add_requester_with_seed();
    auto const lacks = [&](requester_id id, std::uint32_t file) {
        outcome missing;
        missing.kind = outcome_kind::file_missing;
        missing.file = file_index{file};
        t.board.settle(id, missing, start, 0);
    };
    CHECK(t.next(c) == "0-4");
    lacks(c, 1);
    CHECK(t.next(b) == "0-4");
    lacks(b, 0);
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    lacks(a, 1);
    CHECK(t.next(b) == "2-4");
    t.bring(b, 2);
    CHECK(t.judge_next(b) == "0");
    CHECK(t.find(0, "xxrr").blamed.empty());
    // Only b has its part; a's may be had from c.
    CHECK(t.next(a).starts_with("until"));
    CHECK(t.next(c) == "0-2");
    t.bring(c, 2);
    CHECK(t.next(b) == "2-4");
    t.bring(b, 2);
    CHECK(t.judge_next(c) == "0");
    auto const found = t.find(0, "rrrr");
    CHECK(found.is_verified);
    CHECK(found.blamed == std::vector{seed(0)});
}

TEST_CASE(
    "the only seed there is may send a piece once more, all of it in one go, and isn't blamed if it then is right")
{
    for (auto const is_right : {true, false})
    {
        parted t(1);
        auto const only = t.add_requester_with_seed();
        t.split(only, only);
        CHECK(t.judge_next(only) == "0");
        CHECK(t.find(0, "rrxr").blamed.empty());
        CHECK(t.next(only) == "0-4");
        t.board.report(only, is_right ? 4 : 0, !is_right);
        t.settle(only, outcome_kind::delivered);
        if (is_right)
        {
            CHECK(t.judge_next(only) == "0");
            auto const found = t.find(0, "rrrr");
            CHECK(found.is_verified);
            CHECK(found.blamed.empty());
        }
        CHECK(t.board.is_finished());
        CHECK(t.board.is_complete() == is_right);
    }
    parted t(1); // wrong in parts, and in parts again
    auto const only = t.add_requester_with_seed();
    for (auto const is_last : {false, true})
    {
        t.split(only, only);
        CHECK(t.judge_next(only) == "0");
        CHECK(t.find(0, "xrrr").blamed.size() == (is_last ? 1u : 0u));
    }
    CHECK(t.board.is_finished());
}

TEST_CASE("a piece that nobody has right ends, and everybody is asked once for it alone")
{
    parted t(1);
    requester_id const all[] = {t.add_requester_with_seed(), t.add_requester_with_seed(), t.add_requester_with_seed()};
    t.split(all[0], all[1]);
    CHECK(t.judge_next(all[2]) == "0");
    t.find(0, "xxxx");
    auto asked = 0;
    for (auto round = 0; round != 10 && !t.board.is_finished(); ++round)
        for (auto const id : all)
            if (t.next(id) == "0-4")
            {
                ++asked;
                t.board.report(id, 0, true);
                t.settle(id, outcome_kind::delivered);
            }
    CHECK(asked == 3);
    CHECK(t.board.is_finished());
    CHECK_FALSE(t.board.is_complete());
}

TEST_CASE("if the one that is to send a piece alone goes, another one does")
{
    parted t(1);
    requester_id const all[] = {t.add_requester_with_seed(), t.add_requester_with_seed(), t.add_requester_with_seed()};
    t.split(all[0], all[1]);
    CHECK(t.judge_next(all[2]) == "0");
    t.find(0, "xxrr");
    std::size_t sole = 0;
    while (t.next(all[sole]) != "0-4")
        ++sole;
    t.bring(all[sole], 2);
    CHECK(t.parts_picture() == "--..");
    t.board.close_seed(seed(static_cast<unsigned>(sole)));
    CHECK(t.parts_picture() == "....");
    auto const next = (sole + 1) % 3;
    auto const after = (sole + 2) % 3;
    CHECK((t.next(all[next]) == "0-4") != (t.next(all[after]) == "0-4"));
}

TEST_CASE("a piece that couldn't be judged is for somebody else")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.bring(a, 2);
    CHECK(t.next(a) == "2-4");
    CHECK(t.next(b) == "until 250");
    t.board.take_wakes();
    t.bring(a, 2);
    CHECK(t.wakes() == 1); // in case that a has other things to do
    CHECK(t.judge_next(a) == "0");
    CHECK_FALSE(t.board.judged(0, finding::unknown, {}).counted);
    CHECK_FALSE(t.board.is_finished());
    CHECK(t.judge_next(b) == "0");
    CHECK(t.find(0, "rrrr").is_verified);
}

TEST_CASE("bytes of a file that has become another one are fetched again")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    outcome changed;
    changed.kind = outcome_kind::content_changed;
    t.board.settle(a, changed, start, 0);
    CHECK(t.parts_picture() == "....");
}

TEST_CASE("bytes that came in doubt are fetched again")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    outcome doubtful;
    doubtful.kind = outcome_kind::stopped;
    doubtful.is_doubtful = true;
    t.board.settle(a, doubtful, start, 0);
    CHECK(t.parts_picture() == "....");
}

TEST_CASE("bytes that came in doubt are fetched again, also those of a seed that was removed meanwhile")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.report(a, 2, false);
    t.board.close_seed(seed(0));
    outcome doubtful;
    doubtful.kind = outcome_kind::stopped;
    doubtful.is_doubtful = true;
    CHECK_FALSE(t.board.settle(a, doubtful, start, 0).counted);
    CHECK(t.parts_picture() == "....");
}

TEST_CASE("a piece that nobody is left to judge doesn't keep the plan from its end")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.bring(a, 2);
    CHECK(t.next(a) == "2-4");
    t.board.report(a, 2, false);
    t.board.close_seed(seed(0));
    CHECK_FALSE(t.board.is_finished());
    t.settle(a, outcome_kind::stopped);
    CHECK(t.board.is_finished());
}

TEST_CASE("a claim may be shared within a piece, of which what has come is kept")
{
    parted t(1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    outcome quick;
    quick.took = 1s;
    quick.bytes = 16;
    // Both are known to send 16 bytes a second.
    CHECK(t.next(a) == "0-4");
    t.board.settle(a, quick, start, 0);
    CHECK(t.next(b) == "0-4");
    t.board.settle(b, quick, start, 0);
    CHECK(t.next(a) == "0-4");
    t.next(b);
    t.board.report(a, 1, false);
    CHECK(t.board.share(a, 2, start) == 3);
    CHECK(t.parts_picture() == "---.");
    CHECK(t.next(b) == "3-4");
    t.board.report(b, 1, false);
    t.settle(b, outcome_kind::delivered);
    t.board.report(a, 2, false);
    t.settle(a, outcome_kind::delivered);
    CHECK(t.judge_next(a) == "0");
    CHECK(t.find(0, "rrrr").is_verified);
}

TEST_CASE("parts that nobody wants any more are dropped, also when they have arrived")
{
    parted t({{{"a"}, 16}, {{"b"}, 16}});
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-8");
    t.board.report(a, 6, false);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.parts_picture() == "------..");
    t.board.unwant({1, 2});
    CHECK(t.board.is_complete());
    CHECK(t.board.wanted_size() == 16);
}

TEST_CASE("a seed that sends whole pieces gets them from their beginning, where one begins")
{
    parted t(3);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-12");
    t.board.report(a, 2, false);
    outcome told;
    told.kind = outcome_kind::stopped;
    told.sends_whole_pieces = true;
    t.board.settle(a, told, start, 0); // the first two parts have arrived
    CHECK(t.next(a) == "4-12");
    CHECK(t.next(b) == "2-4");
    t.board.report(a, 8, false);
    t.settle(a, outcome_kind::delivered);
    t.settle(b, outcome_kind::stopped);
    CHECK(t.next(a) == "2-4"); // there is nothing else
}
