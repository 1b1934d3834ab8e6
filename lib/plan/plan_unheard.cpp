// What the plan makes of seeds of which nothing has come yet. Of many mirrors most may be dead, and what they are asked
// for first may be what somebody waits for.
#include "plan/plan.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace webseed::planning {

namespace {

// Nobody must come to what a seed is tried with in this time, in seconds.
constexpr double trial_time_min = 0.25;
// Who leaves something overdue, because there aren't enough to take it, looks again after this.
constexpr auto again_time = std::chrono::seconds(1);

} // namespace

// For somebody idle of a seed that was never asked: as many such seeds as there are take one claim each of which
// nothing has come, from others of which nothing ever has. Who was asked takes none, lest those who are slow to begin
// take from each other for ever. Returns when to look again.
time_point plan::look_at_unheard(time_point now)
{
    // Who has once waited in vain expects less of the next, until somebody shows how long it takes.
    auto const first_patience = overdue_count_ == 0 ? options_.silence_max : options_.silence_min;
    auto next_look = time_point::max();
    std::vector<requester_id> overdue;
    for (auto const each : active_)
    {
        auto const& held = *of(each).held;
        auto const& asked = of(of(each).seed);
        if (held.is_overdue || held.work.copy_of || is_heard(asked))
            continue;
        excuse_held_up(each, now);
        auto const end = held.heard_at + (longest_answer_ != duration{} ? patience_of_all(asked) : first_patience);
        if (end <= now)
            overdue.push_back(each);
        else
            next_look = std::min(next_look, end);
    }
    if (overdue.size() > unasked_.size())
    {
        std::ranges::sort(overdue, {}, [this](requester_id each) { return of(each).held->next; });
        overdue.resize(unasked_.size());
        next_look = std::min<time_point>(next_look, now + again_time);
    }
    for (auto const each : overdue)
        take_away(*of(each).held, of(of(each).seed), now);
    return next_look;
}

// A seed of which nothing has come got a claim: somebody idle of one that was never asked is to see whether it answers.
void plan::have_watched()
{
    auto const may_look = [this](seed_id each) { return is_live(of(each)) && of(each).idle != of(each).woken; };
    auto const found = std::find_if(unasked_.begin(), unasked_.end(), may_look);
    if (found != unasked_.end() && !of(*found).looker)
        wake_one(of(*found));
}

// Whether nothing has come of it yet, and somebody was never asked who could have what is free.
bool plan::is_behind_unasked(seed_state const& seed) const
{
    if (is_heard(seed) || is_unasked(seed))
        return false;
    return std::any_of(unasked_.begin(), unasked_.end(), [this](seed_id each) {
        return of(each).woken != 0 || has_work_for_one_more(of(each));
    });
}

// For a seed that was never asked, if another one is known to be quick: what lies so far ahead that nobody need wait
// for it even if it doesn't answer.
part_run plan::pick_trial(seed_state const& seed, time_point now) const
{
    auto last = part_run{};
    auto size = std::uint64_t{0};
    for (auto const& each : urgent_)
        for (auto rest = each.is_awaited ? part_run{} : each.pieces; !rest.empty();)
        {
            auto const found = first_free(seed, rest);
            rest.first = found.empty() ? rest.last : found.last;
            if (found.empty())
                continue;
            last = {found.last - 1, found.last};
            size = parts_.size_of({each.pieces.first, last.first});
        }
    auto const is_far = static_cast<double>(size) >= trial_time_min * static_cast<double>(engaged_rate_);
    if (last.empty() || !is_far || seed.sends_whole_files || quickest_for(last.first, now) == 0)
        return {};
    return last;
}

} // namespace webseed::planning
