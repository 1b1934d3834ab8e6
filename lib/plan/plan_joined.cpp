// Pieces of which no claim had all: their parts arrive from several seeds, or in several goes, and are judged together.
// If one is wrong, whose fault that is comes out by fetching it again from one seed alone.
#include "plan/plan.hpp"

#include <algorithm>
#include <utility>

namespace webseed::planning {

namespace {

bool is_ready(auto const& seed)
{
    return !seed.pausing && seed.stall_rest == duration{};
}

} // namespace

// Whether its holder sees all of the piece, and so knows whether it is right.
bool plan::will_judge(held_claim const& held, std::uint32_t piece) const
{
    auto const run = parts_.of_piece(piece);
    return held.work.parts.first <= run.first && run.last <= held.work.parts.last;
}

// A claim ends at `last`, and with it perhaps in the midst of a piece: what came of that has arrived.
void plan::end_early(requester_state& requester, std::uint32_t last)
{
    auto const& held = *requester.held;
    if (held.next == held.work.parts.last)
        return;
    auto const piece = parts_.piece_of(held.next);
    auto const run = parts_.of_piece(piece);
    if (run.first < held.next && last < run.last && will_judge(held, piece))
        arrive(requester.seed, {run.first, held.next});
}

// What came of the piece under way is fetched again.
void plan::drop_begun(requester_state& requester)
{
    auto& held = *requester.held;
    if (held.next == held.work.parts.last)
        return;
    auto const piece = parts_.piece_of(held.next);
    if (will_judge(held, piece))
        held.next = parts_.of_piece(piece).first;
}

// Parts of one piece, the rest of which somebody else is to bring.
void plan::arrive(seed_id seed, part_run run)
{
    for (auto part = part_run{run.first, run.first + 1}; part.first != run.last; part = {part.last, part.last + 1})
    {
        if (spoilt_.contains(part.first) || unwanted_.contains(part.first))
        {
            set_free(part);
            continue;
        }
        mark(part, part_state::arrived);
        arrived_[part.first] = seed;
    }
    auto const piece = parts_.piece_of(run.first);
    auto const all = parts_.of_piece(piece);
    auto const is_whole = std::all_of(states_.begin() + all.first, states_.begin() + all.last, [](part_state state) {
        return state == part_state::arrived;
    });
    if (!is_whole)
        return;
    mark(all, part_state::unchecked);
    joined_.add({piece, piece + 1});
}

void plan::forget_arrived(part_run run)
{
    if (!arrived_.empty())
        arrived_.erase(arrived_.lower_bound(run.first), arrived_.lower_bound(run.last));
}

// What came of a file from that seed has become worthless.
void plan::forget_arrived(seed_id seed, file_index file)
{
    auto const run = parts_.of(file);
    std::vector<part_run> lost;
    for (auto at = arrived_.lower_bound(run.first); at != arrived_.end() && at->first < run.last; ++at)
        if (at->second == seed && states_[at->first] == part_state::arrived)
            lost.push_back({at->first, at->first + 1});
    for (auto const each : lost)
        set_free(each);
}

judge plan::next_judge()
{
    judge work;
    work.piece = joined_.runs().begin()->first;
    auto const piece = piece_run{work.piece, work.piece + 1};
    joined_.remove(piece);
    ++judging_;
    for (auto part = parts_.of(piece); !part.empty(); ++part.first)
        work.parts.push_back(parts_.range_of({part.first, part.first + 1}));
    return work;
}

// Whoever comes next judges; but all may be idle.
void plan::wake_for_joined()
{
    for (std::size_t i = 0; i != idle_seeds_.size() && woken_count_ == 0; ++i)
        if (auto const& seed = of(idle_seeds_[i]); !seed.closed)
            wake_one(seed);
}

verdict plan::judged(std::uint32_t piece, finding found, std::span<sha1_hash const> digests)
{
    verdict told;
    --judging_;
    if (closed_)
        return told;
    told.counted = found != finding::unknown;
    if (found == finding::right)
        accept_joined(piece, digests, told);
    else if (found == finding::wrong)
        refuse_joined(piece, digests, told);
    else
        joined_.add({piece, piece + 1});
    replan();
    return told;
}

// Whose bytes it has.
void plan::count_sources(part_run run, verdict& told) const
{
    for (auto part = part_run{run.first, run.first + 1}; part.first != run.last; part = {part.last, part.last + 1})
    {
        auto const seed = arrived_.at(part.first);
        if (!seed)
            continue;
        auto const known = std::ranges::find(told.from, *seed, &verdict::share::seed);
        auto const size = parts_.size_of(part);
        if (known == told.from.end())
            told.from.push_back({*seed, size});
        else
            known->size += size;
    }
}

void plan::accept_joined(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told)
{
    auto const run = parts_.of_piece(piece);
    count_sources(run, told);
    for (auto const& each : told.from)
    {
        if (is_live(of(each.seed)))
            count_right(of(each.seed));
    }
    if (disputes_.contains(piece))
        settle_dispute(piece, digests, told);
    verify(piece);
    told.is_verified = states_[run.first] == part_state::verified;
}

bool plan::is_of_earlier_run(part_run run) const
{
    return std::any_of(
        arrived_.lower_bound(run.first), arrived_.lower_bound(run.last), [](auto const& each) { return !each.second; });
}

void plan::refuse_joined(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told)
{
    auto const run = parts_.of_piece(piece);
    if (!spoilt_.first_in(run).empty())
        return set_free(run);
    wasted_size_ += parts_.size_of(run);
    if (is_of_earlier_run(run))
        return set_free(run); // which nobody is to blame for; of what comes now everybody is known
    count_sources(run, told);
    auto const may_send = [&](auto const& seed) { return can_send(seed, run); };
    // The only seed there is may send all of it once more, at a time: it may have mixed up what was asked for at once.
    auto const may_correct = !disputes_.contains(piece) && std::ranges::count_if(seeds_, may_send) == 1 &&
                             may_send(of(told.from.front().seed));
    if (told.from.size() == 1 && !may_correct)
    {
        set_free(run);
        return blame_for(told.from.front().seed, piece, told);
    }
    auto& what = disputes_[piece];
    for (auto part = run.first; part != run.last; ++part)
        what.statements.push_back({part, *arrived_.at(part), digests[part - run.first]});
    set_free(run);
    choose_sole(run, what);
}

void plan::blame_for(seed_id seed, std::uint32_t piece, verdict& told)
{
    auto const was_blamed = of(seed).wrong.first_gap(parts_.of_piece(piece)).empty();
    if (was_blamed)
        return; // once for a piece
    told.blamed.push_back(seed);
    blame(of(seed), piece);
    count_rate(of(seed));
    if (of(seed).health.is_given_up() && !std::exchange(of(seed).told_given_up, true))
        told.given_up.push_back(seed);
}

// The piece is right now: who sent something else of it was wrong.
void plan::settle_dispute(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told)
{
    auto const run = parts_.of_piece(piece);
    auto const ended = std::move(disputes_.at(piece));
    disputes_.erase(piece);
    lift_bar(run);
    auto const is_its_own = [&ended](dispute::statement const& each) { return each.seed == ended.sole; };
    if (std::ranges::all_of(ended.statements, is_its_own)) // and it has put that right
        return;
    for (auto const& each : ended.statements)
        if (each.digest != digests[each.part - run.first])
            blame_for(each.seed, piece, told);
}

// Who was to send a disputed piece alone may not be able to any more.
void plan::review_disputes()
{
    for (auto& [piece, what] : disputes_)
    {
        auto const run = parts_.of_piece(piece);
        auto const is_idle = std::all_of(states_.begin() + run.first, states_.begin() + run.last, [](part_state state) {
            return state == part_state::free || state == part_state::arrived;
        });
        if (!is_idle)
            continue;
        auto const best = best_alone(run);
        auto const can_go_on = what.sole && can_send(of(*what.sole), run);
        auto const is_well = can_go_on && (is_ready(of(*what.sole)) || !is_ready(of(*best)));
        if (is_well || (!best && !what.sole))
            continue;
        for (auto part = part_run{run.first, run.first + 1}; part.first != run.last; part = {part.last, part.last + 1})
            if (states_[part.first] == part_state::arrived)
                set_free(part);
        choose_sole(run, what);
    }
}

void plan::choose_sole(part_run run, dispute& what)
{
    lift_bar(run);
    what.sole = best_alone(run);
    if (what.sole)
        bar(run, *what.sole);
    else
        choose_others(run, what);
}

// The quickest of those that have all of it.
std::optional<seed_id> plan::best_alone(part_run run) const
{
    std::optional<seed_id> best;
    auto const worth = [](seed_state const& seed) {
        return std::pair(is_ready(seed) && !seed.sends_whole_files, seed.rate);
    };
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        if (can_send(seeds_[i], run) && (!best || worth(seeds_[i]) > worth(of(*best))))
            best = static_cast<seed_id>(i);
    return best;
}

bool plan::can_send(seed_state const& seed, part_run run) const
{
    auto can = is_live(seed) && seed.wrong.first_in(run).empty();
    for (auto part = run.first; can && part != run.last && !seed.missing.empty(); ++part)
        can = !is_in_refused_file(seed, part);
    return can;
}

// Nobody has all of it: what may be wrong comes from another one the next time, as far as there is one. If there is
// none for any of it, nobody has it right.
void plan::choose_others(part_run run, dispute const& what)
{
    auto const last = std::span(what.statements).last(run.count());
    auto const has_other = [this](dispute::statement const& each) {
        return std::ranges::any_of(seeds_, [&](auto const& seed) {
            return &seed != &of(each.seed) && is_live(seed) && !seed.refused.contains(each.part);
        });
    };
    std::vector<dispute::statement const*> doubted;
    for (auto const& each : last)
        if (has_other(each))
            doubted.push_back(&each);
    for (auto const& each : last)
        if (doubted.empty() || std::ranges::find(doubted, &each) != doubted.end())
        {
            of(each.seed).wrong.add({each.part, each.part + 1});
            of(each.seed).refused.add({each.part, each.part + 1});
        }
}

void plan::bar(part_run run, seed_id all_but)
{
    for (auto& seed : seeds_)
        if (&seed != &of(all_but))
        {
            seed.barred.add(run);
            seed.refused.add(run);
        }
}

void plan::lift_bar(part_run run)
{
    for (auto& seed : seeds_)
        if (!seed.barred.first_in(run).empty())
        {
            seed.barred.remove(run);
            seed.refused.remove(run);
            for (auto part = run.first; part != run.last; ++part)
                if (seed.wrong.contains(part) || is_in_refused_file(seed, part))
                    seed.refused.add({part, part + 1});
        }
}

} // namespace webseed::planning
