// What the plan makes of what is known of its seeds from earlier: it is believed until it can be seen, and as far as it
// costs little if it is wrong.
#include "plan/plan.hpp"

#include <algorithm>
#include <utility>

namespace webseed::planning {

// It has asked for the first time: now it works, or is idle, or doesn't count.
void plan::meet(requester_state& requester)
{
    if (!std::exchange(requester.is_new, false))
        return;
    auto& seed = of(requester.seed);
    --seed.fresh;
    count_rate(seed);
}

// Whether somebody could be asked for the part who wasn't dead earlier.
bool plan::is_anybody_trusted(std::uint32_t part, time_point now) const
{
    return std::ranges::any_of(seeds_, [&](seed_state const& seed) {
        return is_live(seed) && !is_probing(seed) && seed.engaged != 0 && !seed.is_silent && seed.rests_until <= now &&
               seed.health.pause_end() <= now && !seed.sends_whole_files && !seed.refused.contains(part);
    });
}

} // namespace webseed::planning
