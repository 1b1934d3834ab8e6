#include "plan/run_set.hpp"

#include <algorithm>
#include <iterator>

namespace webseed::planning {

void run_set::add(piece_run run)
{
    if (run.empty())
        return;
    remove(run);
    count_ += run.count();
    auto after = runs_.upper_bound(run.first);
    if (after != runs_.end() && after->first == run.last)
    {
        run.last = after->second;
        after = runs_.erase(after);
    }
    if (after != runs_.begin())
    {
        auto const before = std::prev(after);
        if (before->second == run.first)
        {
            before->second = run.last;
            return;
        }
    }
    runs_.emplace_hint(after, run.first, run.last);
}

void run_set::remove(piece_run run)
{
    if (run.empty())
        return;
    auto at = runs_.upper_bound(run.first);
    if (at != runs_.begin() && std::prev(at)->second > run.first)
        --at;
    while (at != runs_.end() && at->first < run.last)
    {
        auto const [first, last] = *at;
        at = runs_.erase(at);
        count_ -= std::min(last, run.last) - std::max(first, run.first);
        if (first < run.first)
            runs_.emplace_hint(at, first, run.first);
        if (last > run.last)
            at = runs_.emplace_hint(at, run.last, last);
    }
}

bool run_set::contains(std::uint32_t piece) const noexcept
{
    auto const after = runs_.upper_bound(piece);
    return after != runs_.begin() && std::prev(after)->second > piece;
}

piece_run run_set::first_gap(piece_run run) const noexcept
{
    auto at = runs_.upper_bound(run.first);
    if (at != runs_.begin() && std::prev(at)->second > run.first)
        --at;
    if (at != runs_.end() && at->first <= run.first)
    {
        run.first = std::min(at->second, run.last);
        ++at; // which doesn't touch the one before
    }
    if (at != runs_.end())
        run.last = std::clamp(at->first, run.first, run.last);
    return run;
}

piece_run run_set::first_in(piece_run run) const noexcept
{
    auto at = runs_.upper_bound(run.first);
    if (at != runs_.begin() && std::prev(at)->second > run.first)
        --at;
    if (at == runs_.end() || at->first >= run.last)
        return {run.last, run.last};
    return {std::max(at->first, run.first), std::min(at->second, run.last)};
}

} // namespace webseed::planning
