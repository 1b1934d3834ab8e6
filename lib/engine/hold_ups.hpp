// Whether a download is held up on our side: bytes wait for the storage or for memory, and not for a server, which is
// then not to be blamed.
#pragma once

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <atomic>
#include <chrono>

namespace webseed::core {

/// Any thread.
class hold_ups
{
public:
    /// A step on our side begins, which must end().
    void begin(time_point now) noexcept
    {
        ++pending_;
        note(changed_at_, now);
    }
    void end(time_point began, time_point now) noexcept
    {
        --pending_;
        note(changed_at_, now);
        if (now - began >= long_time)
            note(long_until_, now);
    }

    /// Whether nothing of the kind gets on, or that was so a moment ago: who waited for a thread meanwhile has heard
    /// nothing of its server.
    bool is_held_up(time_point now) const noexcept
    {
        auto const is_stuck = pending_ != 0 && now - noted(changed_at_) >= long_time;
        return is_stuck || now - noted(long_until_) < catch_up_time;
    }

private:
    static constexpr auto long_time = std::chrono::milliseconds(250);
    static constexpr auto catch_up_time = std::chrono::seconds(1);
    using moment = std::atomic<time_point::rep>;

    static void note(moment& at, time_point now) noexcept
    {
        at.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    static time_point noted(moment const& at) noexcept
    {
        return time_point(time_point::duration(at.load(std::memory_order_relaxed)));
    }

    std::atomic<int> pending_ = 0;
    moment changed_at_ = 0;
    moment long_until_ = time_point::min().time_since_epoch().count() / 2;
};

/// Such a step, for as long as it lives.
class hold_up
{
public:
    /// The references must outlive it.
    hold_up(hold_ups& all, clock& time)
        : all_(all)
        , time_(time)
        , began_(time.now())
    {
        all_.begin(began_);
    }
    hold_up(hold_up const&) = delete;
    hold_up& operator=(hold_up const&) = delete;
    ~hold_up() { all_.end(began_, time_.now()); }

private:
    hold_ups& all_;
    clock& time_;
    time_point began_;
};

} // namespace webseed::core
