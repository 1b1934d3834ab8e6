// Limits of the rate at which bodies are read: those of a seed, of its download, of the engine.
#pragma once

#include "plan/rate_limit.hpp"

#include <webseed/network.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>

namespace webseed::core {

/// A limit that several share. Any thread.
class shared_limit
{
public:
    explicit shared_limit(std::uint64_t rate)
        : limit_(rate)
    {}

    time_point take(std::uint64_t bytes, time_point now)
    {
        std::lock_guard const lock(mutex_);
        return limit_.take(bytes, now);
    }
    std::size_t quantum() const
    {
        std::lock_guard const lock(mutex_);
        return limit_.quantum();
    }

private:
    mutable std::mutex mutex_; // held for a calculation
    planning::rate_limit limit_;
};

/// A limit, or none where there is no rate to keep to.
inline std::shared_ptr<shared_limit> make_limit(std::uint64_t rate)
{
    return rate != 0 ? std::make_shared<shared_limit>(rate) : nullptr;
}

/// All the limits that one reader is to keep to.
class throttle
{
public:
    throttle(
        std::shared_ptr<shared_limit> first, std::shared_ptr<shared_limit> second = {},
        std::shared_ptr<shared_limit> third = {})
        : limits_{std::move(first), std::move(second), std::move(third)}
    {
        for (auto const& limit : limits_)
            if (limit)
                quantum_ = std::min(quantum_, limit->quantum());
    }

    /// Books what was just read. Returns when to read on.
    time_point took(std::uint64_t bytes, time_point now)
    {
        due_ = now;
        for (auto const& limit : limits_)
            if (limit)
                due_ = std::max(due_, limit->take(bytes, now));
        return due_;
    }
    /// What it returned last: before that not even the next response is to begin.
    time_point due() const noexcept { return due_; }
    /// The most to read at once.
    std::size_t quantum() const noexcept { return quantum_; }
    bool is_limited() const noexcept { return quantum_ != std::numeric_limits<std::size_t>::max(); }

private:
    std::array<std::shared_ptr<shared_limit>, 3> limits_;
    time_point due_ = time_point::min();
    std::size_t quantum_ = std::numeric_limits<std::size_t>::max();
};

} // namespace webseed::core
