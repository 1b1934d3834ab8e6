#include "engine/task_group.hpp"

#include "support/run.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <stdexcept>
#include <string>

using namespace webseed;
using core::task_group;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> work(int turns, int& ended)
{
    for (int i = 0; i != turns; ++i)
        co_await asio::post(asio::use_awaitable);
    ++ended;
}

asio::awaitable<void> fail(std::string why)
{
    co_await asio::post(asio::use_awaitable);
    throw std::runtime_error(why);
}

std::string text_of(std::exception_ptr const& failure)
{
    try
    {
        std::rethrow_exception(failure);
    }
    catch (std::exception const& error)
    {
        return error.what();
    }
}

} // namespace

TEST_CASE("a join completes when the last task has ended, and at once when there is none")
{
    auto ended = 0;
    auto all = [&]() -> asio::awaitable<int> {
        auto const home = co_await asio::this_coro::executor;
        task_group group(home, [](std::exception_ptr const&) {});
        co_await group.join();
        for (int turns = 0; turns != 10; ++turns)
            group.spawn(home, work(turns, ended));
        co_await group.join();
        co_return ended;
    };
    CHECK(test::run(all()) == 10);
}

TEST_CASE("what a task throws is told, once, and the others go on")
{
    std::string told;
    auto ended = 0;
    auto all = [&]() -> asio::awaitable<int> {
        auto const home = co_await asio::this_coro::executor;
        task_group group(home, [&](std::exception_ptr const& failure) { told += text_of(failure); });
        group.spawn(home, fail("unwell"));
        group.spawn(home, work(10, ended));
        co_await group.join();
        co_return ended;
    };
    CHECK(test::run(all()) == 1);
    CHECK(told == "unwell");
}

TEST_CASE("what a task spawns is joined, too")
{
    auto ended = 0;
    auto all = [&]() -> asio::awaitable<int> {
        auto const home = co_await asio::this_coro::executor;
        task_group group(home, [](std::exception_ptr const&) {});
        auto spawn_another = [&]() -> asio::awaitable<void> {
            group.spawn(home, work(5, ended));
            co_return;
        };
        group.spawn(home, spawn_another());
        co_await group.join();
        co_return ended;
    };
    CHECK(test::run(all()) == 1);
}
