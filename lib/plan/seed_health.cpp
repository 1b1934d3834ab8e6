#include "plan/seed_health.hpp"

#include <algorithm>

namespace webseed::planning {

void seed_health::delivered() noexcept
{
    failures_ = 0;
    busy_ = 0;
    last_pause_ = {};
}

void seed_health::failed(time_point now, std::uint64_t random) noexcept
{
    if (++failures_ >= options_.failure_count_max)
        given_up_ = true;
    pause(now, {}, random);
}

void seed_health::busy(time_point now, std::optional<duration> retry_after, std::uint64_t random) noexcept
{
    if (++busy_ >= options_.busy_count_max)
        given_up_ = true;
    auto const wish = std::clamp(retry_after.value_or(duration{}), duration{}, options_.retry_after_max);
    pause(now, wish, random);
}

void seed_health::sent_bad_piece() noexcept
{
    if (++bad_pieces_ >= options_.bad_piece_count_max)
        given_up_ = true;
}

// Decorrelated jitter: uniform between half the first pause and three times the last, so that clients which failed
// together don't come back together.
void seed_health::pause(time_point now, duration least, std::uint64_t random) noexcept
{
    auto const low = options_.pause_first / 2;
    auto const high = std::max(options_.pause_first, last_pause_ * 3);
    auto const share = static_cast<double>(random >> 11) * 0x1p-53;
    auto const jittered = low + std::chrono::duration_cast<duration>((high - low) * share);
    last_pause_ = std::min(jittered, options_.pause_max);
    pause_end_ = std::max(pause_end_, now + std::max(last_pause_, least));
}

} // namespace webseed::planning
