// What is told of the seeds and the pieces: events when a seed does something else, and why a piece isn't there.
#include "engine/download_state.hpp"
#include "engine/missing_walk.hpp"
#include "plan/explanation.hpp"

#include <algorithm>

namespace webseed::core {

namespace {

// Of a seed that lacks 20,000 files so many are told with what it said of them; of the others it is only known.
constexpr std::size_t lacking_count_max = 64;
// Pieces that a turn passes over, and pieces that it explains.
constexpr std::uint32_t pass_count_max = 1u << 16;
constexpr int explain_count_max = 256;

seed_doing doing_of(planning::standing_kind kind)
{
    using planning::standing_kind;
    switch (kind)
    {
    case standing_kind::working:
        return seed_doing::fetching;
    case standing_kind::idle:
        return seed_doing::nothing_to_do;
    case standing_kind::lacks_the_rest:
        return seed_doing::lacks_the_rest;
    case standing_kind::too_slow:
        return seed_doing::too_slow;
    case standing_kind::host_is_full:
        return seed_doing::host_is_full;
    case standing_kind::asked_to_wait:
        return seed_doing::asked_to_wait;
    case standing_kind::backing_off:
        return seed_doing::backing_off;
    case standing_kind::silent:
        return seed_doing::silent;
    case standing_kind::given_up:
        return seed_doing::given_up;
    case standing_kind::closed:
        break;
    }
    return seed_doing::removed;
}

bool has_cause(seed_doing doing)
{
    return doing == seed_doing::lacks_the_rest || doing == seed_doing::asked_to_wait ||
           doing == seed_doing::backing_off || doing == seed_doing::given_up;
}

piece_state state_of(planning::piece_standing standing)
{
    using planning::piece_standing;
    switch (standing)
    {
    case piece_standing::verified:
        return piece_state::verified;
    case piece_standing::unwanted:
        return piece_state::unwanted;
    case piece_standing::unchecked:
        return piece_state::checked;
    case piece_standing::awaits_copy:
        return piece_state::awaits_copy;
    case piece_standing::under_way:
        return piece_state::under_way;
    case piece_standing::arrived:
        return piece_state::arrived;
    case piece_standing::missing:
        break;
    }
    return piece_state::missing;
}

seed_excuse excuse_of(planning::excuse_kind kind)
{
    using planning::excuse_kind;
    switch (kind)
    {
    case excuse_kind::is_at_it:
        return seed_excuse::is_at_it;
    case excuse_kind::is_at_others:
        return seed_excuse::is_at_others;
    case excuse_kind::comes_next:
        return seed_excuse::comes_next;
    case excuse_kind::lacks_file:
        return seed_excuse::lacks_file;
    case excuse_kind::sent_wrong:
        return seed_excuse::sent_wrong;
    case excuse_kind::leaves_it:
        return seed_excuse::leaves_it;
    case excuse_kind::only_whole_files:
        return seed_excuse::only_whole_files;
    case excuse_kind::too_slow:
        return seed_excuse::too_slow;
    case excuse_kind::host_is_full:
        return seed_excuse::host_is_full;
    case excuse_kind::asked_to_wait:
        return seed_excuse::asked_to_wait;
    case excuse_kind::backing_off:
        return seed_excuse::backing_off;
    case excuse_kind::silent:
        return seed_excuse::silent;
    case excuse_kind::given_up:
        return seed_excuse::given_up;
    case excuse_kind::closed:
        return seed_excuse::removed;
    case excuse_kind::plan_finished:
        break;
    }
    return seed_excuse::download_ended;
}

bool is_same(planning::excuse const& a, planning::excuse const& b)
{
    auto const is_of_file = a.kind == planning::excuse_kind::lacks_file;
    return a.kind == b.kind && (is_of_file ? a.file == b.file : a.until == b.until);
}

// Whether the same can be said of two pieces.
bool is_same(planning::piece_explanation const& a, planning::piece_explanation const& b)
{
    auto const is_same_seed = [](auto const& x, auto const& y) { return x.seed == y.seed; };
    auto const is_same_excuse = [](auto const& x, auto const& y) { return is_same(x, y); };
    return a.standing == b.standing && a.is_disputed == b.is_disputed && a.arrived_size == 0 && b.arrived_size == 0 &&
           std::ranges::equal(a.holders, b.holders, is_same_seed) &&
           std::ranges::equal(a.seeds, b.seeds, is_same_excuse);
}

} // namespace

void download_state::begin_check()
{
    check_.pieces = static_cast<std::uint32_t>(plan_.check_count());
    if (check_.pieces != 0)
        events_.push(check_begun{check_.pieces});
}

void download_state::tell_standing(planning::seed_id id)
{
    using planning::standing_kind;
    auto const standing = plan_.standing_of(id, now_);
    auto const index = static_cast<std::size_t>(id);
    auto& seed = stats_.seeds[index];
    seed.doing = doing_of(standing.kind);
    if (seed.doing == seed_doing::removed && keys_[index].empty())
        seed.doing = seed_doing::given_up; // it was never used
    seed.until = standing.kind == standing_kind::host_is_full ? host_until_[index] : standing.until;
    seed.claims = standing.claims;
    tell_change(index);
}

// One of its requesters waits from now on, perhaps for long, and so may everybody.
void download_state::tell_waiting(planning::seed_id id)
{
    auto& seed = stats_of(id);
    auto const did = seed.doing;
    tell_standing(id);
    if (seed.doing != did && plan_.active_claim_count() == 0)
        publish();
}

// Nothing, once it is closed: what the plan says of seeds then isn't about them.
void download_state::tell_change(std::size_t index)
{
    auto const& seed = stats_.seeds[index];
    auto& told = told_[index];
    auto const is_later = seed.doing != seed_doing::fetching && seed.until != told.until;
    if ((seed.doing == told.doing && !is_later) || plan_.is_closed() || is_concluded_)
        return;
    told = {seed.doing, seed.until};
    seed_changed change{seed.url, seed.doing, seed.until, {}};
    if (has_cause(seed.doing))
        change.cause = seed.last_error;
    events_.push(std::move(change));
}

void download_state::tell_overdue(planning::claim_id claim)
{
    auto const holder = plan_.cancel(claim);
    if (!holder)
        return;
    auto const part = std::min(of(*holder).next_part, plan_.parts().count() - 1);
    auto const piece = static_cast<piece_index>(plan_.parts().piece_of(part));
    events_.push(claim_overdue{stats_of(of(*holder).seed).url, piece});
}

void download_state::note_lacking(std::size_t seed, file_index file, diagnostics const& cause)
{
    auto& known = lacking_[seed];
    if (known.size() < lacking_count_max || known.contains(file))
        known.insert_or_assign(file, cause);
}

piece_report download_state::explain(std::uint32_t piece, time_point now) const
{
    return report_of(piece, explanation_of(piece, now));
}

void download_state::explain_missing(missing_walk& walk, time_point now) const
{
    auto const count = layout_.piece_count();
    auto const end = walk.next + std::min(pass_count_max, count - walk.next);
    for (auto explained = 0; walk.next != end && explained != explain_count_max; ++walk.next)
    {
        auto told = explanation_of(walk.next, now);
        if (told.standing == planning::piece_standing::verified || told.standing == planning::piece_standing::unwanted)
            continue;
        ++explained;
        auto const is_next =
            !walk.found.empty() && to_number(walk.found.back().piece) + walk.found.back().count == walk.next;
        if (is_next && is_same(walk.last, told))
        {
            ++walk.found.back().count;
            continue;
        }
        if (walk.found.size() == walk.count_max)
        {
            walk.is_over = true;
            return;
        }
        walk.found.push_back(report_of(walk.next, told));
        walk.last = std::move(told);
    }
    walk.is_over = walk.next == count;
}

planning::piece_explanation download_state::explanation_of(std::uint32_t piece, time_point now) const
{
    auto told = plan_.explain(piece, now);
    for (std::size_t i = 0; i != told.seeds.size(); ++i)
    {
        auto& each = told.seeds[i];
        if (each.kind == planning::excuse_kind::closed && keys_[i].empty())
            each.kind = planning::excuse_kind::given_up; // it was never used
        if (each.kind == planning::excuse_kind::host_is_full)
            each.until = host_until_[i];
    }
    return told;
}

piece_report download_state::report_of(std::uint32_t piece, planning::piece_explanation const& told) const
{
    auto const index = static_cast<piece_index>(piece);
    piece_report made;
    made.piece = index;
    made.file = describe_bad(piece, {}).file.value();
    made.state = state_of(told.standing);
    made.is_disputed = told.is_disputed;
    made.size = layout_.range_of(index).size;
    made.bytes_arrived = told.arrived_size;
    if (told.source)
        made.equal_to = static_cast<piece_index>(*told.source);
    for (auto const& each : told.holders)
    {
        auto const& url = stats_.seeds[static_cast<std::size_t>(each.seed)].url;
        made.sources.push_back({url, each.size, each.pieces_before, each.heard_at});
    }
    for (std::size_t i = 0; i != told.seeds.size(); ++i)
    {
        auto const& each = told.seeds[i];
        made.seeds.push_back({stats_.seeds[i].url, excuse_of(each.kind), each.until, cause_of(each, i, piece)});
    }
    return made;
}

diagnostics download_state::cause_of(planning::excuse const& each, std::size_t seed, std::uint32_t piece) const
{
    using planning::excuse_kind;
    auto const& known = stats_.seeds[seed];
    switch (each.kind)
    {
    case excuse_kind::sent_wrong:
        return describe_bad(piece, known.url);
    case excuse_kind::lacks_file:
        if (auto const found = lacking_[seed].find(each.file); found != lacking_[seed].end())
            return found->second;
        break;
    case excuse_kind::asked_to_wait:
    case excuse_kind::backing_off:
    case excuse_kind::silent:
    case excuse_kind::given_up:
        return known.last_error;
    default:
        return {};
    }
    diagnostics cause;
    cause.file = each.file;
    cause.url = known.url;
    cause.message = known.url + ": doesn't send " + std::string(layout_.torrent().files()[to_number(each.file)].path);
    return cause;
}

} // namespace webseed::core
