// What the plan makes of what is known of its seeds from earlier: it is believed until it can be seen, and as far as it
// costs little if it is wrong.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace webseed::planning {

namespace {

// What a claim has brought after this time says more about the rate than what was known,
constexpr auto measure_time = std::chrono::seconds(1);
// if it is so many times as much, or as little.
constexpr double wrong_factor = 2;

} // namespace

// A claim may be as large as the rate that was told, and end late: a wrong one isn't believed so long. Returns whether
// it was wrong.
bool plan::correct_rate(seed_state& seed, held_claim const& held, time_point now)
{
    auto const time = now - held.begun_at;
    if (!seed.is_rate_told || time < measure_time)
        return false;
    auto const measured = static_cast<double>(held.arrived) / seconds(time);
    if (measured * wrong_factor > seed.rate && measured < seed.rate * wrong_factor)
        return false;
    seed.rate = measured;
    return true;
}

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
