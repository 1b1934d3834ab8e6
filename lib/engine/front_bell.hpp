// Something has happened on a worker: heard on the embedder's executor.
#pragma once

#include "engine/bell_traits.hpp"

#include <webseed/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/basic_concurrent_channel.hpp>

#include <memory>
#include <mutex>

namespace webseed::core {

/// Once closed it refers to nothing of the executor's: what has ended may be destroyed on a worker after the embedder
/// has destroyed his execution context.
class front_bell
{
public:
    explicit front_bell(boost::asio::any_io_executor const& front);

    // From any thread:

    /// Lets a wait end, or if there is none, the next one.
    void ring();
    /// All waits end, now and from now on.
    void close();

    // On the front executor:

    /// Ends also on cancellation. In a coroutine that doesn't throw when it is cancelled.
    boost::asio::awaitable<void> wait();

private:
    using channel = boost::asio::experimental::basic_concurrent_channel<
        boost::asio::any_io_executor, bell_traits, void(error_code)>;

    std::shared_ptr<channel> current() const;

    mutable std::mutex mutex_;         // held for a copy or a swap
    std::shared_ptr<channel> channel_; // null: closed
};

} // namespace webseed::core
