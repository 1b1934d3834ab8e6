// What readers want goes before all else: it is handed out first, in small claims, to who is quick; and if everybody is
// busy with long ones, those are cut.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace webseed::planning {

namespace {

// What a holder will have begun by then needs nobody else.
constexpr double reach_time_max = 0.1;
// A claim is no more than a requester of the seed is expected to fetch in this time, and so many times that of its
// answer: the rate has that wait in it.
constexpr double claim_time = 1;
constexpr double answers_in_claim = 2;
// So much sooner others must be done with what is urgent before it is left to them,
constexpr double spare_factor = 2;
// and so long at the most.
constexpr double spare_time_max = 5;
constexpr double spare_time_told = 1; // by who is only known from earlier, or not at all
constexpr double spare_time_min = 0.05;

double seconds_for(std::uint64_t size, double rate)
{
    return rate > 0 ? static_cast<double>(size) / rate : std::numeric_limits<double>::max();
}

} // namespace

void plan::urge(std::vector<urgent_run> wanted)
{
    if (is_finished())
        return;
    urgent_ = std::move(wanted);
    urgent_set_ = {};
    for (auto& each : urgent_)
    {
        each.pieces = parts_.of(each.pieces);
        urgent_set_.add(each.pieces);
    }
    auto const before = for_readers_;
    for (auto const& [first, last] : before.runs())
        for (auto rest = part_run{first, last}; !rest.empty();)
        {
            auto const gap = urgent_set_.first_gap(rest);
            if (!gap.empty())
                let_go(gap);
            rest.first = gap.last;
        }
    for (auto const& [first, last] : urgent_set_.runs())
        for (auto part = part_run{first, first + 1}; part.first != last; part = {part.last, part.last + 1})
        {
            auto const state = states_[part.first];
            auto const is_unwanted = unwanted_.contains(part.first);
            if (state == part_state::skipped || is_unwanted)
                for_readers_.add(part);
            if (is_unwanted)
                unwanted_.remove(part);
            if (state == part_state::skipped)
                take_up(part);
            else if (state == part_state::deferred) // nobody waits for a copy who can have the piece itself
            {
                deferred_.remove(parts_.pieces_of(part));
                set_free(part);
            }
        }
    loosen();
    replan();
}

// The first run of free parts among those that the seed can be asked for; empty if there is none.
part_run plan::first_free(seed_state const& seed, part_run run) const
{
    while (!run.empty())
    {
        auto const free = free_.first_in(run);
        auto const gap = seed.refused.first_gap(free);
        if (!gap.empty())
            return gap;
        run.first = free.last;
    }
    return {};
}

// A claim for the seed among what is urgent. Empty if there is none, or if others will have it sooner: then somebody
// looks again at `until`.
part_run plan::pick_urgent(seed_state& seed, time_point now, time_point& until)
{
    seed.is_sparing = false;
    if (is_unasked(seed) && !seed.is_doubted)
        if (auto const trial = pick_trial(seed, now); !trial.empty())
            return trial;
    for (auto const& each : urgent_)
        for (auto rest = each.pieces; !rest.empty();)
        {
            auto const found = first_free(seed, rest);
            if (found.empty())
                break;
            auto const work = urgent_claim(seed, found, each.pieces);
            if (!work.empty())
                return spare(seed, work, now, until) ? part_run{} : work;
            rest.first = found.last;
        }
    return {};
}

// Bytes a second of the quickest that could be asked for the part; 0: nobody's rate is known.
double plan::quickest_for(std::uint32_t part, time_point now) const
{
    auto quickest = 0.0;
    for (auto const& seed : seeds_)
        if (is_live(seed) && seed.engaged != 0 && !seed.is_silent && seed.rests_until <= now &&
            seed.health.pause_end() <= now && !seed.sends_whole_files && !seed.refused.contains(part))
            quickest = std::max(quickest, seed.rate);
    return quickest;
}

// As much of the run as leaves something for all. @param wanted  what belongs together.
part_run plan::urgent_claim(seed_state const& seed, part_run run, part_run wanted) const
{
    if (!seed.sends_whole_files)
    {
        auto const share = parts_.size_of(wanted) / std::max<std::size_t>(1, requesters_.size());
        auto const time = claim_time + answers_in_claim * seconds(seed.answer);
        auto const most = seed.rate != 0 ? static_cast<std::uint64_t>(seed.rate * time) : options_.claim_size_first;
        auto const size = std::min(std::max(share, options_.claim_size_min), most);
        return cut(run, size, size);
    }
    // It sends all that lies before, too: to the end, once it is there.
    auto const first = first_start(run);
    if (first != run.last)
        return whole_claim(seed, first_free(seed, {first, parts_.count()}));
    auto const left = first_left(run);
    if (left == run.last || seed.active_parts != 0)
        return {};
    auto const rest = first_free(seed, {left, parts_.count()});
    return whole_claim(seed, {left, end_of_left(rest)});
}

