// What the plan makes of how its seeds fare.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <ranges>
#include <utility>

namespace webseed::planning {

namespace {

// After so many missing files in a row a seed is left alone for a while; if it never had anything, that counts as a
// failure: somebody named a wrong URL, and asking for each of 20,000 files in turn would be rude.
constexpr std::uint32_t missing_count_max = 16;

// What comes in less, in seconds, isn't measured.
constexpr double flow_time_min = 0.001;

// Whether a claim that ended like that says nothing about the seed.
bool is_silent_end(outcome_kind kind)
{
    return kind == outcome_kind::stopped || kind == outcome_kind::storage_failed || kind == outcome_kind::copy_failed;
}

// The last word counts: a cache may send whole files until it has them. Returns whether that it does so is news.
bool learn_ranges(auto& seed, outcome const& result)
{
    auto const did = seed.sends_whole_files;
    seed.sends_whole_pieces = seed.sends_whole_pieces || result.sends_whole_pieces;
    if (result.kind == outcome_kind::ranges_ignored)
        seed.sends_whole_files = true;
    else if (result.has_ranges)
        seed.sends_whole_files = !*result.has_ranges;
    return !did && seed.sends_whole_files;
}

} // namespace

settlement plan::settle(requester_id id, outcome const& result, time_point now, std::uint64_t random)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    assert(requester.held && !requester.held->cooling);
    if (closed_ || seed.closed)
    {
        if (result.is_doubtful)
            drop_begun(requester);
        release(requester);
        return {};
    }
    settlement told;
    told.counted = true;
    end_loan(requester);
    if (!requester.held->work.copy_of && !requester.held->is_lost)
        learn_rate(seed, result);
    auto judged = result;
    judged.kind = kind_of(seed, *requester.held, result, now);
    told.lost_ranges = learn_ranges(seed, judged);
    told.is_news = weigh(seed, judged, now, random);
    seed.is_doubted = seed.is_doubted && is_silent_end(judged.kind); // else it has answered, or failed anew
    --seed.active;
    seed.ended_at = now;
    seed.active_parts -= is_for_parts(requester.held->work) ? 1 : 0;
    active_.remove(id);
    count_rate(seed);
    if (result.is_doubtful)
        drop_begun(requester);
    end_early(requester, requester.held->next);
    if (result.kind == outcome_kind::content_changed)
        forget_arrived(requester.seed, result.file);
    auto const rest = part_run{requester.held->next, requester.held->work.parts.last};
    if (result.kind == outcome_kind::copy_failed && !rest.empty())
        uncopyable_.add(parts_.pieces_of(rest));
    seed.pausing = seed.health.pause_end() > now;
    if (seed.pausing)
        requester.held->cooling = true;
    else
        requester.held.reset();
    set_free(rest);
    replan();
    if (!is_live(seed))
        told.gave_up = !std::exchange(seed.told_given_up, true);
    else if (seed.pausing)
        told.retry_at = seed.health.pause_end();
    return told;
}

// It has sent something that is right: what went wrong before is over.
void plan::count_right(seed_state& seed)
{
    seed.health.delivered();
    seed.has_delivered = true;
    seed.missing_count = 0;
    seed.left_count = 0;
    seed.may_try_left = true;
    seed.taken_count = 0;
    seed.changed.reset();
}

void plan::learn_rate(seed_state& seed, outcome const& result)
{
    auto const time = seconds(result.took);
    if (result.bytes == 0 || time <= 0)
        return;
    auto const rate = static_cast<double>(result.bytes) / time;
    auto const is_first = seed.rate == 0 || std::exchange(seed.is_rate_told, false);
    seed.rate = is_first ? rate : seed.rate * 0.7 + rate * 0.3;
    // It looks endless where all lay in buffers already, and like nothing where a connection got stuck: neither is to
    // outweigh the others.
    auto const flow = static_cast<double>(result.bytes) / std::max(time - seconds(result.waited), flow_time_min);
    seed.flow = seed.flow == 0 ? flow : std::pow(seed.flow, 0.7) * std::pow(flow, 0.3);
}

// A file may change once while it is fetched. If it does so again before anything has arrived, it can't be had. Claims
// that were made before have met the same change. Nor can a file be had that lies behind what nobody would read, or
// that fails again and again.
outcome_kind plan::kind_of(seed_state& seed, held_claim const& held, outcome const& told, time_point now)
{
    if (told.kind == outcome_kind::ranges_ignored && held.work.from_start)
        return outcome_kind::file_missing;
    // Those that fail together have met one fault.
    if (told.kind == outcome_kind::failed && told.is_for_file && seed.health.pause_end() <= now)
        return leaves_file(seed, held, told.file) ? outcome_kind::file_missing : told.kind;
    if (told.kind != outcome_kind::content_changed)
        return told.kind;
    if (seed.changed && held.work.id >= *seed.changed)
        return outcome_kind::file_missing;
    if (!seed.changed)
        seed.changed = static_cast<claim_id>(claims_made_);
    return told.kind;
}

// Whether a file has failed so often that others are tried instead: those that follow are left sooner, until that is
// the seed's own fault, and one that was left before at once.
bool plan::leaves_file(seed_state& seed, held_claim const& held, file_index file)
{
    auto const often = std::max(1u, options_.health.failure_count_max) - 1;
    if (seed.left_count >= often || !has_other_work(seed, held, file))
        return false;
    auto const enough = seed.missing.is_known(file) ? 1 : often - seed.left_count;
    if (seed.missing.count_failure(file) < enough)
        return false;
    ++seed.left_count;
    seed.left.push_back(file);
    seed.health.forgive();
    has_left_ = true;
    return true;
}

