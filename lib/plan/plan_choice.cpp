// What the plan gives to whom: the choice of the parts of a claim, and whether there are any for one more requester.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <array>
#include <functional>

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

// Claims of one seed shall not end together: until the next answers come its line would be empty. The first ones are as
// many parts of the first size, counted up to so many, and the one whose request goes out first is the smallest.
constexpr std::uint64_t first_count_max = 4;
// The others end at least a wait for the first bytes before or after each other, if none must be cut to less than this
// part for that. Among more requesters it comes about by itself.
constexpr std::size_t apart_count_max = 16;
constexpr std::uint64_t apart_divisor = 2;

// Where other seeds are at work, too, a claim is smaller by such a part for each of the others of its seed, a few at
// most.
constexpr std::size_t stagger_count_max = 3;
constexpr std::uint64_t stagger_divisor = 8;

// What all of them bring in so many waits is spread over them in one go.
constexpr std::uint64_t waits_to_end = 5;

// Bytes that a requester of the seed would have brought until the first ones of an answer come.
std::uint64_t size_of_wait(auto const& seed)
{
    return static_cast<std::uint64_t>(seed.rate * seconds(seed.answer));
}

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
    auto const size = claim_size_max(seed);
    return cut(longest, size == last_size(seed) ? size : apart(seed, size), fair_share(seed));
}

// Bytes of a claim, that size or less, that hardly ends when another one of the seed does.
std::uint64_t plan::apart(seed_state const& seed, std::uint64_t size) const
{
    if (seed.rate == 0 || seed.requesters.size() > apart_count_max)
        return size;
    if (engaged_count_ != seed.engaged)
    {
        auto const less = size / stagger_divisor * std::min(seed.active, stagger_count_max);
        return size < fair_share(seed) ? size - less : size;
    }
    auto const wait = size_of_wait(seed);
    std::array<std::uint64_t, apart_count_max> ends{};
    std::size_t count = 0;
    for (auto const each : seed.requesters)
        if (auto const& held = of(each).held; held && !held->cooling)
            ends[count++] = size_left(*held) + (held->arrived == 0 ? wait : 0);
    std::sort(ends.begin(), ends.begin() + count, std::greater());
    auto end = wait + size;
    for (std::size_t i = 0; i != count; ++i)
        if (ends[i] < end + wait && end < ends[i] + wait)
            end = ends[i] - std::min(ends[i], wait);
    auto const end_min = wait + std::max(size / apart_divisor, options_.claim_size_min);
    return end >= end_min ? end - wait : size;
}

// Where no other seed is at work and all comes in a few waits: what each has then, with one more requester of the seed,
// if all end together, so that nobody needs to ask again. Otherwise 0.
std::uint64_t plan::even_size(seed_state const& seed) const
{
    auto const at_once = seed.active + seed.woken + 1;
    auto const size_max = at_once * waits_to_end * size_of_wait(seed);
    if (engaged_count_ != seed.engaged || seed.requesters.size() > apart_count_max || free_size_ > size_max)
        return 0;
    auto all = free_size_;
    for (auto const each : seed.requesters)
        if (auto const& held = of(each).held; held && !held->cooling)
            all += size_left(*held);
    if (all > size_max)
        return 0;
    return all / at_once;
}

// The same of what is free; all of it where what would be left isn't worth another request.
std::uint64_t plan::last_size(seed_state const& seed) const
{
    auto const even = even_size(seed);
    return even != 0 && free_size_ < even + size_of_wait(seed) ? free_size_ : even;
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
    auto const is_only = seed.requesters.size() == requesters_.size();
    if (seed.rate == 0 && is_only && requesters_.size() != 1)
    {
        auto const part = size / first_count_max * std::min<std::uint64_t>(seed.active + 1, first_count_max);
        size = std::max(part, std::min(size, options_.claim_size_min));
    }
    if (size > fair)
    {
        auto const worth_it = seed.is_rate_told ? 0 : static_cast<std::uint64_t>(seed.rate * claim_time_min);
        size = std::min(size, std::max({fair, last_size(seed), worth_it, options_.claim_size_min}));
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
