#include "engine/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using webseed::core::task_group;

namespace {

asio::awaitable<void> nothing()
{
    co_return;
}

asio::awaitable<void> failure()
{
    throw std::runtime_error("no");
    co_return;
}

// Runs all tasks of the group. Returns whether joining it came to an end.
bool run_joined(asio::io_context& context, task_group& group)
{
    auto is_joined = false;
    asio::co_spawn(context, group.join(), [&](std::exception_ptr) { is_joined = true; });
    context.run();
    return is_joined;
}

} // namespace

TEST_CASE("what a task throws is told once, and the others are joined all the same")
{
    asio::io_context context{1};
    auto told = std::string();
    auto on_failure = [&](std::exception_ptr thrown) {
        try
        {
            std::rethrow_exception(thrown);
        }
        catch (std::exception const& error)
        {
            told += error.what();
        }
    };
    task_group group(context.get_executor(), on_failure);
    group.spawn(context.get_executor(), nothing());
    group.spawn(context.get_executor(), failure());
    group.spawn(context.get_executor(), nothing());
    CHECK(run_joined(context, group));
    CHECK(told == "no");
}

TEST_CASE("what a task spawns is joined, too, and a group without tasks is joined at once")
{
    asio::io_context context{1};
    task_group group(context.get_executor(), [](std::exception_ptr) {});
    auto spawned = 0;
    auto spawn_another = [&]() -> asio::awaitable<void> {
        ++spawned;
        group.spawn(context.get_executor(), nothing());
        co_return;
    };
    group.spawn(context.get_executor(), spawn_another());
    CHECK(run_joined(context, group));
    CHECK(spawned == 1);
    context.restart();
    CHECK(run_joined(context, group));
}
