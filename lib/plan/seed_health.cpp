#include "plan/seed_health.hpp"

#include <algorithm>

namespace webseed::planning {

void seed_health::delivered() noexcept
{
    failures_ = 0;
    busy_ = 0;
    backoff_.reset();
}

void seed_health::failed(time_point now, std::uint64_t random) noexcept
{
    if (++failures_ >= options_.failure_count_max)
        given_up_ = true;
    has_asked_to_wait_ = false;
    pause(now, {}, random);
}

void seed_health::busy(time_point now, std::optional<duration> retry_after, std::uint64_t random) noexcept
{
    auto const wish = std::clamp(retry_after.value_or(duration{}), duration{}, options_.retry_after_max);
    if (now < pause_end_)
    {
        pause_end_ = std::max(pause_end_, now + wish);
        return;
    }
    if (++busy_ >= options_.busy_count_max)
        given_up_ = true;
    has_asked_to_wait_ = true;
    pause(now, wish, random);
}

void seed_health::rest(time_point now, std::uint64_t random) noexcept
{
    has_asked_to_wait_ = false;
    pause(now, {}, random);
}

void seed_health::sent_bad_piece() noexcept
{
    if (++bad_pieces_ >= options_.bad_piece_count_max)
        given_up_ = true;
}

void seed_health::forgive() noexcept
{
    failures_ = 0;
    backoff_.reset();
}

void seed_health::pause(time_point now, duration least, std::uint64_t random) noexcept
{
    pause_end_ = std::max(pause_end_, now + std::max(backoff_.next(random), least));
}

} // namespace webseed::planning
