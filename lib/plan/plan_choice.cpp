// What the plan gives to whom: the choice of the parts of a claim, and whether there are any for one more requester.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>

namespace webseed::planning {

namespace {

// Free runs looked at for the longest one: enough to find a long one, few enough for a plan in a million splinters.
constexpr int scan_count_max = 64;

// After so many it's no coincidence.
constexpr std::uint32_t missing_count_unlucky = 4;

// So much of what a claim takes longer because the first bytes are long in coming is made up for.
constexpr int answers_in_claim = 2;

// Of the time that it takes, in seconds: less isn't worth a round trip.
constexpr double claim_time_min = 0.1;

// Among the requesters of one server, who have one line, what comes in fewer waits for the first bytes than this isn't
// halved for the others' sake.
constexpr double waits_in_claim = 3;

// Claims that begin together shall not end together: until their next answers come the line would be empty. While there
// is plenty, a claim is smaller by such a part for each of the others of the seed that are at work, a few at most.
constexpr std::size_t stagger_count_max = 3;
constexpr std::uint64_t stagger_divisor_first = 4;
constexpr std::uint64_t stagger_divisor = 8;

} // namespace

// The start of the longest run among the first that this seed could serve.
part_run plan::pick(seed_state const& seed) const
{
    auto longest = part_run{};
    if (seed.sends_whole_files)
    {
        for (auto const run : whole_claims(seed, scan_count_max))
            if (run.count() > longest.count())
                longest = run;
        return longest;
    }
    auto scanned = 0;
    for (auto const& [first, last] : free_.runs())
    {
        for (auto rest = part_run{first, last}; !rest.empty();)
        {
            auto const gap = seed.refused.first_gap(rest);
            if (gap.count() > longest.count())
                longest = gap;
            rest.first = gap.last;
        }
        if (++scanned >= scan_count_max && !longest.empty())
            break;
    }
    // A seed that lacks files may have others: look for them far apart, not one by one.
    if (longest.empty())
        return longest;
    if (seed.missing_count >= missing_count_unlucky)
        longest.first += longest.count() / 2;
    if (seed.sends_whole_pieces)
        return cut_whole(longest, claim_size_max(seed));
    return cut(longest, claim_size_max(seed), fair_share(seed));
}

// As much of the run as makes a claim: whole pieces, unless nobody is to have as much as one.
part_run plan::cut(part_run run, std::uint64_t size, std::uint64_t fair) const
{
    auto const piece = parts_.of_piece(parts_.piece_of(run.first));
    auto const is_piece_too_much = fair < parts_.size_of({run.first, std::min(piece.last, run.last)});
    return is_piece_too_much ? parts_.first(run, size) : parts_.first_whole(run, size);
}

// The same for a seed that sends whole pieces: from the beginning of one on, if one begins there.
part_run plan::cut_whole(part_run run, std::uint64_t size) const
{
    auto const begin = parts_.of_piece(parts_.piece_of(run.first)).first;
    auto const next = parts_.of_piece(parts_.piece_of(run.first)).last;
    if (begin != run.first && next < run.last)
        run.first = next;
    return parts_.first_whole(run, size);
}

// Pieces that are to be copied in one go; none if there are no such.
claim plan::next_copy() const
{
    claim work;
    if (copyable_.empty())
        return work;
    auto const [first, last] = *copyable_.runs().begin();
    work.copy_of = source_of(first);
    auto pieces = piece_run{first, first + 1};
    auto const size_max = std::max(options_.claim_size_first, pieces_.torrent().piece_length());
    auto const count_max = static_cast<std::uint32_t>(size_max / pieces_.torrent().piece_length());
    while (pieces.last != last && pieces.count() != count_max &&
           source_of(pieces.last) == *work.copy_of + pieces.count())
        ++pieces.last;
    work.parts = parts_.of(pieces);
    return work;
}

// A verified piece with the same content.
std::optional<std::uint32_t> plan::source_of(std::uint32_t piece) const
{
    auto const content = twins_.content_of(piece);
    return content ? sources_[*content] : std::nullopt;
}

// Bytes of one claim: what the seed is expected to send in the claim time, but no more than its share, lest the others
// wait for one that took too much.
std::uint64_t plan::claim_size_max(seed_state const& seed) const
{
    auto size = options_.claim_size_first;
    if (seed.rate != 0)
    {
        auto const time = options_.claim_time + answers_in_claim * seed.answer; // the rate has the wait in it
        auto const expected = seed.rate * seconds(time);
        size = static_cast<std::uint64_t>(std::min(expected, static_cast<double>(options_.claim_size_max)));
    }
    auto const fair = fair_share(seed);
    if (size <= fair)
    {
        auto const divisor = seed.rate != 0 ? stagger_divisor : stagger_divisor_first;
        auto const less = size / divisor * std::min(seed.active, stagger_count_max);
        size = std::max(size - less, std::min(size, options_.claim_size_min));
    }
    else
    {
        auto const worth_it = seed.is_rate_told ? 0 : static_cast<std::uint64_t>(seed.rate * claim_time_min);
        auto const is_alone = engaged_count_ == seed.engaged;
        auto const waits = is_alone ? waits_in_claim * seconds(seed.answer) : 0;
        auto const in_waits = std::min(2 * fair, static_cast<std::uint64_t>(seed.rate * waits));
        size = std::min(size, std::max({fair, in_waits, worth_it, options_.claim_size_min}));
    }
    return std::max(size, parts_.size_max());
}

// How many claims of that size there are among the free parts that aren't refused, `enough` at most.
std::size_t plan::count_claims(run_set const& refused, std::uint64_t size_max, std::size_t enough) const
{
    std::size_t found = 0;
    auto const count_max = std::max<std::uint64_t>(1, size_max / parts_.size_usual());
    for (auto const& [first, last] : free_.runs())
        for (auto rest = part_run{first, last}; !rest.empty();)
        {
            auto const gap = refused.first_gap(rest);
            found += (gap.count() + count_max - 1) / count_max;
            if (found >= enough)
                return enough;
            rest.first = gap.last;
        }
    return found;
}

// Whether one more requester of the seed than those woken already would find a claim.
bool plan::has_work_for_one_more(seed_state const& seed) const
{
    if (!is_live(seed) || seed.pausing)
        return false;
    if (copyable_.runs().size() > woken_count_)
        return true;
    if (seed.lent != 0 || (is_probing(seed) && seed.active + seed.woken != 0))
        return false;
    if (seed.is_sparing || is_behind_unasked(seed))
        return false;
    auto const size_max = claim_size_max(seed);
    if (seed.sends_whole_files)
        return whole_claims(seed, seed.woken + 1).size() > seed.woken;
    if (is_too_slow(seed) && (seed.is_watching || seed.woken != 0))
        return false;
    return count_claims(seed.refused, size_max, seed.woken + 1) > seed.woken &&
           count_claims({}, size_max, woken_count_ + 1) > woken_count_;
}

} // namespace webseed::planning
