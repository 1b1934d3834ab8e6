// How the others reach a requester: to wake it, to make it drop its claim, to make it leave.
#pragma once

#include "engine/wakeup.hpp"
#include "plan/plan.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <memory>
#include <optional>

namespace webseed::core {

class requester_link : public std::enable_shared_from_this<requester_link>
{
public:
    /// @param executor  serial: the requester's own.
    explicit requester_link(boost::asio::any_io_executor executor)
        : executor_(std::move(executor))
    {}

    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

    // From any thread:

    /// There may be work.
    void wake();
    /// Nothing that the requester brings counts from now on; whatever it waits for is cancelled.
    void close();
    bool is_closed() const noexcept { return is_closed_.load(std::memory_order_acquire); }
    /// Stops the work on this claim, if it is still that requester's. A write to the storage that is under way is
    /// finished first, and a piece that it completes still counts.
    void stop(planning::claim_id claim);
    /// Whether it waits for the storage.
    bool is_storing() const noexcept { return is_storing_.load(std::memory_order_relaxed); }
    /// Somebody is idle who could do part of what this one does.
    void ask_to_share() noexcept { is_asked_.store(true, std::memory_order_release); }
    /// What its seed has sent may have been mixed up, as it was asked for several things at once.
    void doubt() noexcept { is_doubted_.store(true, std::memory_order_release); }

    // From the requester, on its executor:

    boost::asio::cancellation_slot slot() { return wakeup_.slot(); }
    wakeup& waker() noexcept { return wakeup_; }
    void begin(planning::claim_id claim) noexcept;
    void end() noexcept;
    /// Whether the claim is to be dropped: it was stopped, or the link closed.
    bool is_stopped() const noexcept { return is_stopped_ || is_closed(); }
    /// Whether it has been asked to share, and since the last take_ask().
    bool is_asked() const noexcept { return is_asked_.load(std::memory_order_acquire); }
    bool take_ask() noexcept { return is_asked() && is_asked_.exchange(false); }
    /// Whether there has been a doubt.
    bool is_doubted() const noexcept { return is_doubted_.load(std::memory_order_acquire); }
    /// While set, stop() doesn't interrupt.
    void set_storing(bool storing) noexcept { is_storing_.store(storing, std::memory_order_relaxed); }

private:
    boost::asio::any_io_executor executor_;
    std::atomic<bool> is_closed_ = false;
    std::atomic<bool> is_asked_ = false;
    std::atomic<bool> is_doubted_ = false;
    wakeup wakeup_;
    std::optional<planning::claim_id> claim_;
    bool is_stopped_ = false;
    std::atomic<bool> is_storing_ = false;
};

} // namespace webseed::core
