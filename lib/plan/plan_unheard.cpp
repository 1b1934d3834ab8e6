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
// After this time the rate of a claim is what it has brought,
constexpr auto measure_time = std::chrono::seconds(1);
// and if that makes it last so many seconds more, others are tried.
constexpr double hopeless_time = 5;

} // namespace

bool plan::is_lendable(held_claim const& held, seed_state const& seed) noexcept
{
    return held.work.is_tentative && !is_heard(seed) && !held.is_overdue && held.next != held.work.parts.last;
}

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
    seed.answer = std::max<duration>(now - held.begun_at, duration(1));
    seed.gap = std::max(seed.gap, seed.answer); // from now on it counts as one that answers
    longest_answer_ = std::max(longest_answer_, seed.answer);
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
    auto const run = first_free(seed, lent);
    held.is_lost = run.empty() || run.first != lent.first;
    if (!held.is_lost)
    {
        make_room(run);
        remove_free(run);
        mark(run, part_state::claimed);
        held.work.parts.last = run.last;
    }
    replan();
    return held.is_lost ? std::nullopt : std::optional(run.last);
}

// When a claim of a seed that is heard of is so slow that anybody else may do better; a time in the past: now.
time_point plan::hopeless_at(held_claim const& held, seed_state const& slow, time_point now) const
{
    if (held.is_overdue || held.work.copy_of || held.next == held.work.parts.last || !may_discard(held))
        return time_point::max();
    auto const measured_at = held.begun_at + measure_time + slow.silence;
    if (now < measured_at)
        return measured_at;
    auto const is_slow = static_cast<double>(size_left(held)) > hopeless_time * rate_of(held, slow, now);
    return is_slow ? now : now + again_time;
}

// For somebody idle of a seed that was never asked: as many such seeds as there are get what others have of which
// nothing has ever come, or too little. Who was asked already gets nothing for that. Returns when to look again.
time_point plan::look_at_others(time_point now)
{
    // The longer nobody answers, the sooner the next are asked.
    auto const patience_with_first =
        options_.silence_min / static_cast<int>(1 + std::min<std::uint64_t>(overdue_count_, 100) / 2);
    auto next_look = time_point::max();
    std::vector<requester_id> overdue;
    for (auto const each : active_)
    {
        auto const& held = *of(each).held;
        auto const& asked = of(of(each).seed);
        excuse_held_up(each, now);
        auto const patience = longest_answer_ != duration{} ? patience_of_all(asked) : patience_with_first;
        auto const at = is_lendable(held, asked) ? held.heard_at + patience
                        : is_heard(asked)        ? hopeless_at(held, asked, now)
                                                 : time_point::max();
        if (at <= now)
            overdue.push_back(each);
        else
            next_look = std::min(next_look, at);
    }
    if (overdue.size() > unasked_.size())
    {
        std::ranges::sort(overdue, {}, [this](requester_id each) { return of(each).held->next; });
        overdue.resize(unasked_.size());
        next_look = std::min<time_point>(next_look, now + again_time);
    }
    for (auto const each : overdue)
        if (auto& asked = of(of(each).seed); is_heard(asked))
            take_away(*of(each).held, asked, now);
        else
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
    if (is_heard(seed) || is_unasked(seed) || seed.rate != 0)
        return false;
    return std::any_of(unasked_.begin(), unasked_.end(), [this](seed_id each) {
        auto const& other = of(each);
        return !other.is_doubted && (other.woken != 0 || has_work_for_one_more(other));
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
            if (found.empty())
                break;
            rest.first = found.last;
            last = {found.last - 1, found.last};
            size = parts_.size_of({each.pieces.first, last.first});
        }
    auto const is_far = static_cast<double>(size) >= trial_time_min * static_cast<double>(engaged_rate_);
    if (last.empty() || !is_far || seed.sends_whole_files || quickest_for(last.first, now) == 0)
        return {};
    return last;
}

} // namespace webseed::planning
