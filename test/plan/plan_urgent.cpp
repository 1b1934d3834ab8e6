// What readers want goes before all else.
#include "plan/table.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;

namespace {

// A table of one file with pieces of 1000 bytes and claims of up to 50, of which nothing is too small to be cut.
struct reading
{
    explicit reading(std::uint32_t pieces = 100, std::uint64_t claim_pieces = 50)
        : t(torrent_of({{{"f"}, pieces * length}}, length), options(claim_pieces))
    {}

    static plan_options options(std::uint64_t claim_pieces)
    {
        plan_options made;
        made.claim_size_first = claim_pieces * length;
        made.claim_size_max = claim_pieces * length;
        made.claim_size_min = 1;
        made.claim_time = std::chrono::hours(1);
        return made;
    }

    // A piece that the next requester gets as its first claim shows how quick its seed is.
    requester_id add(duration took_each)
    {
        auto const made = t.add_requester_with_seed();
        auto const run = std::get<fetch>(t.board.next(made, start)).work.parts;
        t.board.report(made, run.count(), false);
        outcome result;
        result.took = took_each * run.count();
        result.bytes = run.count() * length;
        t.board.settle(made, result, start, 0);
        return made;
    }

    static constexpr std::uint64_t length = 1000;
    table t;
};

} // namespace

TEST_CASE("what is urgent is handed out first, in its order and in small claims")
{
    reading r(100, 10);
    auto const a = r.t.add_requester_with_seed();
    auto const b = r.t.add_requester_with_seed();
    auto const c = r.t.add_requester_with_seed();
    auto const d = r.t.add_requester_with_seed();
    r.t.board.urge({{{70, 71}, true}, {{71, 91}}});
    CHECK(r.t.next(a) == "70-71");
    CHECK(r.t.next(b) == "71-76");
    CHECK(r.t.next(c) == "76-81");
    r.t.board.urge({{{20, 21}, true}, {{75, 91}}});
    CHECK(r.t.next(d) == "20-21");
    r.t.deliver(d, 1);
    CHECK(r.t.next(d) == "81-85");
    r.t.board.urge({});
    r.t.deliver(d, 4);
    CHECK(r.t.next(d) == "21-31"); // the longest one, as ever
}

TEST_CASE("what becomes urgent wakes who is idle")
{
    table t(torrent_of({{{"wanted"}, 32}, {{"other"}, 64}}, 16).select(std::vector{webseed::file_index{0}}));
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "until 250");
    t.board.take_wakes();
    t.board.urge({{{4, 5}, true}});
    CHECK(t.board.take_wakes() == std::vector<requester_id>{b});
    CHECK(t.board.take_asks().empty());
    CHECK(t.next(b) == "4-5");
    CHECK(t.board.wanted_count() == 3);
}

TEST_CASE("if all are busy with long claims the quickest gives his away and comes back")
{
    reading r(300, 100);
    auto const slow = r.add(100ms);
    auto const quick = r.add(10ms);
    auto const first = std::get<fetch>(r.t.board.next(slow, start)).work.parts;
    auto const second = std::get<fetch>(r.t.board.next(quick, start)).work.parts;
    CHECK(first.count() > 5);
    CHECK(second.count() > 5);
    REQUIRE(!r.t.board.free().empty());
    auto const urgent = r.t.board.free().runs().begin()->first;
    r.t.board.urge({{{urgent, urgent + 1}, true}});
    CHECK(r.t.board.take_asks() == std::vector<requester_id>{quick});
    CHECK(r.t.board.share(quick, second.first + 1, start) == second.first + 1);
    CHECK(r.t.board.take_asks().empty()); // it is on its way
    r.t.deliver(quick, 1);
    CHECK(r.t.next(quick) == std::to_string(urgent) + "-" + std::to_string(urgent + 1));
}

TEST_CASE("nobody is asked for what is only read ahead")
{
    reading r(300, 100);
    auto const a = r.add(10ms);
    r.t.next(a);
    auto const urgent = r.t.board.free().runs().begin()->first;
    r.t.board.urge({{{urgent, urgent + 1}, false}});
    CHECK(r.t.board.take_asks().empty());
}

TEST_CASE("what is awaited is got loose from the middle of a claim, but not if its holder is nearly there")
{
    reading r(300, 100);
    auto const a = r.add(10ms);
    auto const b = r.add(10ms);
    auto const run = std::get<fetch>(r.t.board.next(a, start)).work.parts;
    REQUIRE(run.count() > 20);
    r.t.board.urge({{{run.first + 5, run.first + 6}, true}}); // after 50 ms
    CHECK(r.t.board.take_asks().empty());
    r.t.board.urge({{{run.first + 20, run.first + 21}, true}});
    CHECK(r.t.board.take_asks() == std::vector<requester_id>{a});
    CHECK(r.t.board.share(a, run.first + 1, start) == run.first + 1);
    CHECK(r.t.next(b) == std::to_string(run.first + 20) + "-" + std::to_string(run.first + 21));
}

TEST_CASE("somebody slow leaves what is urgent to somebody quick, unless he doesn't take it")
{
    reading r(300, 10);
    auto const slow = r.add(10s);
    auto const quick = r.add(10ms);
    r.t.next(quick);
    r.t.board.unwant({0, 300});
    r.t.board.urge({{{200, 201}, true}});
    CHECK(r.t.next(slow) == "until 50");
    r.t.board.take_wakes();
    CHECK(r.t.next(slow, 50ms) == "200-201");
}

TEST_CASE("somebody slow does other things meanwhile")
{
    reading r(300, 10);
    auto const slow = r.add(10s);
    r.add(5s);
    r.t.board.urge({{{200, 201}, true}});
    CHECK(r.t.next(slow) == "200-201"); // others would hardly be sooner
    r.t.settle(slow, outcome_kind::stopped);
    auto const quick = r.add(2s);
    r.t.next(quick);
    r.t.board.urge({{{250, 251}, true}});
    r.add(10ms);
    r.t.board.urge({{{200, 201}, true}});
    auto const got = r.t.next(slow);
    CAPTURE(got);
    CHECK(got.find('-') != std::string::npos);
    CHECK(!r.t.board.is_claimed(webseed::piece_index{200}));
}
