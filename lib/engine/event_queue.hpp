// Events on their way from a download to whoever listens.
#pragma once

#include <webseed/events.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace webseed::core {

/// Bounded: what doesn't fit is counted and dropped, so that a download whose events nobody wants holds no memory.
class event_queue
{
public:
    event_queue(boost::asio::any_io_executor executor, std::size_t count_max) : channel_(std::move(executor), count_max)
    {
    }

    /// From any thread.
    void push(event happened)
    {
        if (!channel_.try_send(error_code(), std::move(happened)))
            lost_.fetch_add(1, std::memory_order_relaxed);
    }

    /// After this, and after what is queued, everybody gets an error. From any thread.
    void close() { channel_.close(); }

    /// Completes with void(error_code, event).
    template <class CompletionToken>
    auto async_pop(CompletionToken&& token)
    {
        return channel_.async_receive(std::forward<CompletionToken>(token));
    }

    std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

private:
    boost::asio::experimental::concurrent_channel<void(error_code, event)> channel_;
    std::atomic<std::uint64_t> lost_ = 0;
};

} // namespace webseed::core
