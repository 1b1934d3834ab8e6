// What the plan gives to seeds that send whole files, whatever range they are asked for.
#include "plan/plan.hpp"

#include <algorithm>

namespace webseed::planning {

// Some of the claims that there are for the seed, `enough` at most. Those that begin where a file begins; where there
// are none, those that nobody else can have, for which the files are sent in vain up to there: not before the claims
// that were made while the seed seemed to have ranges have ended, lest what comes back from them needs the same file
// again.
std::vector<piece_run> plan::whole_claims(seed_state const& seed, std::size_t enough) const
{
    std::vector<piece_run> found;
    auto const add_starts = [&](piece_run rest) {
        for (rest.first = first_start(rest); !rest.empty() && found.size() < enough; rest.first = first_start(rest))
            rest.first = found.emplace_back(whole_claim(seed, rest)).last;
    };
    auto const add_left = [&](piece_run rest) {
        for (rest.first = first_left(rest); !rest.empty() && found.size() < enough; rest.first = first_left(rest))
            rest.first = found.emplace_back(whole_claim(seed, {rest.first, end_of_left(rest)})).last;
    };
    auto const for_each_gap = [&](auto const& add) {
        for (auto const& [first, last] : free_.runs())
            for (auto rest = piece_run{first, last}; !rest.empty() && found.size() < enough;)
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
piece_run plan::whole_claim(seed_state const& seed, piece_run run) const
{
    auto const count_max = claim_count_max(seed);
    auto end = std::min(run.last, end_of_file(run.first));
    while (end != run.last && end_of_file(end) <= run.last && end_of_file(end) - run.first <= count_max)
        end = end_of_file(end);
    if (end - run.first > count_max)
        end = end_of_left({run.first + count_max, end});
    return {run.first, end};
}

// The first piece of the run that begins less than a piece behind the beginning of a file; the end of the run if there
// is none.
std::uint32_t plan::first_start(piece_run run) const
{
    auto const length = pieces_.torrent().piece_length();
    while (!run.empty())
    {
        auto const slice = pieces_.slice_at(run.first * length, length);
        if (slice.pad || slice.offset < length)
            break;
        run.first = std::min(run.last, end_of_file(run.first));
    }
    return run.first;
}

// Behind the last piece of the file to which the first byte of the piece belongs.
std::uint32_t plan::end_of_file(std::uint32_t piece) const
{
    auto const slice = pieces_.slice_at(piece * pieces_.torrent().piece_length(), 1);
    return std::max(pieces_.pieces_of(slice.file).last, piece + 1);
}

// The first piece of the run that no seed with ranges can have; the end of the run if there is none.
std::uint32_t plan::first_left(piece_run run) const
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

// How far from the beginning of the run there are only such pieces.
std::uint32_t plan::end_of_left(piece_run run) const
{
    for (auto const& seed : seeds_)
        if (has_ranges(seed))
            run.last = seed.refused.first_gap(run).first;
    return run.last;
}

} // namespace webseed::planning
