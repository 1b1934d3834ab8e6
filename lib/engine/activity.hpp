// What an engine has under way, from its start to its end: what all such things have in common, and all that the engine
// needs to know of them in order to stop.
#pragma once

#include "engine/front_bell.hpp"

#include <webseed/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>

namespace webseed::core {

class activity
{
public:
    virtual ~activity() = default;
    activity(activity const&) = delete;
    activity& operator=(activity const&) = delete;

    // From any thread:

    /// Starts it, if it has neither been started nor closed.
    virtual void start() = 0;
    /// Ends it; soon after, wait_ended() completes.
    virtual void close(error_code reason) = 0;
    /// On the front executor: completes when everything has ended, or on cancellation.
    boost::asio::awaitable<void> wait_ended();
    /// Blocks until nothing of it runs any more. Only after close(), and not on a worker.
    void join() const { phase_.wait(phase::running); }

protected:
    /// @param front  the embedder's executor.
    explicit activity(boost::asio::any_io_executor const& front);

    enum class phase
    {
        fresh,
        running,
        ended,
    };

    /// Whether it is to run from now on: true once at most.
    bool begin() noexcept;
    /// Ends it if it was never started; end() is to follow then. Returns the phase before.
    phase retire() noexcept;
    bool has_ended() const noexcept { return phase_ == phase::ended; }
    /// The last thing that happens: who joins may then destroy what it refers to.
    void end();

private:
    front_bell ended_; // closed at the end
    std::atomic<phase> phase_ = phase::fresh;
};

/// Starts it, and waits until it has ended; cancelled, it closes it first. On the front executor, in a coroutine that
/// doesn't throw when it is cancelled.
boost::asio::awaitable<void> run_to_end(std::shared_ptr<activity> started);

} // namespace webseed::core
