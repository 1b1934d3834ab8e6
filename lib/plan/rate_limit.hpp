// So many bytes a second, of one or many takers together. Pure, and not safe to share: whoever holds it guards it.
//
// Bytes are booked when they have been read, and whoever booked some waits until all that was booked, by anybody, is
// paid off. So takers that read equally much at once take turns, and each has its share.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace webseed::planning {

class rate_limit
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param rate  bytes a second; 0: as many as come. So is what no network has, more than 2^34.
    explicit rate_limit(std::uint64_t rate) noexcept;

    /// Books bytes that were read just now. Returns when the next may be read: at once if that is not after `now`.
    /// Time in which nobody read is made up for, but no more than 50 ms of it; no debt is longer than a day.
    time_point take(std::uint64_t bytes, time_point now) noexcept;

    /// Bytes to read at once, at the most, so that reads come about every 50 ms: from 512 to 256 Ki.
    std::size_t quantum() const noexcept;

    /// Bytes a second from now on; 0: as many as come. With another rate debts are forgotten, and who waits for the
    /// time that take() told needn't any more.
    void set(std::uint64_t rate) noexcept;
    std::uint64_t rate() const noexcept { return rate_; }

private:
    std::uint64_t rate_ = 0;
    time_point paid_off_ = time_point::min(); // when everything booked is paid
    std::uint64_t rest_ = 0;                  // of a nanosecond, in parts of rate_: nothing is lost to rounding
};

} // namespace webseed::planning
