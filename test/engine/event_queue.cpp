#include "engine/event_queue.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

using namespace webseed;
using core::event_queue;
namespace asio = boost::asio;

namespace {

struct fixture
{
    explicit fixture(std::size_t count_max = 3)
        : queue(context.get_executor(), count_max)
    {}

    void pop()
    {
        auto complete = [this](std::exception_ptr, std::tuple<error_code, event> got) {
            auto const& [error, happened] = got;
            auto const* const finished = std::get_if<file_finished>(&happened);
            told += error ? "end " : std::to_string(to_number(finished->file)) + " ";
        };
        asio::co_spawn(context, queue.pop(), complete);
    }
    void push(std::uint32_t number) { queue.push(file_finished{file_index(number)}); }
    void poll()
    {
        context.restart();
        context.poll();
    }

    asio::io_context context{1};
    event_queue queue;
    std::string told;
};

} // namespace

TEST_CASE("who waits for an event is told as soon as it happens, each of several of another one")
{
    fixture f;
    f.pop();
    f.poll();
    CHECK(f.told.empty());
    f.push(0);
    f.poll();
    CHECK(f.told == "0 ");
    f.pop();
    f.pop();
    f.poll();
    f.push(1);
    f.push(2);
    f.poll();
    CHECK(f.told == "0 1 2 ");
}

TEST_CASE("who was woken for an event that somebody else has taken goes on waiting")
{
    fixture f;
    f.pop();
    f.poll();
    f.push(0);
    CHECK(f.queue.try_pop());
    CHECK_FALSE(f.queue.try_pop());
    f.poll();
    CHECK(f.told.empty());
    f.push(1);
    f.poll();
    CHECK(f.told == "1 ");
}

TEST_CASE("of several events one is told, and the others can be taken without waiting")
{
    fixture f;
    f.pop();
    f.poll();
    f.push(0);
    f.push(1);
    f.push(2);
    f.poll();
    CHECK(f.told == "0 ");
    CHECK(to_number(std::get<file_finished>(f.queue.try_pop().value()).file) == 1);
    f.pop();
    f.poll();
    CHECK(f.told == "0 2 ");
}

TEST_CASE("of many events at once one is told of, when all are there")
{
    fixture f(6);
    f.pop();
    f.poll();
    {
        event_queue::batch const all(f.queue);
        {
            event_queue::batch const some(f.queue);
            f.push(0);
            f.push(1);
        }
        f.push(2);
        f.poll();
        CHECK(f.told.empty());
    }
    f.poll();
    CHECK(f.told == "0 ");
    f.pop();
    f.pop();
    f.pop();
    f.poll();
    CHECK(f.told == "0 1 2 ");
    f.push(3);
    f.poll();
    CHECK(f.told == "0 1 2 3 ");
}

TEST_CASE("of more events at once than half of what is kept one is told of before all are there")
{
    fixture f(4);
    f.pop();
    f.poll();
    event_queue::batch const all(f.queue);
    f.push(0);
    f.push(1);
    f.poll();
    CHECK(f.told.empty());
    f.push(2);
    f.poll();
    CHECK(f.told == "0 ");
}

TEST_CASE("events wait for whoever asks, in order and up to a limit, and then there is an end")
{
    fixture f;
    for (std::uint32_t i = 0; i != 5; ++i)
        f.push(i);
    f.queue.close();
    for (int i = 0; i != 5; ++i)
        f.pop();
    f.poll();
    CHECK(f.told == "0 1 2 end end ");
    CHECK(f.queue.lost() == 2);
}

TEST_CASE("the end is told to everybody who waits")
{
    fixture f;
    f.pop();
    f.pop();
    f.poll();
    f.queue.close();
    f.poll();
    CHECK(f.told == "end end ");
}

TEST_CASE("what doesn't fit is dropped and counted, and there is room again once something is taken")
{
    asio::io_context context{1};
    core::event_queue queue(context.get_executor(), 2);
    for (std::uint32_t i = 0; i != 5; ++i)
        queue.push(file_finished{file_index{i}});
    CHECK(queue.lost() == 3);
    auto const first = queue.try_pop();
    REQUIRE(first);
    CHECK(std::get<file_finished>(*first).file == file_index{0});
    queue.push(file_finished{file_index{7}});
    CHECK(queue.lost() == 3);
    CHECK(std::get<file_finished>(queue.try_pop().value()).file == file_index{1});
    CHECK(std::get<file_finished>(queue.try_pop().value()).file == file_index{7});
    CHECK(!queue.try_pop());
}

TEST_CASE("from half the bound on, only the newest change of each seed waits, where it belongs")
{
    asio::io_context context{1};
    core::event_queue queue(context.get_executor(), 6);
    auto const change = [&queue](std::string const& url, seed_doing doing) {
        queue.push(seed_changed{url, doing, {}, {}});
    };
    change("a", seed_doing::fetching);
    change("a", seed_doing::backing_off);
    change("a", seed_doing::fetching); // until here there was room enough
    queue.push(file_finished{file_index{1}});
    change("a", seed_doing::silent);
    change("b", seed_doing::fetching);
    for (auto i = 0; i != 100; ++i)
        change("b", i % 2 == 0 ? seed_doing::nothing_to_do : seed_doing::too_slow);
    CHECK(queue.lost() == 0);
    std::string told;
    while (auto const next = queue.try_pop())
    {
        auto const* const changed = std::get_if<seed_changed>(&*next);
        told += changed ? changed->seed_url + std::to_string(static_cast<int>(changed->doing)) + " " : "file ";
    }
    CHECK(told == "a0 a6 file a7 b3 ");
}
