#include "plan/concurrency.hpp"

#include "plan/seconds.hpp"

#include <algorithm>
#include <utility>

namespace webseed::planning {

namespace {

constexpr auto hold_max = std::chrono::minutes(5);
constexpr auto ceiling_hold_first = std::chrono::seconds(30);
constexpr auto ceiling_hold_max = std::chrono::minutes(10);
constexpr auto window_min = std::chrono::seconds(1); // servers that limit a rate may send once a second
constexpr std::uint64_t window_count_min = 4;
constexpr double gain_min = 1.03;          // less isn't worth another connection
constexpr double doubling_gain_min = 1.25; // nor as many again
constexpr unsigned doubts_max = 3;
// What is only known from earlier is believed up to this.
constexpr unsigned expected_max = 64;

} // namespace

void concurrency::expect(unsigned count) noexcept
{
    target_ = std::clamp(count, 1u, expected_max);
    limit_ = std::min(target_, std::max(limit_, target_ / 2));
}

void concurrency::set_limit(unsigned limit) noexcept
{
    limit_ = limit;
    full_count_ = 0;
}

void concurrency::delivered(time_point now, time_point began, std::uint64_t bytes, unsigned active) noexcept
{
    auto const is_full = active >= limit_;
    if (is_full && ++full_count_ >= limit_)
    {
        proven_ = std::max(proven_, limit_);
        doubts_ = 0;
        if (proven_ >= ceiling_)
            ceiling_ = none;
    }
    switch (phase_)
    {
    case phase::climbing:
        climb(now, is_full);
        break;
    case phase::measuring:
        measure(now, began, bytes);
        break;
    case phase::holding:
        if (now < hold_end_)
            break;
        base_rate_ = 0;
        start_measuring(now);
        break;
    }
}

void concurrency::cut(time_point now, unsigned active, bool is_for_number) noexcept
{
    doubt(active);
    cut_to(now, active, is_for_number, std::min(limit_, active) / 2);
}

void concurrency::bound(time_point now, unsigned active) noexcept
{
    proven_ = std::min(proven_, active - 1);
    cut_to(now, active, true, std::min(limit_, active - 1));
}

void concurrency::cut_to(time_point now, unsigned active, bool is_for_number, unsigned limit) noexcept
{
    if (is_for_number && active > 1 && !is_proven(active))
    {
        ceiling_hold_ =
            active < ceiling_ ? duration(ceiling_hold_first) : std::min<duration>(ceiling_hold_ * 2, ceiling_hold_max);
        ceiling_ = active;
        ceiling_end_ = now + ceiling_hold_;
    }
    // Back to where it was, without asking whether that brings more; but what was being tried isn't tried again soon.
    target_ = base_rate_ == 0 ? std::max(target_, limit_) : limit_;
    is_doubling_ = false;
    base_limit_ = 0;
    base_rate_ = 0;
    phase_ = phase::climbing;
    set_limit(std::max(1u, limit));
}

// The server may have got stricter.
void concurrency::doubt(unsigned active) noexcept
{
    if (!is_proven(active) || full_count_ >= limit_ || ++doubts_ < doubts_max)
        return;
    doubts_ = 0;
    proven_ = active - 1;
}

void concurrency::climb(time_point now, bool is_full) noexcept
{
    auto const below_ceiling = now < ceiling_end_ && ceiling_ != none ? ceiling_ - 1 : ceiling_;
    auto const bound = std::min({target_, cap_, below_ceiling});
    if (limit_ < bound && is_full)
        set_limit(is_doubling_ ? bound : limit_ + 1);
    if (limit_ >= target_ || (limit_ >= bound && limit_ > base_limit_))
        start_measuring(now);
}

void concurrency::start_measuring(time_point now) noexcept
{
    phase_ = phase::measuring;
    measuring_since_ = now;
    is_window_open_ = false;
}

// The window begins with the end of a work that wasn't begun with fewer at work, and ends with the end of another one.
void concurrency::measure(time_point now, time_point began, std::uint64_t bytes) noexcept
{
    if (!is_window_open_)
    {
        is_window_open_ = began >= measuring_since_;
        window_began_ = now;
        window_bytes_ = 0;
        window_count_ = 0;
        return;
    }
    window_bytes_ += bytes;
    ++window_count_;
    if (window_count_ < std::max<std::uint64_t>(limit_, window_count_min) || now - window_began_ < window_min)
        return;
    judge(now, static_cast<double>(window_bytes_) / seconds(now - window_began_));
}

void concurrency::judge(time_point now, double rate) noexcept
{
    if (base_rate_ == 0 || rate > base_rate_ * (is_doubling_ ? doubling_gain_min : gain_min))
    {
        if (base_rate_ != 0)
            hold_ = hold_first;
        is_second_look_ = false;
        base_limit_ = limit_;
        base_rate_ = rate;
        target_ = limit_ + (is_doubling_ ? std::min(limit_, none / 4) : 1);
        phase_ = phase::climbing;
        return;
    }
    if (is_doubling_ && !std::exchange(is_second_look_, true)) // much may be lost by one unlucky moment
    {
        start_measuring(now);
        return;
    }
    is_doubling_ = false;
    set_limit(base_limit_);
    target_ = base_limit_;
    phase_ = phase::holding;
    hold_end_ = now + hold_;
    hold_ = std::min<duration>(hold_ * 2, hold_max);
}

} // namespace webseed::planning
