// What the plan gives to seeds that send whole files, whatever range they are asked for.
#include "plan/plan.hpp"

#include <algorithm>

namespace webseed::planning {

// Some of the claims that there are for the seed, `enough` at most. Those that begin where a file begins; where there
// are none, those that nobody else can have, for which the files are sent in vain up to there: not before the claims
// that were made while the seed seemed to have ranges have ended, lest what comes back from them needs the same file
// again.
std::vector<part_run> plan::whole_claims(seed_state const& seed, std::size_t enough) const
{
    std::vector<part_run> found;
    auto const add_starts = [&](part_run rest) {
        for (rest.first = first_start(rest); !rest.empty() && found.size() < enough; rest.first = first_start(rest))
            rest.first = found.emplace_back(whole_claim(seed, rest)).last;
    };
    auto const add_left = [&](part_run rest) {
        for (rest.first = first_left(rest); !rest.empty() && found.size() < enough; rest.first = first_left(rest))
            rest.first = found.emplace_back(whole_claim(seed, {rest.first, end_of_left(rest)})).last;
    };
    auto const for_each_gap = [&](auto const& add) {
        for (auto const& [first, last] : free_.runs())
            for (auto rest = part_run{first, last}; !rest.empty() && found.size() < enough;)
            {
                auto const gap = seed.refused.first_gap(rest);
                add(gap);
                rest.first = gap.last;
            }
    };
    for_each_gap(add_starts);
    if (found.empty() && seed.active_parts == 0)
        for_each_gap(add_left);
    return found;
}

// The beginning of the run, to the end of its first file, or of several small ones. Somebody else may take up what
// exceeds the usual size, if there is anybody.
part_run plan::whole_claim(seed_state const& seed, part_run run) const
{
    auto const usual = parts_.first(run, claim_size_max(seed)).last;
    auto end = std::min(run.last, end_of_file(run.first));
    while (end != run.last && end_of_file(end) <= usual)
        end = end_of_file(end);
    if (end > usual)
        end = end_of_left({usual, end});
    return {run.first, end};
}

// The first part of the run that begins less than a part behind the beginning of a file; the end of the run if there
// is none.
std::uint32_t plan::first_start(part_run run) const
{
    auto const length = parts_.size_max();
    while (!run.empty())
    {
        auto const slice = pieces_.slice_at(parts_.range_of({run.first, run.first + 1}).offset, length);
        if (slice.pad || slice.offset < length)
            break;
        run.first = std::min(run.last, end_of_file(run.first));
    }
    return run.first;
}

// Behind the last part of the file to which the first byte of the part belongs.
std::uint32_t plan::end_of_file(std::uint32_t part) const
{
    auto const slice = pieces_.slice_at(parts_.range_of({part, part + 1}).offset, 1);
    return std::max(parts_.of(slice.file).last, part + 1);
}

// The first part of the run that no seed with ranges can have; the end of the run if there is none.
std::uint32_t plan::first_left(part_run run) const
{
    for (auto before = run.last; !run.empty() && before != run.first;)
    {
        before = run.first;
        for (auto const& seed : seeds_)
            if (auto const gap = seed.refused.first_gap(run); has_ranges(seed) && gap.first == run.first)
                run.first = gap.last;
    }
    return run.first;
}

// How far from the beginning of the run there are only such parts.
std::uint32_t plan::end_of_left(part_run run) const
{
    for (auto const& seed : seeds_)
        if (has_ranges(seed))
            run.last = seed.refused.first_gap(run).first;
    return run.last;
}

} // namespace webseed::planning
