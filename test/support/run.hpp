// Runs a coroutine to its end on the calling thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace webseed::test {

/// Returns what `operation` returns and throws what it throws; also throws if it waits for something that never comes.
template <class T>
T run(boost::asio::awaitable<T> operation)
{
    boost::asio::io_context context{1};
    auto outcome = boost::asio::co_spawn(context, std::move(operation), boost::asio::use_future);
    context.run();
    if (outcome.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
        throw std::runtime_error("the coroutine waits for something that never comes");
    return outcome.get();
}

} // namespace webseed::test
