// The channel on which a requester waits for work, and through which it is interrupted.
#pragma once

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace webseed::core {

/// Lives on the strand of one coroutine, which alone waits, and which was spawned with slot(). A ring is latched: one
/// that comes while nobody waits ends the next wait at once, and several are as good as one.
class wakeup
{
public:
    /// Through this the coroutine is interrupted; it must outlive the coroutine.
    boost::asio::cancellation_slot slot() { return signal_.slot(); }

    /// Suspends until rung, or until the time; time_point::max() is never. Clears the latch.
    boost::asio::awaitable<void> wait(clock& time, time_point until);

    /// Ends the wait, or the next one. On the coroutine's strand.
    void ring();

    /// Cancels whatever the coroutine is suspended in. It must then reset its cancellation state. On its strand.
    void interrupt() { signal_.emit(boost::asio::cancellation_type::terminal); }

private:
    boost::asio::cancellation_signal signal_;
    bool is_rung_ = false;
    bool is_waiting_ = false;
};

} // namespace webseed::core
