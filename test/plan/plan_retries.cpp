// Requesters that come back later: files that were missing, files that changed, hosts without room.
#include "plan/table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <utility>

using namespace webseed::test;
using webseed::file_index;
using webseed::piece_index;

namespace {

outcome told(outcome_kind kind, std::uint32_t file)
{
    outcome result;
    result.kind = kind;
    result.file = file_index{file};
    return result;
}

outcome failed(std::uint32_t file)
{
    auto result = told(outcome_kind::failed, file);
    result.is_for_file = true;
    return result;
}

outcome missing(std::uint32_t file)
{
    return told(outcome_kind::file_missing, file);
}

outcome changed(std::uint32_t file)
{
    return told(outcome_kind::content_changed, file);
}

} // namespace

TEST_CASE("a missing file is asked for again after a minute, and after twice as long each further time")
{
    table t({{{"a"}, 32}, {{"b"}, 16}}, 2);
    auto const other = t.add_requester_with_seed();
    auto const lacking = t.add_requester_with_seed();
    CHECK(t.next(other) == "0-2"); // for hours
    CHECK(t.next(lacking) == "2-3");
    CHECK(t.board.settle(lacking, missing(1), start, 0).is_news);
    auto now = duration{};
    for (auto const wait : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min})
    {
        auto const due = now + wait;
        CHECK(t.next(lacking, now) == "until " + std::to_string(due / 1ms));
        CHECK(t.next(lacking, due - 1ms) == "until " + std::to_string(due / 1ms));
        CHECK(t.next(lacking, due) == "2-3");
        CHECK_FALSE(t.board.settle(lacking, missing(1), start + due, 0).is_news);
        now = due;
    }
    CHECK(t.next(lacking, now + 75min) == "2-3");
    t.deliver(lacking, 1);
    CHECK(t.next(lacking, now + 75min) == "wait");
}

namespace {

using counts = std::map<std::uint32_t, int>; // of each file

// A seed that fails with some files of a torrent, each of two pieces; asked by one requester for one file at a time.
struct failing_seed
{
    /// @param failures  of each file that fails, how often.
    explicit failing_seed(counts failures_of)
        : t(torrent_of({{{"a"}, 32}, {{"b"}, 32}, {{"c"}, 32}, {{"d"}, 32}, {{"e"}, 32}, {{"f"}, 32}}, 16), options())
        , id(t.add_requester_with_seed())
        , failures(std::move(failures_of))
    {}

    static plan_options options()
    {
        auto made = table::options_of(32);
        made.health = {};
        return made;
    }

    /// Until the plan has ended.
    void run()
    {
        for (auto i = 0; i != 100 && !t.board.is_finished(); ++i)
        {
            auto const action = t.board.next(id, start + now);
            if (auto const* const pause = std::get_if<wait>(&action))
                now = pause->until - start;
            else if (auto const* const work = std::get_if<fetch>(&action))
                serve(work->work.parts.first / 2);
        }
        CHECK(t.board.is_finished());
    }
    void serve(std::uint32_t file)
    {
        if (++requests[file] <= failures[file])
            t.board.settle(id, failed(file), start + now, 0);
        else
            t.deliver(id, 2);
    }

    table t;
    requester_id id;
    counts failures;
    counts requests;
    duration now{};
};

} // namespace

TEST_CASE("a file that fails time and again is left, and the others are asked for")
{
    for (std::uint32_t const file : {0u, 1u, 5u})
    {
        failing_seed seed(counts{{file, 1000}});
        seed.run();
        CHECK(seed.t.board.verified_count() == 10);
        CHECK(seed.requests[file] == (file == 5 ? 5 : 4 + 5)); // once more when all else is there
    }
}

TEST_CASE("it may come when all else is there")
{
    for (auto const failures : {3, 4, 7, 8})
    {
        failing_seed seed(counts{{1, failures}});
        seed.run();
        CHECK(seed.t.board.is_complete());
        CHECK(seed.requests[1] == failures + 1);
    }
}

TEST_CASE("several files may fail")
{
    failing_seed seed(counts{{0, 1000}, {1, 1000}, {4, 1000}});
    seed.run();
    CHECK(seed.t.board.verified_count() == 6);
    for (auto const file : {2u, 3u, 5u})
        CHECK(seed.requests[file] == 1);
}

TEST_CASE("a seed that fails with all files is given up")
{
    failing_seed seed(counts{{0, 1000}, {1, 1000}, {2, 1000}, {3, 1000}, {4, 1000}, {5, 1000}});
    seed.run();
    CHECK(seed.t.board.verified_count() == 0);
    std::string told;
    for (auto const& [file, count] : seed.requests)
        told += std::to_string(file) + ":" + std::to_string(count) + " ";
    CHECK(told == "0:4 1:3 2:2 3:1 5:5 ");
}

