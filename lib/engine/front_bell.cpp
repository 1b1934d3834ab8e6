#include "engine/front_bell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

front_bell::front_bell(asio::any_io_executor const& front)
    : channel_(std::make_shared<channel>(front, 1))
{}

std::shared_ptr<front_bell::channel> front_bell::current() const
{
    std::lock_guard const lock(mutex_);
    return channel_;
}

void front_bell::ring()
{
    if (auto const open = current())
        open->try_send(error_code());
}

void front_bell::close()
{
    std::shared_ptr<channel> last;
    {
        std::lock_guard const lock(mutex_);
        last.swap(channel_);
    }
    if (!last)
        return;
    // Who waits may destroy the context as soon as it has nothing to do: not before the channel, a part of it, is gone.
    auto const work = asio::make_work_guard(last->get_executor());
    last->close();
    last.reset();
}

asio::awaitable<void> front_bell::wait()
{
    auto const open = current();
    if (open)
        co_await open->async_receive(asio::as_tuple(asio::use_awaitable));
}

} // namespace webseed::core
