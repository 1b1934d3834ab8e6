// How long to leave somebody alone who failed: pauses that grow and differ. Pure: the random number is an argument.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace webseed::planning {

using duration = std::chrono::steady_clock::duration;
using time_point = std::chrono::steady_clock::time_point;

/// From 0 (included) to 1 (not included). @param random  uniform.
constexpr double share_of(std::uint64_t random) noexcept
{
    return static_cast<double>(random >> 11) * 0x1p-53;
}

/// Decorrelated jitter: uniform between half the first pause and three times the last, so that clients which failed
/// together don't come back together.
class backoff
{
public:
    /// @param first  the first pause is up to this long. @param max  and no pause is longer than this.
    backoff(duration first, duration max) noexcept
        : first_(first)
        , max_(max)
    {}

    /// How long the next pause is. @param random  uniform.
    duration next(std::uint64_t random) noexcept
    {
        auto const low = first_ / 2;
        auto const high = std::max(first_, last_ * 3);
        last_ = std::min(low + std::chrono::duration_cast<duration>((high - low) * share_of(random)), max_);
        return last_;
    }
    /// All is well: the pauses begin anew.
    void reset() noexcept { last_ = {}; }

private:
    duration first_;
    duration max_;
    duration last_{};
};

} // namespace webseed::planning
