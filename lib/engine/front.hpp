// The way from a public operation to a coroutine on the embedder's executor, and back to its completion handler.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace webseed::core {

/// Where an operation runs, and what cancels it there. Belongs to the operation: who wants to cancel may come too late.
struct front_operation
{
    explicit front_operation(boost::asio::any_io_executor const& front)
        : home(boost::asio::make_strand(front))
    {}

    boost::asio::any_io_executor home; // serial, also where the embedder's executor has several threads
    boost::asio::cancellation_signal cancel;
};

/// Runs `task` on `front`, cancelled through the handler's slot, and completes with what it returns: the handler's
/// arguments, the first an error_code. What it throws becomes errc::internal.
/// The slot's signal is emitted on the handler's executor, which may be another than `front`. (Asio 1.26's co_spawn
/// would send a pointer into the slot from there to here.)
/// The task belongs to the execution context of `front`, and is destroyed with it.
template <class... Rest, class Handler>
void complete_with(
    boost::asio::any_io_executor const& front, boost::asio::awaitable<std::tuple<error_code, Rest...>> task,
    Handler handler)
{
    auto const operation = std::make_shared<front_operation>(front);
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected())
        slot.assign([weak = std::weak_ptr(operation)](boost::asio::cancellation_type type) {
            if (auto const found = weak.lock())
                boost::asio::post(found->home, [found, type] { found->cancel.emit(type); });
        });
    auto work = boost::asio::make_work_guard(boost::asio::get_associated_executor(handler, front));
    auto complete = [operation, work = std::move(work), handler = std::move(handler)](
                        std::exception_ptr failure, std::tuple<error_code, Rest...> result) mutable {
        if (failure)
            std::get<0>(result) = errc::internal;
        auto finish = [handler = std::move(handler), result = std::move(result)]() mutable {
            std::apply(std::move(handler), std::move(result));
        };
        boost::asio::dispatch(work.get_executor(), std::move(finish));
    };
    // It has no executor of its own, so that the slot acts on the task in place.
    auto bound = boost::asio::bind_cancellation_slot(operation->cancel.slot(), std::move(complete));
    boost::asio::co_spawn(operation->home, std::move(task), std::move(bound));
}

} // namespace webseed::core
