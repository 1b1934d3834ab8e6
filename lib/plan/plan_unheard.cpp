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

// Others may get it, too, as if nobody had it: whoever answers first keeps it. Its seed gets nothing else meanwhile.
void plan::lend(requester_state& requester)
{
    auto& held = *requester.held;
    held.lent = {held.next, held.work.parts.last};
    held.work.parts.last = held.next;
    ++of(requester.seed).lent;
    ++overdue_count_;
    lent_.push_back(held.work.id);
    set_free(held.lent);
}

part_run plan::end_loan(requester_state& requester)
{
    auto const run = std::exchange(requester.held->lent, {});
    of(requester.seed).lent -= run.empty() ? 0 : 1;
    return run;
}

std::optional<std::uint32_t> plan::secure(requester_id id, time_point now)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    auto& held = requester.held.value();
    held.work.is_tentative = false;
    hear_first(seed, now - held.begun_at);
    auto const lent = end_loan(requester);
    if (is_finished() || seed.closed || lent.empty())
        return held.next != held.work.parts.last ? std::optional(held.work.parts.last) : std::nullopt;
    for (auto const each : active_)
    {
        auto const& other = *of(each).held;
        auto const is_same = other.next < lent.last && lent.first < other.work.parts.last;
        if (is_same && is_lendable(other, of(of(each).seed)))
            lend(of(each));
    }
    auto run = seed.refused.first_gap(free_.first_in(lent));
    run = run.first == lent.first ? run : part_run{lent.first, lent.first};
    if (run.empty())
        held.is_lost = true;
    else
    {
        make_room(run);
        remove_free(run);
        mark(run, part_state::claimed);
        held.work.parts.last = run.last;
    }
    replan();
    return run.empty() ? std::nullopt : std::optional(run.last);
}

// From now on it counts as one that answers.
void plan::hear_first(seed_state& seed, duration answer)
{
    longest_answer_ = std::max(longest_answer_, answer);
    seed.answer = answer;
    seed.gap = std::max<duration>(seed.gap, std::max<duration>(answer, duration(1)));
}

// For somebody idle of a seed that was never asked: as many such seeds as there are get what others have of which nothing
// has ever come. Who was asked already gets nothing for that. Returns when to look again.
time_point plan::look_at_unheard(time_point now)
{
    auto next_look = time_point::max();
    std::vector<requester_id> overdue;
    for (auto const each : active_)
    {
        auto const& held = *of(each).held;
        auto const& asked = of(of(each).seed);
        if (!is_lendable(held, asked))
            continue;
        excuse_held_up(each, now);
        auto const end = held.heard_at + (longest_answer_ != duration{} ? patience_of_all(asked) : options_.silence_min);
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
        lend(of(each));
    if (!overdue.empty())
        replan();
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
