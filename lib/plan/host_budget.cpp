#include "plan/host_budget.hpp"

#include <algorithm>
#include <utility>

namespace webseed::planning {

namespace {

// Soon is less than that, for those who are long at work.
constexpr auto calm_time = std::chrono::seconds(3);

} // namespace

admission host_budget::admit(time_point now, unsigned wish) noexcept
{
    auto const cap = std::max(1u, options_.requests_max != 0 ? options_.requests_max : wish);
    cap_ = active_ == 0 ? cap : std::max(cap_, cap);
    concurrency_.set_cap(cap_);
    if (now < pause_end_)
        return {.granted = false, .until = pause_end_, .active = 0};
    if (active_ >= std::min(cap, limit()) || (is_doubtful_ && is_probing_))
        return {.granted = false, .until = time_point::max(), .active = 0};
    is_probing_ = is_doubtful_;
    ++active_;
    return {.granted = true, .until = now, .active = active_};
}

time_point host_budget::reserve(time_point now) noexcept
{
    return pace_.reserve(std::max(now, pause_end_), active_);
}

void host_budget::leave(time_point now, visit const& how) noexcept
{
    // Of those who began after the pause there is one only.
    if (is_doubtful_ && how.began >= pause_end_)
        is_probing_ = false;
    auto const is_news = how.began > cut_at_;
    switch (how.kind)
    {
    case visit_kind::delivered:
        if (is_news)
            delivered(now, how);
        break;
    case visit_kind::neutral:
        break;
    case visit_kind::refused:
        refused(now, how);
        break;
    case visit_kind::silent:
        if (!is_news || !how.is_fresh || has_served_as_many(how))
            break;
        concurrency_.bound(now, active_of(how));
        cut_at_ = now;
        break;
    case visit_kind::reset:
        if (!is_news)
            break;
        concurrency_.cut(now, active_of(how), true);
        cut_at_ = now;
        break;
    }
    --active_;
}

void host_budget::delivered(time_point now, visit const& how) noexcept
{
    is_doubtful_ = false;
    backoff_.reset();
    pace_.delivered(now);
    count(now, how);
}

void host_budget::progressed(time_point now, visit const& how) noexcept
{
    if (how.began <= cut_at_)
        return;
    is_doubtful_ = false;
    count(now, how);
}

void host_budget::count(time_point now, visit const& how) noexcept
{
    if (how.is_fresh && how.began >= fresh_began_)
    {
        fresh_active_ = how.began > fresh_began_ ? how.active : std::max(fresh_active_, how.active);
        fresh_began_ = how.began;
    }
    // Who refuses again soon doesn't do so because there are more.
    if (pace_.delivered_count() >= pace::quick_count || cut_at_ + calm_time <= now)
        concurrency_.delivered(now, how.counted_from, how.bytes, active_);
}

// Whether somebody who came later, when as many were there, was served over a new connection.
bool host_budget::has_served_as_many(visit const& how) const noexcept
{
    return fresh_began_ >= how.began && fresh_active_ >= how.active;
}

void host_budget::refused(time_point now, visit const& how) noexcept
{
    auto const wish = std::clamp(how.retry_after.value_or(duration{}), duration{}, options_.retry_after_max);
    if (how.began <= cut_at_)
    {
        if (wish > duration{})
            pause(now + wish); // it may be for longer
        return;
    }
    auto const active = active_of(how);
    auto const is_for_rate = pace_.refused(now, active, concurrency_.is_proven(active));
    concurrency_.cut(now, active, !is_for_rate);
    if (is_for_rate)
        concurrency_.forget_ceiling();
    cut_at_ = now;
    pause(now + std::max(wish, backoff_.next(how.random)));
}

void host_budget::pause(time_point end) noexcept
{
    if (end <= pause_end_)
        return;
    pause_end_ = end;
    is_doubtful_ = true;
    is_probing_ = false;
}

} // namespace webseed::planning
