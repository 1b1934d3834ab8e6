#include "engine/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

task_group::task_group(asio::any_io_executor home, std::function<void(std::exception_ptr)> on_failure)
    : home_(std::move(home))
    , on_failure_(std::move(on_failure))
    , all_ended_(home_, 1)
{}

void task_group::spawn(asio::any_io_executor where, asio::awaitable<void> task, asio::cancellation_slot slot)
{
    ++count_;
    // The handler has no executor of its own, so that the slot acts on the task in place, not by way of a queue.
    auto report = [this](std::exception_ptr failure) {
        asio::post(home_, [this, failure = std::move(failure)] { ended(failure); });
    };
    asio::co_spawn(std::move(where), std::move(task), asio::bind_cancellation_slot(slot, std::move(report)));
}

void task_group::ended(std::exception_ptr failure)
{
    if (failure)
        on_failure_(failure);
    if (--count_ == 0)
        all_ended_.try_send(boost::system::error_code());
}

asio::awaitable<void> task_group::join()
{
    while (count_ != 0)
        co_await all_ended_.async_receive(asio::as_tuple(asio::use_awaitable));
}

} // namespace webseed::core
