#include "engine/download_state.hpp"

#include "support/torrents.hpp"

#include <webseed/storage.hpp>

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace webseed;
using namespace webseed::test;
using core::requester_link;
namespace asio = boost::asio;

namespace {

constexpr auto now = time_point(std::chrono::hours(1));

// A state of its own, with requesters that are only waited for.
struct fixture
{
    explicit fixture(std::uint32_t pieces, planning::plan_options const& options = {})
        : fixture(torrent_of({{{"f"}, pieces * 16ull}}, 16), options)
    {}
    explicit fixture(
        metainfo const& torrent, planning::plan_options const& options = {}, std::unique_ptr<storage> in = nullptr)
        : store(std::move(in))
        , layout(torrent)
        , state(layout, options, events, board, store.get())
    {}

    // Returns its only requester.
    planning::requester_id add_seed(std::string const& url)
    {
        links.push_back(std::make_shared<requester_link>(context.get_executor()));
        return state.add_seed(url, url, {&links.back(), 1}).at(0);
    }

    // Says what is in the storage: one piece of it.
    void check(bool is_right)
    {
        auto const run = state.next_check(1);
        state.checked(run, {is_right}, now);
    }

    bool is_rung(std::size_t index)
    {
        context.poll();
        context.restart();
        auto rung = std::make_shared<bool>(false);
        auto done = [rung, timer = timer, link = links[index]](std::exception_ptr) { *rung = true; };
        asio::co_spawn(context, links[index]->waker().wait(*timer, time_point::max()), done);
        context.poll();
        return *rung;
    }

    std::shared_ptr<webseed::clock> timer = make_system_clock();
    asio::io_context context{1};
    std::unique_ptr<storage> store;
    torrent::layout layout;
    core::event_queue events{context.get_executor(), 10};
    core::published<stats> board;
    std::vector<std::shared_ptr<requester_link>> links;
    core::download_state state;
};

} // namespace

TEST_CASE("who is closed after it was woken passes the wake on in the same turn")
{
    fixture f(1);
    f.state.withhold({0, 1});
    auto const a = f.add_seed("http://a/");
    auto const b = f.add_seed("http://b/");
    CHECK(std::holds_alternative<planning::wait>(f.state.next(a, now)));
    CHECK(std::holds_alternative<planning::wait>(f.state.next(b, now)));
    f.check(false); // which wakes the first
    f.state.close_seed("http://a/");
    CHECK(f.is_rung(1));
    CHECK(std::holds_alternative<planning::fetch>(f.state.next(b, now)));
}

TEST_CASE("what is complete has ended well, even if it is closed before anybody noticed")
{
    fixture f(1);
    f.state.withhold({0, 1});
    f.check(true);
    f.state.close(errc::closed, {});
    CHECK(f.state.conclude().error == error_code());
}

TEST_CASE("the first reason to close counts")
{
    fixture f(1);
    f.state.close(errc::disk_full, {});
    f.state.close(errc::closed, {});
    CHECK(f.state.conclude().error == errc::disk_full);
}

TEST_CASE("who reads what nobody wanted, once all else is complete, is told so and changes nothing")
{
    file_index const wanted[] = {file_index{0}};
    auto const torrent = torrent_of({{{"a"}, 20}, {{"b"}, 12}}, 16).select(wanted);
    fixture f(torrent, {}, make_file_storage(torrent, "nowhere")); // which has dropped what b has of the second piece
    f.state.withhold({0, 2});
    f.check(true);
    f.check(true);
    auto const read = [&f](std::uint32_t file, byte_range range) {
        core::reader_place place;
        place.file = file_index{file};
        place.range = range;
        auto const worker = f.context.get_executor();
        return f.state.look_at(std::make_shared<core::read_request>(worker, worker, place, range));
    };
    CHECK(read(1, {20, 12}) == errc::closed);
    CHECK(read(0, {10, 10}) == error_code());
    auto const how = f.state.conclude();
    CHECK(how.error == error_code());
    CHECK(how.known.verified == std::vector<bool>{true, true});
}

TEST_CASE("what each seed does is told at once when nobody fetches anything")
{
    fixture f(4);
    auto const a = f.add_seed("http://a/");
    auto const b = f.add_seed("http://b/");
    auto const told = [&f](std::size_t seed) { return f.board.get().seeds[seed]; };
    REQUIRE(std::holds_alternative<planning::fetch>(f.state.next(a, now)));
    CHECK(told(0).doing == seed_doing::fetching);
    CHECK(told(0).claims == 1);
    CHECK(f.board.get().pieces_under_way == 4);
    f.state.decline(b, now, now + std::chrono::minutes(5)); // within a moment of what was told before
    core::result_of_claim refused;
    refused.outcome.kind = planning::outcome_kind::busy;
    refused.outcome.retry_after = std::chrono::seconds(100);
    f.state.settle(a, {}, refused, now, 0);
    CHECK(told(0).doing == seed_doing::asked_to_wait);
    CHECK(told(0).until == now + std::chrono::seconds(100));
    CHECK(told(1).doing == seed_doing::host_is_full);
    CHECK(told(1).until == now + std::chrono::minutes(5));
    CHECK(f.board.get().pieces_under_way == 0);
    f.state.close_seed("http://a/");
    CHECK(told(0).doing == seed_doing::removed);
    f.state.refuse_seed("odd:", errc::scheme_unsupported);
    CHECK(told(2).doing == seed_doing::given_up);
}

TEST_CASE("who can't ask its host judges what has come in parts, and where it is doesn't matter")
{
    planning::plan_options options;
    options.part_size_max = 4;
    fixture f(1, options);
    auto const a = f.add_seed("http://a/");
    auto const b = f.add_seed("http://b/");
    auto const bring = [&](planning::requester_id id, std::uint64_t until) {
        CHECK(std::holds_alternative<planning::fetch>(f.state.next(id, now)));
        core::result_of_claim stopped;
        stopped.outcome.kind = planning::outcome_kind::stopped;
        f.state.settle(id, {.until = until}, stopped, now, 0);
    };
    bring(a, 9); // of which the last byte is the first of a part
    bring(b, 16);
    auto const action = f.state.decline(b, now, now + std::chrono::minutes(5));
    REQUIRE(std::holds_alternative<planning::judge>(action));
    auto const& work = std::get<planning::judge>(action);
    CHECK(work.parts.size() == 4);
    CHECK(std::holds_alternative<planning::wait>(f.state.decline(a, now, now + std::chrono::minutes(5))));
    f.state.judged(0, planning::finding::right, std::vector<sha1_hash>(4), now);
    auto const told = f.board.get();
    CHECK(told.bytes_verified == 16);
    CHECK(told.seeds[0].bytes_verified == 8);
    CHECK(told.seeds[1].bytes_verified == 8);
}