TEST_CASE("a file isn't left for those that nobody wants, or that are there")
{
    failing_seed seed(counts{{1, 4}});
    seed.t.board.unwant({4, 12});
    seed.run();
    CHECK(seed.t.board.is_complete());
    CHECK(seed.now < 30s);
    CHECK(seed.requests[1] == 5);
}

TEST_CASE("a file that was left before is left at its first failure, later on")
{
    table t({{{"a"}, 32}, {{"b"}, 32}, {{"c"}, 32}}, 2);
    auto const a = t.add_requester_with_seed();
    auto const other = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(other) == "2-4"); // for hours
    auto const first = t.board.settle(a, failed(0), start, 0);
    auto now = *first.retry_at - start;
    CHECK(t.next(a, now) == "0-2");
    CHECK(t.board.settle(a, failed(0), start + now, 0).is_news); // the third one would give up the seed
    CHECK(t.next(a, now) == "4-6");
    t.deliver(a, 1);
    now += 2min;
    CHECK(t.next(a, now) == "0-2");
    auto const again = t.board.settle(a, failed(0), start + now, 0);
    CHECK((!again.retry_at && !again.gave_up));
    CHECK(t.next(a, now) == "5-6");
}

TEST_CASE("a seed that doesn't answer fails with all files")
{
    table t({{{"a"}, 32}, {{"b"}, 32}}, 4);
    auto const a = t.add_requester_with_seed();
    auto const unanswered = told(outcome_kind::failed, 0);
    t.next(a);
    auto const first = t.board.settle(a, unanswered, start, 0);
    CHECK(t.next(a, *first.retry_at - start) == "0-4");
    CHECK(!t.board.settle(a, unanswered, *first.retry_at, 0).is_news);
}

TEST_CASE("a file of which something comes hasn't failed time and again")
{
    table t({{{"a"}, 64}, {{"b"}, 32}}, 6);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-6");
    auto told = t.board.settle(a, failed(0), start, 0);
    auto const now = *told.retry_at - start;
    CHECK(t.next(a, now) == "0-6");
    t.board.report(a, 1, false);
    told = t.board.settle(a, failed(0), start + now, 0);
    CHECK((told.retry_at && !told.is_news));
}

TEST_CASE("a file that was missing and has been found may go missing anew")
{
    table t({{{"a"}, 32}, {{"b"}, 32}}, 2);
    auto const other = t.add_requester_with_seed();
    auto const lacking = t.add_requester_with_seed();
    CHECK(t.next(other) == "0-2");
    CHECK(t.next(lacking) == "2-4");
    CHECK(t.board.settle(lacking, missing(1), start, 0).is_news);
    CHECK(t.next(lacking, 1min) == "2-4");
    t.board.report(lacking, 1, false);
    CHECK(t.board.settle(lacking, missing(1), start + 1min, 0).is_news);
    CHECK(t.next(lacking, 1min) == "until 120000");
}

TEST_CASE("the waits for missing files differ by up to a quarter")
{
    table t({{{"a"}, 32}, {{"b"}, 32}}, 2);
    auto const other = t.add_requester_with_seed();
    auto const lacking = t.add_requester_with_seed();
    CHECK(t.next(other) == "0-2");
    CHECK(t.next(lacking) == "2-4");
    t.board.settle(lacking, missing(1), start, std::uint64_t{1} << 63);
    CHECK(t.next(lacking) == "until 67500");
}

TEST_CASE("nobody waits for a missing file if there is nothing else to wait for")
{
    table t({{{"a"}, 32}, {{"b"}, 32}}, 2);
    auto const a = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-2");
    t.deliver(a, 2);
    CHECK(t.next(a) == "2-4");
    t.board.settle(a, missing(1), start, 0);
    CHECK(t.board.is_finished());
    CHECK(t.next(a) == "leave");
}

TEST_CASE("missing files are tried one by one, until one of them is there")
{
    table t({{{"held"}, 32}, {{"a"}, 16}, {{"b"}, 16}, {{"c"}, 16}}, 2);
    auto const other = t.add_requester_with_seed();
    auto const lacking = t.add_requester_with_seed();
    CHECK(t.next(other) == "0-2");
    for (std::uint32_t file = 1; file != 4; ++file)
    {
        t.next(lacking);
        t.board.settle(lacking, missing(file), start, 0);
    }
    CHECK(t.next(lacking, 1min) == "2-3");
    t.board.settle(lacking, missing(1), start + 1min, 0);
    CHECK(t.next(lacking, 1min) == "until 65000");
    CHECK(t.next(lacking, 65s) == "3-4");
    t.deliver(lacking, 1);
    CHECK(t.next(lacking, 65s) == "4-5");
}