bool plan::has_other_work(seed_state const& seed, held_claim const& held, file_index file) const
{
    if (seed.active > 1)
        return true;
    auto const own = parts_.of(file);
    auto const is_other = [&](std::uint32_t first, std::uint32_t last) {
        return first < last && !seed.refused.first_gap({first, last}).empty();
    };
    auto const has_other = [&](std::uint32_t first, std::uint32_t last) {
        return is_other(first, std::min(last, own.first)) || is_other(std::max(first, own.last), last);
    };
    return has_other(held.next, held.work.parts.last) ||
           std::ranges::any_of(free_.runs(), [&](auto const& run) { return has_other(run.first, run.second); });
}

// When nothing else is to be had any more: the server may be well again.
void plan::try_left_again()
{
    has_left_ = false;
    for (auto& seed : seeds_)
    {
        auto const left = std::exchange(seed.left, {});
        if (!is_live(seed) || left.empty() || !std::exchange(seed.may_try_left, false))
            continue;
        for (auto const file : left)
            seed.missing.pardon(file);
        for (auto const file : left)
            admit_file(seed, file);
    }
}

// Returns whether it is news that a file is missing.
bool plan::weigh(seed_state& seed, outcome const& result, time_point now, std::uint64_t random)
{
    // Requesters that fail together have met one fault: it counts once.
    auto const is_news = seed.health.pause_end() <= now;
    auto is_missing_news = false;
    switch (result.kind)
    {
    case outcome_kind::delivered:
    case outcome_kind::stopped:
    case outcome_kind::storage_failed:
    case outcome_kind::copy_failed:
    case outcome_kind::content_changed:
    case outcome_kind::ranges_ignored:
        break;
    case outcome_kind::failed:
        if (is_news)
            seed.health.failed(now, random);
        break;
    case outcome_kind::busy:
        seed.health.busy(now, result.retry_after, random); // whose wish may be for longer
        break;
    case outcome_kind::file_missing:
        is_missing_news = seed.missing.add(result.file, now, random);
        seed.refused.add(parts_.of(result.file));
        if (++seed.missing_count % missing_count_max != 0)
            break;
        if (seed.has_delivered)
            seed.health.rest(now, random);
        else
            seed.health.failed(now, random);
        break;
    }
    return is_missing_news;
}

// A file may be another one there, and all others right: after some wrong pieces it isn't asked for any more, and
// further ones don't count against the seed, unless it is the only file.
void plan::blame(seed_state& seed, std::uint32_t piece)
{
    auto const bad = parts_.of_piece(piece);
    seed.wrong.add(bad);
    seed.refused.add(bad);
    auto const& files = pieces_.torrent().files();
    auto const is_only_file = std::ranges::count(files, false, &file_entry::pad) == 1;
    auto const limit = options_.health.bad_piece_count_max / 2 + 1;
    auto const file = main_file_of(piece);
    auto const count = ++seed.wrong_in[to_number(file)];
    if (is_only_file || count <= limit)
        seed.health.sent_bad_piece();
    if (is_only_file || count != limit)
        return;
    for (auto const run = pieces_.pieces_of(file); auto const each : std::views::iota(run.first, run.last))
        if (main_file_of(each) == file)
        {
            seed.wrong.add(parts_.of_piece(each));
            seed.refused.add(parts_.of_piece(each));
        }
}

// The one with the most bytes of it.
file_index plan::main_file_of(std::uint32_t piece) const
{
    auto const slices = pieces_.slices(pieces_.range_of(static_cast<piece_index>(piece)));
    auto const size = [](torrent::file_slice const& each) { return each.pad ? 0 : each.size; };
    return std::ranges::max_element(slices, {}, size)->file;
}

// Missing files whose time has come are asked for as all others.
void plan::retry_missing(seed_state& seed, time_point now)
{
    while (auto const file = seed.missing.take_due(now))
    {
        if (!is_needed(*file))
        {
            seed.missing.forget(*file);
            continue;
        }
        admit_file(seed, *file);
    }
}

// The file isn't refused any more.
void plan::admit_file(seed_state& seed, file_index file) const
{
    auto const run = parts_.of(file);
    seed.refused.remove(run);
    for (auto rest = run; !rest.empty(); rest.first = std::min(rest.first + 1, rest.last))
    {
        // Only the first and the last one may have bytes of other files.
        auto const is_inner = rest.first != run.first && rest.first + 1 != run.last;
        if (seed.wrong.contains(rest.first) || seed.barred.contains(rest.first) ||
            (!is_inner && is_in_refused_file(seed, rest.first)))
            seed.refused.add({rest.first, rest.first + 1});
    }
}

bool plan::is_needed(file_index file) const
{
    auto const run = parts_.of(file);
    return std::any_of(states_.begin() + run.first, states_.begin() + run.last, [](part_state state) {
        return state != part_state::verified && state != part_state::skipped;
    });
}

bool plan::is_in_refused_file(seed_state const& seed, std::uint32_t part) const
{
    auto const slices = pieces_.slices(parts_.range_of({part, part + 1}));
    return std::ranges::any_of(
        slices, [&](torrent::file_slice const& each) { return !each.pad && seed.missing.is_refused(each.file); });
}

// Files of which something has arrived are there.
void plan::find_missing(seed_state& seed, part_run arrived) const
{
    for (; !arrived.empty() && !seed.missing.empty(); ++arrived.first)
        for (auto const& each : pieces_.slices(parts_.range_of({arrived.first, arrived.first + 1})))
            if (!each.pad)
                seed.missing.forget(each.file);
}

} // namespace webseed::planning