// Whether the seed leaves the pieces to quicker ones, which will have them sooner; but not for long.
bool plan::spare(seed_state& seed, part_run run, time_point now, time_point& until) const
{
    auto const quickest = quickest_for(run.first, now);
    auto const size = parts_.size_of({run.first, run.first + 1});
    auto const others_need = 2 * seconds_for(size, quickest); // they are doing something else now
    auto const needs_more = seconds_for(size, seed.rate) > spare_factor * others_need;
    auto const is_slow = seed.rate != 0 ? needs_more : !is_heard(seed) && quickest != 0;
    if (seed.is_doubted ? !is_anybody_trusted(run.first, now) : !is_slow)
        return false;
    if (seed.spared != run.first || seed.spared_until == time_point::min())
    {
        auto const is_measured = seed.rate != 0 && !seed.is_rate_told;
        auto const most = seed.is_doubted || !is_measured ? spare_time_told : spare_time_max;
        auto const time = std::clamp(2 * others_need, spare_time_min, most);
        seed.spared = run.first;
        seed.spared_until = now + std::chrono::duration_cast<duration>(std::chrono::duration<double>(time));
    }
    if (seed.spared_until <= now)
    {
        seed.spared_until = time_point::min();
        return false;
    }
    seed.is_sparing = true;
    until = std::min(until, seed.spared_until);
    return true;
}

// Asks holders of long claims to share, if what lies far behind in them is awaited, or isn't wanted any more.
void plan::loosen()
{
    for (std::size_t i = 0; i != requesters_.size(); ++i)
    {
        auto const& held = requesters_[i].held;
        if (!held || held->cooling || held->is_asked || held->next == held->work.parts.last)
            continue;
        auto const tail = part_run{held->next + 1, held->work.parts.last};
        if (end_for_readers(requesters_[i], tail, false) != tail.last)
            ask_to_share(i);
    }
}

// If what is awaited is free, somebody is to come for it.
void plan::press()
{
    for (auto const& each : urgent_)
    {
        auto const found = each.is_awaited ? free_.first_in(each.pieces) : part_run{};
        if (found.empty())
            continue;
        auto const least = std::max(options_.claim_size_min, parts_.size_max());
        auto const count = (parts_.size_of(found) + least - 1) / least;
        press_quickest(found, static_cast<std::size_t>(count));
        return;
    }
}

// So many who could have the first part soonest: most may be idle, or on their way; who has more than the part under
// way is asked to give that away.
void plan::press_quickest(part_run run, std::size_t count)
{
    std::vector<std::pair<double, std::size_t>> found;
    for (std::size_t i = 0; i != requesters_.size(); ++i)
    {
        auto const& held = requesters_[i].held;
        auto const& seed = of(requesters_[i].seed);
        auto const is_out = !is_live(seed) || seed.pausing || seed.sends_whole_files || requesters_[i].declined ||
                            seed.refused.contains(run.first) || (held && (held->cooling || held->is_overdue));
        if (is_out || (!held && (seed.is_doubted || (is_probing(seed) && seed.active != 0))))
            continue;
        auto size = parts_.size_of({run.first, run.first + 1});
        if (held && held->next != held->work.parts.last)
            size += parts_.size_of({held->next, held->next + 1}) - held->into_part;
        found.emplace_back(!held && seed.rate == 0 ? 0 : seconds_for(size, seed.rate), i);
    }
    std::ranges::sort(found);
    if (found.size() > count)
        found.resize(count);
    for (auto const& [time, index] : found)
    {
        auto const& held = requesters_[index].held;
        if (!held || held->is_asked || held->next == held->work.parts.last)
            continue;
        auto const tail = part_run{held->next + 1, held->work.parts.last};
        if (end_for_readers(requesters_[index], tail, true) != tail.last)
            ask_to_share(index);
    }
}

void plan::ask_to_share(std::size_t index)
{
    requesters_[index].held->is_asked = true;
    asks_.push_back(static_cast<requester_id>(index));
}

// Whether the holder will take long to get to that part of its claim.
bool plan::is_far(held_claim const& held, seed_state const& seed, std::uint32_t part) const
{
    return seconds_for(parts_.size_of({held.next, part}), seed.rate) > reach_time_max;
}

// Where the claim is to end for the sake of who reads: before what nobody wants any more; and before what isn't urgent,
// if something that is awaited lies far behind, or is free. @param tail  of the claim, not begun.
std::uint32_t plan::end_for_readers(requester_state const& requester, part_run tail, bool comes_back) const
{
    auto const& held = *requester.held;
    auto const& seed = of(requester.seed);
    if (tail.empty() || held.work.copy_of || held.work.from_start)
        return tail.last;
    auto const own = urgent_set_.first_gap(tail).first;
    for (auto const& each : urgent_)
    {
        if (!each.is_awaited)
            continue;
        auto const common = part_run{std::max(tail.first, each.pieces.first), std::min(tail.last, each.pieces.last)};
        auto const is_within = common.first < common.last && is_far(held, seed, common.first);
        if (is_within || (comes_back && !first_free(seed, each.pieces).empty()))
            return own;
    }
    return unwanted_.first_in(tail).first;
}

} // namespace webseed::planning
