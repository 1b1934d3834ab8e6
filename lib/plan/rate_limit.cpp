#include "plan/rate_limit.hpp"

#include <algorithm>

namespace webseed::planning {

namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t rate_max = std::uint64_t{1} << 34; // times a second's nanoseconds that still fits 64 bits
constexpr std::uint64_t second = 1'000'000'000;
constexpr auto burst = std::chrono::milliseconds(50);
constexpr auto debt_max = std::chrono::hours(24);

} // namespace

rate_limit::rate_limit(std::uint64_t rate) noexcept
{
    set(rate);
}

void rate_limit::set(std::uint64_t rate) noexcept
{
    rate = rate > rate_max ? 0 : rate;
    if (rate == rate_)
        return;
    rate_ = rate;
    paid_off_ = time_point::min();
    rest_ = 0;
}

rate_limit::time_point rate_limit::take(std::uint64_t bytes, time_point now) noexcept
{
    if (rate_ == 0)
        return now;
    constexpr auto seconds_max = static_cast<std::uint64_t>(std::chrono::seconds(debt_max).count());
    auto const seconds = std::min(bytes / rate_, seconds_max);
    auto const parts = bytes % rate_ * second + rest_;
    rest_ = parts % rate_;
    auto const cost = nanoseconds(static_cast<std::int64_t>(seconds * second + parts / rate_));
    paid_off_ = std::min(std::max(paid_off_, now - burst) + cost, now + debt_max);
    return paid_off_;
}

std::size_t rate_limit::quantum() const noexcept
{
    constexpr std::uint64_t least = 512;
    constexpr std::uint64_t most = 256u << 10;
    constexpr auto reads_per_second = std::chrono::seconds(1) / burst;
    if (rate_ == 0)
        return most;
    return static_cast<std::size_t>(std::clamp(rate_ / reads_per_second, least, most));
}

} // namespace webseed::planning
