// Coroutines that belong together: none is left behind.
#pragma once

#include "engine/bell_traits.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/basic_channel.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace webseed::core {

/// Counts its tasks on one serial executor, its home; used there only. Must be joined before it is destroyed, unless
/// the execution contexts of its tasks are destroyed first.
class task_group
{
public:
    /// @param on_failure  called at home with what a task threw.
    task_group(boost::asio::any_io_executor home, std::function<void(std::exception_ptr)> on_failure);

    /// Starts a task on `where`, a serial executor. @param slot  cancels the task; emitted on `where` only.
    void spawn(
        boost::asio::any_io_executor where, boost::asio::awaitable<void> task,
        boost::asio::cancellation_slot slot = {});

    /// Completes once no task is left, whatever they spawned meanwhile included. Not to be cancelled.
    boost::asio::awaitable<void> join();

private:
    void ended(std::exception_ptr failure);

    boost::asio::any_io_executor home_;
    std::function<void(std::exception_ptr)> on_failure_;
    boost::asio::experimental::basic_channel<boost::asio::any_io_executor, bell_traits, void(boost::system::error_code)>
        all_ended_;
    std::size_t count_ = 0;
};

} // namespace webseed::core
