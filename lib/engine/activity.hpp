// What an engine has under way, as far as the engine needs to know it in order to stop.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/awaitable.hpp>

namespace webseed::core {

class activity
{
public:
    virtual ~activity() = default;

    /// Ends it; soon after, wait_ended() completes. Any thread.
    virtual void close(error_code reason) = 0;
    /// On the front executor: completes when everything has ended, or on cancellation.
    virtual boost::asio::awaitable<void> wait_ended() = 0;
    /// Blocks until nothing of it runs any more. Only after close(), and not on a worker.
    virtual void join() const = 0;
};

} // namespace webseed::core
