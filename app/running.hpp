// The program's one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace webseed::app {

/// Runs the coroutine, and all else that the context has to do, to the end. Throws what the coroutine throws.
template <class T>
T run_to_end(boost::asio::io_context& context, boost::asio::awaitable<T> task)
{
    T result{};
    std::exception_ptr failure;
    auto const done = [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        result = std::move(value);
    };
    boost::asio::co_spawn(context, std::move(task), done);
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return result;
}

} // namespace webseed::app
