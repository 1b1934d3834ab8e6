#include "plan/pace.hpp"

#include <algorithm>
#include <utility>

namespace webseed::planning {

namespace {

constexpr auto gap_min = std::chrono::milliseconds(50);
constexpr auto gap_max = std::chrono::seconds(30);
constexpr auto floor_time = std::chrono::minutes(1);
constexpr std::uint64_t shrink_count = 10;
constexpr auto shrink_time = std::chrono::seconds(10); // or as many seconds, where requests are far apart
constexpr unsigned useless_rounds_max = 4;
constexpr std::uint64_t useful_count_min = 16; // times 4
constexpr auto useless_time_max = std::chrono::minutes(10);

duration scaled(duration time, double factor)
{
    return std::chrono::duration_cast<duration>(time * factor);
}

} // namespace

time_point pace::reserve(time_point now, unsigned active) noexcept
{
    // Turns that were taken and not used don't add up.
    auto const start = std::min(std::max(now, next_), now + gap_ * active);
    next_ = start + gap_;
    if (starts_++ == 0)
        first_start_ = start;
    return start;
}

void pace::delivered(time_point now) noexcept
{
    ++delivered_;
    if (gap_ == duration{} || (++unshrunk_ < shrink_count && now - shrunk_at_ < shrink_time))
        return;
    unshrunk_ = 0;
    shrunk_at_ = now;
    if (now >= floor_end_)
        floor_ = {};
    gap_ = std::min(gap_, std::max(scaled(gap_, 0.95), floor_));
    if (gap_ < gap_min / 4)
        gap_ = {};
}

bool pace::refused(time_point now, unsigned active, bool is_proven) noexcept
{
    auto const count = std::exchange(delivered_, 0);
    auto const time = now - std::exchange(round_began_, now);
    auto const spacing = (now - first_start_) / static_cast<duration::rep>(std::max<std::uint64_t>(1, starts_));
    starts_ = 0;
    // There is nothing to compare the first one with; and if nothing was let through, pauses are the answer.
    if (!std::exchange(was_refused_, true) || count == 0)
        return false;
    auto const estimate = time / static_cast<duration::rep>(count);
    auto const before = std::exchange(estimate_, estimate);
    auto const is_quick = count < quick_count;
    quick_rounds_ = is_quick ? quick_rounds_ + 1 : 0;
    if (gap_ != duration{})
        return !is_useless(now, count, estimate) && (is_quick || is_proven) && widen(now, estimate, is_quick);
    auto const is_steady = is_proven && time < floor_time && estimate > before * 3 / 4 && estimate < before * 5 / 4;
    if (now < useless_end_ || !(is_quick ? active == 1 || quick_rounds_ > 1 : is_steady))
        return false;
    gap_ = std::clamp<duration>(std::min(estimate, spacing * 16), gap_min, gap_max);
    floor_ = std::min(gap_, scaled(spacing, 1.1));
    floor_end_ = now + floor_time;
    useless_rounds_ = 0;
    useful_count_ = 4 * std::max(count, useful_count_min);
    return true;
}

// The gap was too small.
bool pace::widen(time_point now, duration estimate, bool is_quick) noexcept
{
    auto const old = gap_;
    gap_ = std::min<duration>(std::clamp(estimate, scaled(old, is_quick ? 1.25 : 1.1), old * 2), gap_max);
    floor_ = std::min(gap_, scaled(old, 1.1));
    floor_end_ = now + floor_time;
    return true;
}

// A server that refuses by chance, or for others' sake, isn't pleased by any gap: then there shall be none for a while.
bool pace::is_useless(time_point now, std::uint64_t count, duration estimate) noexcept
{
    if (count >= useful_count_)
    {
        useless_rounds_ = 0;
        useless_time_ = useless_time_first;
        return false;
    }
    if (estimate > gap_ * 2 || ++useless_rounds_ < useless_rounds_max)
        return false;
    gap_ = {};
    useless_end_ = now + useless_time_;
    useless_time_ = std::min<duration>(useless_time_ * 2, useless_time_max);
    return true;
}

} // namespace webseed::planning
