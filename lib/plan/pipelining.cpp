#include "plan/pipelining.hpp"

#include <algorithm>

namespace webseed::planning {

namespace {

constexpr unsigned depth_first = 16;
constexpr unsigned depth_max = 256;
// Where a response takes longer than this, a round trip doesn't matter.
constexpr auto time_max = std::chrono::seconds(1);
// Requests wait at the server for their turn: no more than this, for what is under way can't be given to others.
constexpr auto queue_time = std::chrono::milliseconds(250);
constexpr auto queue_time_max = std::chrono::seconds(1);
constexpr auto patience_min = std::chrono::milliseconds(500);
constexpr auto patience_max = std::chrono::seconds(2);
// After so many it isn't pipelining what goes wrong, once or twice; what goes wrong together counts once.
constexpr std::uint64_t proven_count = 64;
constexpr std::uint64_t forgiven_count = 1000;
constexpr unsigned doubts_max = 3;
constexpr auto doubt_gap = std::chrono::seconds(5);
constexpr unsigned alone_count_distrusted = 100;

} // namespace

unsigned pipelining::depth(unsigned response_count) const noexcept
{
    if (is_given_up_)
        return 1;
    if (response_limit_ == 0)
        return depth_;
    return std::clamp(response_limit_ - std::min(response_limit_, response_count), 1u, depth_);
}

duration pipelining::patience() const noexcept
{
    if (is_proven())
        return patience_max;
    return std::clamp<duration>(2 * longest_, patience_min, patience_max);
}

bool pipelining::is_proven() const noexcept
{
    return was_proven_ || good_count_ >= proven_count;
}

void pipelining::distrust() noexcept
{
    alone_count_min_ = alone_count_distrusted;
}

std::optional<bool> pipelining::goes_well() const noexcept
{
    if (has_failed_)
        return false;
    return is_proven() ? std::optional(true) : std::nullopt;
}

void pipelining::learn(shown_response const& shown, time_point now) noexcept
{
    if (shown.is_last)
        response_limit_ = shown.response_count;
    if (shown.is_doubtful)
        doubt(now);
    if (!shown.is_clean)
        return;
    if (!shown.was_among_others)
    {
        usual_ = std::min(usual_, shown.head_time);
        longest_ = std::max(longest_ * 3 / 4, shown.whole_time);
        if (alone_count_min_ != 0)
        {
            --alone_count_min_;
            return;
        }
        if (shown.head_time <= time_max && longest_ <= time_max)
            depth_ = std::max(depth_, depth_first);
        return;
    }
    if (++good_count_ >= forgiven_count)
        doubt_count_ = 0;
    auto const usual = std::min<duration>(usual_, time_max);
    if (shown.head_time <= usual + queue_time)
        depth_ = std::min(depth_ + 1, depth_max);
    else if (shown.head_time > usual + queue_time_max)
        depth_ = std::max(depth_ - 1, 2u);
}

void pipelining::doubt(time_point now) noexcept
{
    if (!is_proven())
        return fail();
    auto const is_new = doubt_count_ == 0 || now >= doubted_at_ + doubt_gap;
    if (!is_new)
        return;
    was_proven_ = true;
    doubted_at_ = now;
    good_count_ = 0;
    depth_ = std::min(depth_, depth_first);
    if (++doubt_count_ == doubts_max)
        fail();
}

} // namespace webseed::planning
