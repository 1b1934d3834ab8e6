// The way from a public operation to a coroutine on the embedder's executor, and back to its completion handler.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <tuple>
#include <utility>

namespace webseed::core {

/// Runs `task` on `front`, cancelled through the handler's slot, and completes with what it returns: the handler's
/// arguments, the first an error_code. What it throws becomes errc::internal.
/// The task belongs to the execution context of `front`, and is destroyed with it.
template <class... Rest, class Handler>
void complete_with(
    boost::asio::any_io_executor const& front, boost::asio::awaitable<std::tuple<error_code, Rest...>> task,
    Handler handler)
{
    auto const executor = boost::asio::get_associated_executor(handler, front);
    auto const slot = boost::asio::get_associated_cancellation_slot(handler);
    auto complete =
        [handler = std::move(handler)](std::exception_ptr failure, std::tuple<error_code, Rest...> result) mutable {
            if (failure)
                std::get<0>(result) = errc::internal;
            std::apply(std::move(handler), std::move(result));
        };
    auto bound = boost::asio::bind_executor(executor, std::move(complete));
    boost::asio::co_spawn(front, std::move(task), boost::asio::bind_cancellation_slot(slot, std::move(bound)));
}

} // namespace webseed::core
