// What is told of seeds and pieces while a download runs, before, and afterwards.
#include "engine/embedded.hpp"
#include "support/answers.hpp"
#include "support/content.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

// Three files of one piece each.
struct few_files : embedded
{
    few_files()
        : embedded({{"a", letters(16)}, {"b", letters(16)}, {"c", letters(16)}})
    {
        options.requesters_per_seed = 1;
        options.claim_size_first = 16;
        options.claim_size_max = 16;
        options.claim_size_min = 16;
    }

    void prepare() { running = on.add(torrent, make_storage(holds, torrent), {"http://one/", "http://two/"}, options); }

    piece_report explain(std::uint32_t piece)
    {
        std::optional<piece_report> told;
        running.async_explain(piece_index{piece}, [&](error_code error, piece_report report) {
            CHECK_FALSE(error);
            told = std::move(report);
        });
        outside.settle();
        REQUIRE(told);
        return *told;
    }

    std::vector<piece_report> missing(std::size_t count_max)
    {
        std::optional<std::vector<piece_report>> told;
        running.async_explain_missing(count_max, [&](error_code error, std::vector<piece_report> reports) {
            CHECK_FALSE(error);
            told = std::move(reports);
        });
        outside.settle();
        REQUIRE(told);
        return *told;
    }

    // All but file b.
    server lacking()
    {
        return [this](request const& asked) {
            if (asked.target == "/t/b")
                return std::vector<step>{send_bytes{response("404 Not Found", "", "")}};
            return serving(files)(asked);
        };
    }
};

std::vector<seed_excuse> excuses_of(piece_report const& told)
{
    std::vector<seed_excuse> found;
    for (auto const& each : told.seeds)
        found.push_back(each.excuse);
    return found;
}

// "a fetching; b asked_to_wait": what each seed did, without its scheme.
std::string changes_in(std::vector<event> const& told)
{
    constexpr char const* names[] = {"fetching",      "nothing_to_do", "lacks_the_rest", "too_slow", "host_is_full",
                                     "asked_to_wait", "backing_off",   "silent",         "given_up", "removed"};
    std::string text;
    for (auto const& each : told)
        if (auto const* const change = std::get_if<seed_changed>(&each))
            text += change->seed_url.substr(7) + names[static_cast<int>(change->doing)] + " ";
    return text;
}

template <class Event>
std::ptrdiff_t count(std::vector<event> const& told)
{
    return std::ranges::count_if(told, [](event const& each) { return std::holds_alternative<Event>(each); });
}

} // namespace

TEST_CASE("before the start a piece is missing, and no seed is known")
{
    few_files e;
    e.prepare();
    auto const told = e.explain(1);
    CHECK(told.piece == piece_index{1});
    CHECK(told.file == file_index{1});
    CHECK(told.state == piece_state::missing);
    CHECK(told.size == 16);
    CHECK(told.seeds.empty());
    auto const all = e.missing(5);
    REQUIRE(all.size() == 1);
    CHECK(all[0].count == 3);
    e.running.close();
    CHECK(e.explain(1).state == piece_state::missing);
}

TEST_CASE("while it runs, a piece is told to be on its way, and why nobody else is at it")
{
    few_files e;
    e.add_seed("slow", [](request const&) { return std::vector<step>{pause_for{10s}}; });
    e.add_seed("busy", [](request const&) {
        return std::vector<step>{send_bytes{response("503 Busy", "Retry-After: 60\r\n", "")}};
    });
    e.start();
    e.outside.settle();
    auto const told = e.explain(0);
    CHECK(told.state == piece_state::under_way);
    REQUIRE(told.sources.size() == 1);
    CHECK(told.sources[0].seed_url == "http://slow/");
    CHECK(told.sources[0].bytes == 0);
    CHECK(excuses_of(told) == std::vector{seed_excuse::is_at_it, seed_excuse::asked_to_wait});
    CHECK(told.seeds[1].until > e.outside.time->now() + 59s);
    CHECK(told.seeds[1].cause.http_status == 503);
    auto const free = e.explain(2);
    CHECK(free.state == piece_state::missing);
    CHECK(excuses_of(free) == std::vector{seed_excuse::is_at_others, seed_excuse::asked_to_wait});
    auto const all = e.missing(5);
    REQUIRE(all.size() == 2);
    CHECK(all[1].count == 2);
    CHECK(e.missing(1).size() == 1);
}

TEST_CASE("after the end it is told which seed lacks what, with what it said; and of what is there nothing more")
{
    few_files e;
    e.add_seed("one", e.lacking());
    e.add_seed("two", e.lacking());
    CHECK(e.run() == errc::not_found);
    auto const all = e.missing(5);
    REQUIRE(all.size() == 1);
    CHECK(all[0].piece == piece_index{1});
    CHECK(all[0].count == 1);
    CHECK(excuses_of(all[0]) == std::vector{seed_excuse::lacks_file, seed_excuse::lacks_file});
    CHECK(all[0].seeds[1].cause.url == "http://two/t/b");
    CHECK(all[0].seeds[1].cause.http_status == 404);
    auto const there = e.explain(0);
    CHECK(there.state == piece_state::verified);
    CHECK(there.seeds.empty());
}

