// What can be told of the seeds: what each does, or why it does nothing.
#include "plan/plan.hpp"

#include <algorithm>

namespace webseed::planning {

seed_standing plan::standing_of(seed_id id, time_point now) const
{
    auto const& seed = of(id);
    auto const doing = [](standing_kind kind, time_point until = time_point::max()) {
        return seed_standing{kind, until};
    };
    if (seed.closed)
        return doing(standing_kind::closed);
    if (seed.health.is_given_up())
        return doing(standing_kind::given_up);
    if (seed.active != 0)
        return {standing_kind::working, time_point::max(), static_cast<std::uint32_t>(seed.active)};
    if (seed.health.pause_end() > now)
    {
        auto const kind = seed.health.has_asked_to_wait() ? standing_kind::asked_to_wait : standing_kind::backing_off;
        return doing(kind, seed.health.pause_end());
    }
    if (seed.rests_until > now)
    {
        auto const is_silent = seed.stall_rest != duration{};
        return doing(is_silent ? standing_kind::silent : standing_kind::too_slow, seed.rests_until);
    }
    auto const has_declined = [this](requester_id each) { return of(each).declined; };
    if (!is_finished() && std::ranges::any_of(seed.requesters, has_declined))
        return doing(standing_kind::host_is_full);
    if (free_.empty())
        return doing(standing_kind::idle);
    if (pick(seed).empty())
        return doing(standing_kind::lacks_the_rest, seed.missing.next_due());
    if (seed.is_watching)
        return doing(standing_kind::too_slow, seed.look_at);
    return doing(is_coming(seed) ? standing_kind::working : standing_kind::idle);
}

// Whether one of its requesters, which are at nothing, will call next() in a moment.
bool plan::is_coming(seed_state const& seed) const
{
    auto const comes = [this](requester_id each) { return !of(each).declined && (!of(each).idle || of(each).woken); };
    return !is_finished() && std::ranges::any_of(seed.requesters, comes);
}

std::uint32_t plan::claimed_count() const noexcept
{
    std::uint32_t count = 0;
    for (auto const each : active_)
        if (auto const rest = part_run{of(each).held->next, of(each).held->work.parts.last}; !rest.empty())
            count += parts_.pieces_of(rest).count();
    return count;
}

} // namespace webseed::planning