TEST_CASE("missing files that others have brought aren't asked for")
{
    table t({{{"held"}, 32}, {{"a"}, 16}, {{"b"}, 16}}, 2);
    auto const other = t.board.add_seed();
    auto const holder = t.board.add_requester(other);
    auto const helper = t.board.add_requester(other);
    auto const lacking = t.add_requester_with_seed();
    CHECK(t.next(holder) == "0-2");
    for (std::uint32_t file = 1; file != 3; ++file)
    {
        t.next(lacking);
        t.board.settle(lacking, missing(file), start, 0);
    }
    CHECK(t.next(helper) == "2-4");
    t.board.report(helper, 1, false);
    t.settle(helper, outcome_kind::stopped);
    CHECK(t.next(lacking, 1min) == "3-4"); // without a wait for the first one
}

TEST_CASE(
    "a wrong piece of a file that was missing stays refused, and so does one that another missing file has a part in")
{
    table t({{{"held"}, 16}, {{"a"}, 40}, {{"b"}, 40}}, 6);
    auto const lacking = t.add_requester_with_seed();
    auto const holder = t.add_requester_with_seed();
    CHECK(t.next(lacking) == "0-6");
    t.board.report(lacking, 0, true); // piece 0
    t.board.report(lacking, 0, true); // piece 1, of a
    t.board.settle(lacking, missing(1), start, 0);
    CHECK(t.next(holder) == "0-6");
    t.board.settle(holder, missing(2), start, 0);
    CHECK(t.next(lacking) == "4-6");
    t.board.settle(lacking, missing(2), start, ~0ull);
    CHECK(t.next(holder) == "0-3");
    t.board.report(holder, 1, false); // and no more for now
    CHECK(t.next(lacking, 1min) == "until 74999");
    t.board.settle(holder, outcome{.kind = outcome_kind::stopped, .file = {}, .retry_after = {}}, start + 1min, 0);
    CHECK(t.next(lacking, 1min) == "2-3"); // 1 was wrong, b has a part in 3
}

TEST_CASE("a file may change once while it is fetched, and is missing if it does so again before anything arrives")
{
    table t({{{"a"}, 64}, {{"b"}, 64}}, 2);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-2");
    CHECK(t.next(b) == "2-4");
    auto const first = t.board.settle(a, changed(0), start, 0);
    CHECK(first.counted);
    CHECK_FALSE(first.is_news);
    CHECK_FALSE(first.retry_at);
    CHECK_FALSE(t.board.settle(b, changed(0), start, 0).is_news); // the same change
    CHECK(t.next(a) == "0-2");
    t.board.report(a, 1, false);
    CHECK_FALSE(t.board.settle(a, changed(0), start, 0).is_news);
    CHECK(t.next(a) == "1-3");
    CHECK(t.board.settle(a, changed(0), start, 0).is_news);
    CHECK(t.next(a) == "4-6");
    CHECK(t.board.settle(a, changed(1), start, 0).is_news);
    CHECK(t.board.is_finished());
}

TEST_CASE("what a requester without room at its host was woken for is for others")
{
    table t(4, 4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    auto const c = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "until 250");
    CHECK(t.next(c) == "until 250");
    t.settle(a, outcome_kind::stopped);
    auto const woken = t.board.take_wakes();
    REQUIRE(woken.size() == 1);
    t.board.decline(woken[0], start);
    auto const next = t.board.take_wakes();
    REQUIRE(next.size() == 1);
    CHECK(next[0] != woken[0]);
    t.board.decline(next[0], start);
    CHECK(t.wakes() == 0); // nobody idles
    CHECK(t.next(woken[0]) == "0-4");
    t.deliver(woken[0], 4);
    CHECK(t.board.take_wakes() == std::vector{next[0]}); // to leave
    CHECK(t.next(next[0]) == "leave");
}

TEST_CASE("who has declined isn't woken for work, but when its seed is closed")
{
    table t(4, 4);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-4");
    t.board.decline(b, start);
    t.settle(a, outcome_kind::stopped);
    CHECK(t.wakes() == 0);
    t.board.close_seed(seed_id{1});
    CHECK(t.board.take_wakes() == std::vector{b});
    CHECK(t.next(b) == "leave");
    CHECK(t.next(a) == "0-4");
}

TEST_CASE("who declines when there is nothing to come any more is told at once")
{
    table t(1);
    auto const a = t.add_requester_with_seed();
    auto const b = t.add_requester_with_seed();
    CHECK(t.next(a) == "0-1");
    t.deliver(a, 1);
    t.board.decline(b, start);
    CHECK(t.board.take_wakes() == std::vector{b});
}

TEST_CASE("others are woken when who was to try the seed after its pause has no room")
{
    table t(4, 4);
    auto const seed = t.board.add_seed();
    auto const a = t.board.add_requester(seed);
    auto const b = t.board.add_requester(seed);
    CHECK(t.next(a) == "0-4");
    CHECK(t.next(b) == "wait");
    t.settle(a, outcome_kind::failed);
    CHECK(t.next(a) == "until 250");
    t.board.decline(a, start + 100ms);
    CHECK(t.wakes() == 0);
    t.board.decline(a, start + 250ms);
    CHECK(t.board.take_wakes() == std::vector{b});
    CHECK(t.next(b, 250ms) == "0-4");
}
