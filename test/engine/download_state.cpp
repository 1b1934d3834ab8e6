#include "engine/download_state.hpp"

#include "support/torrents.hpp"

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
    explicit fixture(std::uint32_t pieces)
        : layout(torrent_of({{{"f"}, pieces * 16ull}}, 16))
        , state(layout, {}, events, board)
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
