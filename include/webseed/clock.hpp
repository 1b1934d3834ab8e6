// The seam to time and chance.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace webseed {

/// Called from all workers.
class clock
{
public:
    virtual ~clock() = default;

    virtual std::chrono::steady_clock::time_point now() const noexcept = 0;

    /// Completes at `time`, or early after terminal cancellation. time_point::max() is never.
    virtual boost::asio::awaitable<void> sleep_until(std::chrono::steady_clock::time_point time) = 0;

    /// Uniform over all values. Need not be unpredictable: it spreads retries.
    virtual std::uint64_t random() noexcept = 0;
};

/// std::chrono::steady_clock, and random numbers seeded by the operating system.
std::shared_ptr<clock> make_system_clock();

} // namespace webseed
