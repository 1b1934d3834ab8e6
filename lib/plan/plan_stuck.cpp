// How requesters of one seed help each other: a connection may fall silent, or become slow, while others of the same
// server are well; and some servers only serve so many at a time, and let the others wait.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace webseed::planning {

namespace {

// A claim that brings nothing for this long, or so many times as long as its seed ever took, is taken back once
// somebody else of the seed is idle: it needs to be sure, for what comes next over another connection may take as long.
// Less is enough if others of the seed were heard long after it, or if the seed, once it sends, has never paused for
// nearly as long.
constexpr auto silence_min = std::chrono::seconds(8);
constexpr auto silence_min_within = std::chrono::seconds(3);
constexpr int silence_factor_within = 20;
constexpr auto silence_min_among_others = std::chrono::seconds(2);
constexpr auto heard_after_min = std::chrono::seconds(1);
constexpr int silence_factor = 3;
// What may not be thrown away is left to its holder for so many times as long.
constexpr int factor_without_discard = 2;
// So is the last part of a claim that takes so many times as long as another requester of the seed would.
constexpr double slow_factor = 4;
constexpr double time_saved_min = 0.25; // seconds
// The next claim of the same part has twice that patience, so often; which is forgotten after this time.
constexpr unsigned doubling_count_max = 4;
constexpr auto back_memory = std::chrono::minutes(1);
// Who has lost a claim isn't first to ask for the same again; nor soon, if nothing has come of it.
constexpr auto way_time = std::chrono::milliseconds(250);

// How long nothing may come of a claim, as far as that doesn't depend on its parts.
duration usual_patience(auto const& held, auto const& seed)
{
    // Nobody knows how long those would have been silent that were taken back.
    auto const backs_count = std::min<std::size_t>(seed.backs.size(), doubling_count_max);
    auto const within_min = std::min<duration>(silence_min_within * (1 << backs_count), silence_min);
    auto const within = std::clamp<duration>(silence_factor_within * seed.longest_silence, within_min, silence_min);
    auto const alone = held.arrived != 0 ? within : silence_min;
    auto const least = seed.heard_at - held.heard_at >= heard_after_min ? silence_min_among_others : alone;
    return std::max<duration>(least, silence_factor * seed.longest_silence);
}

} // namespace

// A time in the past: now.
time_point plan::stuck_at(held_claim const& held, seed_state const& seed, time_point now) const
{
    if (held.next == held.work.parts.last)
        return time_point::max();
    auto const found = seed.backs.find(held.next);
    auto const doubling_count = found != seed.backs.end() ? std::min(found->second, doubling_count_max) : 0;
    auto const patience = usual_patience(held, seed) * (1 << doubling_count);
    if (!may_discard(held))
        return held.heard_at + factor_without_discard * patience;
    auto const rate = rate_of(held, seed, now);
    if (held.next + 1 == held.work.parts.last && held.arrived != 0 && rate > 0)
    {
        auto const again = static_cast<double>(parts_.size_of({held.next, held.next + 1})) / seed.rate;
        auto const left = static_cast<double>(size_left(held)) / rate;
        if (left > slow_factor * (again + seconds(seed.answer)) + time_saved_min)
            return now;
    }
    return held.heard_at + patience;
}

// Returns when to look again.
time_point plan::look_at_own(requester_state& holder, time_point now)
{
    auto const at = stuck_at(*holder.held, of(holder.seed), now);
    if (at > now)
        return at;
    take_back(holder, now);
    return time_point::max();
}

// For somebody who can't ask the host, who does it for all of its seed: those who are stuck may hold the host's places
// for nothing.
time_point plan::watch(requester_id id, time_point now)
{
    auto& seed = of(of(id).seed);
    if (seed.watcher.value_or(id) != id)
        return time_point::max();
    auto next_look = time_point::max();
    if (!is_finished() && is_live(seed) && seed.rate != 0 && !seed.sends_whole_files)
        for (auto const each : active_)
        {
            auto const& held = of(each).held;
            if (of(each).seed != of(id).seed || held->is_overdue || held->work.copy_of)
                continue;
            excuse_held_up(each, now);
            next_look = std::min(next_look, look_at_own(of(each), now));
        }
    seed.watcher = next_look != time_point::max() ? std::optional(id) : std::nullopt;
    return next_look;
}

void plan::leave_the_watch(seed_state& seed, requester_id id)
{
    if (seed.watcher != id)
        return;
    seed.watcher.reset();
    auto const next = std::ranges::find_if(seed.requesters, [this](requester_id each) { return of(each).declined; });
    if (next != seed.requesters.end())
        wake(static_cast<std::size_t>(*next));
}

void plan::take_back(requester_state& requester, time_point now)
{
    auto& held = *requester.held;
    auto& seed = of(requester.seed);
    if (std::exchange(seed.back_at, now) < now - back_memory)
        seed.backs.clear();
    ++seed.backs[held.next];
    requester.rests_until = now + (held.arrived != 0 ? way_time : now - held.heard_at);
    break_off(held);
}

} // namespace webseed::planning