TEST_CASE("a file that is given up while it comes isn't missing after the end, and the figures say the same")
{
    few_files e;
    e.options.claim_size_first = e.options.claim_size_max = 64;
    e.add_seed("slow", [](request const&) { return std::vector<step>{pause_for{10s}}; });
    e.start();
    e.outside.settle();
    CHECK(e.explain(0).state == piece_state::under_way);
    CHECK_FALSE(e.running.set_wanted(file_index{0}, false));
    e.outside.settle();
    e.running.close();
    CHECK(e.run() == errc::closed);
    CHECK(e.explain(0).state == piece_state::unwanted);
    auto const all = e.missing(5);
    REQUIRE(all.size() == 1);
    CHECK(all[0].piece == piece_index{1});
    CHECK(all[0].count == 2);
    CHECK(e.running.stats().pieces == 2);
    CHECK(e.running.stats().bytes == 32);
}

TEST_CASE("a piece that isn't there can't be asked for, and who doesn't want to know any more needn't wait")
{
    few_files e;
    e.prepare();
    std::optional<error_code> told;
    e.running.async_explain(piece_index{3}, [&](error_code error, piece_report const&) { told = error; });
    e.outside.settle();
    CHECK(told == errc::option_invalid);
    told.reset();
    asio::cancellation_signal signal;
    auto take = [&](error_code error, piece_report const&) { told = error; };
    e.running.async_explain(piece_index{0}, asio::bind_cancellation_slot(signal.slot(), take));
    signal.emit(asio::cancellation_type::total);
    e.outside.settle();
    REQUIRE(told);
    CHECK((!*told || *told == asio::error::operation_aborted));
}

TEST_CASE("each change of what a seed does is told, once")
{
    few_files e;
    e.add_seed("a", first(status(503, {{"Retry-After", "60"}})).then(serving(e.files)));
    CHECK_FALSE(e.run());
    auto const told = e.events();
    CHECK(changes_in(told) == "a/fetching a/asked_to_wait a/fetching a/nothing_to_do ");
    CHECK(count<seed_added>(told) == 1);
    for (auto const& each : told)
        if (auto const* const change = std::get_if<seed_changed>(&each))
            CHECK((change->doing == seed_doing::asked_to_wait) == (change->cause.http_status == 503));
}

TEST_CASE("seeds that come and go are told, and files that are selected")
{
    few_files e;
    e.options.stays = true;
    e.add_good_seed("a");
    e.start();
    e.outside.settle();
    CHECK_FALSE(e.running.add_seed("http://late/"));
    e.outside.settle();
    e.running.remove_seed("http://late/");
    CHECK_FALSE(e.running.set_wanted(file_index{1}, false));
    CHECK_FALSE(e.running.set_wanted(file_index{1}, false));
    e.outside.settle();
    auto const told = e.events();
    CHECK(count<seed_added>(told) == 2);
    CHECK(count<seed_removed>(told) == 1);
    CHECK(count<file_selected>(told) == 1);
    CHECK(changes_in(told).ends_with("late/removed "));
}

TEST_CASE("what is found in the storage is told, with what came of it")
{
    few_files e;
    e.holds.bytes = e.content();
    e.holds.bytes[20] = '!';
    e.holds.stored = {{0, 48}};
    e.add_good_seed("a");
    CHECK_FALSE(e.run());
    auto const told = e.events();
    CHECK(count<check_begun>(told) == 1);
    CHECK(count<check_ended>(told) == 1);
    for (auto const& each : told)
    {
        if (auto const* const begun = std::get_if<check_begun>(&each))
            CHECK(begun->pieces == 3);
        if (auto const* const ended = std::get_if<check_ended>(&each))
        {
            CHECK(ended->pieces == 3);
            CHECK(ended->pieces_right == 2);
            CHECK(ended->bytes_right == 32);
        }
    }
    few_files nothing;
    nothing.add_good_seed("a");
    CHECK_FALSE(nothing.run());
    CHECK(count<check_begun>(nothing.events()) == 0);
}

TEST_CASE("work that is taken from a silent seed is told, with the piece that it had begun")
{
    few_files e;
    e.add_seed("silent", [](request const&) { return std::vector<step>{pause_for{1h}}; });
    e.add_seed("good", [&e](request const& asked) {
        auto steps = serving(e.files)(asked);
        steps.insert(steps.begin(), pause_for{10ms}); // so that it has a rate
        return steps;
    });
    CHECK_FALSE(e.run());
    auto const told = e.events();
    CHECK(count<claim_overdue>(told) == 1);
    for (auto const& each : told)
        if (auto const* const overdue = std::get_if<claim_overdue>(&each))
            CHECK(overdue->seed_url == "http://silent/");
}
