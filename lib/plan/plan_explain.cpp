// Why a piece isn't there yet: the plan's choices, told for one piece.
#include "plan/explanation.hpp"
#include "plan/plan.hpp"

#include <algorithm>

namespace webseed::planning {

piece_explanation plan::explain(std::uint32_t piece, time_point now) const
{
    auto const run = parts_.of_piece(piece);
    auto const is_any = [&](part_state state) {
        return std::find(states_.begin() + run.first, states_.begin() + run.last, state) != states_.begin() + run.last;
    };
    piece_explanation told;
    told.is_disputed = disputes_.contains(piece);
    told.source = source_of(piece);
    if (is_any(part_state::verified))
        told.standing = piece_standing::verified;
    else if (states_[run.first] == part_state::skipped) // as it is counted: others may still be in a claim
        told.standing = piece_standing::unwanted;
    else if (is_any(part_state::unchecked))
        told.standing = begun_size(run) == parts_.size_of(run) ? piece_standing::arrived : piece_standing::unchecked;
    else if (is_any(part_state::deferred) || copyable_.contains(piece))
        told.standing = piece_standing::awaits_copy;
    else
        explain_holders(told, run);
    if (told.standing == piece_standing::awaits_copy && !told.source)
        twins_.for_each_other(piece, [&told](std::uint32_t other) { told.source = told.source.value_or(other); });
    if (told.standing != piece_standing::awaits_copy)
        told.source.reset();
    for (auto at = arrived_.lower_bound(run.first); at != arrived_.end() && at->first < run.last; ++at)
        told.arrived_size += parts_.size_of({at->first, at->first + 1});
    if (told.standing != piece_standing::missing && told.standing != piece_standing::under_way)
        return told;
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        told.seeds.push_back(excuse_of(static_cast<seed_id>(i), told, run, now));
    return told;
}

void plan::explain_holders(piece_explanation& told, part_run run) const
{
    told.standing = piece_standing::missing;
    for (auto const each : active_)
    {
        auto const& held = *of(each).held;
        auto const own = part_run{std::max(held.work.parts.first, run.first), std::min(held.work.parts.last, run.last)};
        if (own.first >= own.last || held.next >= own.last)
            continue;
        if (held.work.copy_of)
        {
            told.standing = piece_standing::awaits_copy;
            continue;
        }
        told.standing = piece_standing::under_way;
        auto& holder = told.holders.emplace_back();
        holder.seed = of(each).seed;
        holder.heard_at = held.heard_at;
        if (held.next < own.first)
            holder.pieces_before = parts_.pieces_of({held.next, own.first}).count();
        else
        {
            auto const is_told_as_arrived = held.next != own.first && arrived_.contains(own.first);
            holder.size = held.into_part + (is_told_as_arrived ? 0 : parts_.size_of({own.first, held.next}));
        }
    }
}

excuse plan::excuse_of(seed_id id, piece_explanation const& told, part_run run, time_point now) const
{
    auto const& seed = of(id);
    if (seed.closed)
        return {excuse_kind::closed};
    if (seed.health.is_given_up())
        return {excuse_kind::given_up};
    if (std::ranges::find(told.holders, id, &piece_holder::seed) != told.holders.end())
        return {excuse_kind::is_at_it};
    if (auto const refused = refusal_of(seed, run))
        return *refused;
    if (is_finished())
        return {excuse_kind::plan_finished};
    if (auto const paused = pause_of(seed, now))
        return *paused;
    if (seed.active != 0)
        return {excuse_kind::is_at_others};
    if (std::ranges::any_of(seed.requesters, [this](requester_id each) { return of(each).declined; }))
        return {excuse_kind::host_is_full};
    if (is_coming(seed))
        return {excuse_kind::comes_next};
    if (seed.sends_whole_files && first_start(run) == run.last)
        return {excuse_kind::only_whole_files};
    if (seed.is_watching)
        return {excuse_kind::too_slow, seed.look_at};
    if (seed.is_sparing)
        return {excuse_kind::too_slow, seed.spared_until};
    return {excuse_kind::comes_next};
}

// Why the seed isn't asked for any of what nobody has of the piece, if it isn't.
std::optional<excuse> plan::refusal_of(seed_state const& seed, part_run run) const
{
    auto open = free_.first_in(run);
    if (open.empty())
        open = run; // others are at it
    for (auto rest = open; !rest.empty(); rest = free_.first_in({rest.last, run.last}))
        if (!seed.refused.first_gap(rest).empty())
            return std::nullopt;
    if (seed.wrong.contains(open.first))
        return excuse{excuse_kind::sent_wrong};
    for (auto const& each : pieces_.slices(parts_.range_of({open.first, open.first + 1})))
        if (!each.pad && seed.missing.is_refused(each.file))
            return excuse{excuse_kind::lacks_file, seed.missing.due_of(each.file), each.file};
    return excuse{excuse_kind::leaves_it};
}

std::optional<excuse> plan::pause_of(seed_state const& seed, time_point now) const
{
    if (auto const end = seed.health.pause_end(); end > now)
        return excuse{seed.health.has_asked_to_wait() ? excuse_kind::asked_to_wait : excuse_kind::backing_off, end};
    if (seed.rests_until > now)
    {
        auto const is_silent = seed.stall_rest != duration{};
        return excuse{is_silent ? excuse_kind::silent : excuse_kind::too_slow, seed.rests_until};
    }
    return std::nullopt;
}

} // namespace webseed::planning
