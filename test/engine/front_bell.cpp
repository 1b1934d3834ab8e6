#include "engine/front_bell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <thread>

namespace asio = boost::asio;
using webseed::core::front_bell;

TEST_CASE("a bell may be rung before anybody waits, and ends all waits once it is closed")
{
    asio::io_context context{1};
    front_bell bell(context.get_executor());
    auto ended = 0;
    auto wait_often = [&]() -> asio::awaitable<void> {
        for (; ended != 3; ++ended)
            co_await bell.wait();
    };
    bell.ring();
    auto done = asio::co_spawn(context, wait_often, asio::use_future);
    context.poll();
    CHECK(ended == 1);
    bell.close();
    context.poll();
    CHECK(ended == 3);
    done.get();
}

// What is destroyed too late there is found by the sanitizers.
TEST_CASE("whoever has waited for a bell to close may destroy its context at once")
{
    for (auto i = 0; i != 1000; ++i)
    {
        std::thread worker;
        auto ended = false;
        {
            asio::io_context context{1};
            auto const bell = std::make_shared<front_bell>(context.get_executor());
            auto wait = [&]() -> asio::awaitable<void> {
                co_await bell->wait();
                ended = true;
            };
            auto done = asio::co_spawn(context, wait, asio::use_future);
            context.poll();
            worker = std::thread([bell] { bell->close(); });
            context.run();
            done.get();
        }
        CHECK(ended);
        worker.join();
    }
}
