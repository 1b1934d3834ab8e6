// How work on claims ends, in any way, and what becomes of those that are lent.
#include "fuzz/plan_life.hpp"

#include <algorithm>
#include <utility>

namespace webseed::test {

void life::settle(std::size_t index, outcome const& result)
{
    auto& requester = requesters_[index];
    auto& seed = of(requester.seed);
    auto const was_pausing = seed.pause_end > now_;
    auto const told = board_.settle(static_cast<requester_id>(index), result, now_, drawn_.number(0, 255) << 56);
    requester.now = mode::coming;
    if (!is_closed_)
        set({requester.next, requester.work.parts.last}, piece_is::free);
    require(told.counted == (!is_closed_ && !seed.closed), "what comes too late doesn't count");
    require(told.counted || (!told.is_news && !told.gave_up && !told.retry_at), "nor is it told");
    if (!told.counted)
        return;
    for (auto piece = requester.next; result.kind == outcome_kind::copy_failed; ++piece)
    {
        if (piece == requester.work.parts.last)
            break;
        uncopyable_.insert(piece);
    }
    auto const is_old_change = !seed.changed || requester.work.id < *seed.changed;
    auto const is_change = result.kind == outcome_kind::content_changed;
    auto const is_ignored = result.kind == outcome_kind::ranges_ignored && !requester.work.from_start;
    auto const is_missing = result.kind == outcome_kind::file_missing || (is_change && !is_old_change) ||
                            (result.kind == outcome_kind::ranges_ignored && !is_ignored);
    auto const has_ranges = is_ignored ? std::optional(false) : result.has_ranges;
    auto const had_ranges = !seed.sends_whole_files;
    seed.sends_whole_files = has_ranges ? !*has_ranges : seed.sends_whole_files;
    require(told.lost_ranges == (had_ranges && seed.sends_whole_files), "that a seed sends whole files is told once");
    if (is_missing)
        settle_missing(seed, result.file, told.is_news);
    else if (is_change && !seed.changed)
        seed.changed = static_cast<claim_id>(claims_);
    require(is_missing || !told.is_news, "what isn't missing is no news");
    auto const is_failure = result.kind == outcome_kind::failed || result.kind == outcome_kind::busy;
    if (is_failure && !was_pausing) // those within a pause were under way together
        seed.must_be_probing = true;
    if (is_failure || is_missing)
        seed.may_be_probing = true;
    require(told.gave_up == (!is_live(requester.seed) && !seed.told_given_up), "giving up is told once");
    seed.told_given_up = seed.told_given_up || told.gave_up;
    if (told.retry_at)
    {
        require(*told.retry_at > now_ && *told.retry_at >= seed.pause_end, "a pause is ahead and gets no shorter");
        seed.pause_end = *told.retry_at;
    }
    else
        require(!is_live(requester.seed) || !was_pausing, "a pause is told");
}

void life::settle_missing(known_seed& seed, file_index file, bool is_news)
{
    auto const [known, is_new] = seed.missing.try_emplace(file);
    require(is_news || !is_new, "that a file is missing is told");
    require(!is_news || is_new || known->second.may_be_found, "but once, until something of it has arrived");
    if (is_news)
        known->second = {now_ + options_.health.file_retry_first, false};
    for (auto run = layout_.pieces_of(file); !run.empty(); ++run.first)
        require(
            board_.refused(static_cast<seed_id>(&seed - seeds_.data())).contains(run.first),
            "a missing file isn't asked for at once");
}

void life::settle_somehow(std::size_t index)
{
    auto const& requester = requesters_[index];
    auto const rest = piece_run{requester.next, requester.work.parts.last};
    outcome result;
    result.kind = static_cast<outcome_kind>(drawn_.number(0, 7));
    auto const is_of_seed = result.kind == outcome_kind::failed || result.kind == outcome_kind::busy ||
                            result.kind == outcome_kind::file_missing || result.kind == outcome_kind::content_changed ||
                            result.kind == outcome_kind::ranges_ignored;
    if (requester.work.copy_of && is_of_seed)
        result.kind = outcome_kind::copy_failed;
    result.took = std::chrono::milliseconds(drawn_.number(0, 4000));
    result.bytes = drawn_.number(0, 1u << 20);
    if (result.kind == outcome_kind::delivered && !rest.empty())
        result.kind = outcome_kind::stopped;
    if (!requester.work.copy_of && drawn_.once_in(4))
        result.has_ranges = drawn_.flag();
    if (result.kind == outcome_kind::busy && drawn_.flag())
        result.retry_after = std::chrono::seconds(drawn_.number(0, 1000));
    if (result.kind == outcome_kind::file_missing || result.kind == outcome_kind::content_changed ||
        result.kind == outcome_kind::ranges_ignored)
    {
        auto const slices = layout_.slices(layout_.range_of(rest));
        auto const choice = slices.empty() ? 0 : drawn_.number(0, slices.size() - 1);
        if (slices.empty() || slices[choice].pad) // nobody is asked for those
            result.kind = outcome_kind::failed;
        else
            result.file = slices[choice].file;
    }
    settle(index, result);
    if (result.kind == outcome_kind::storage_failed)
        close();
}

// Whether what it brings is wanted: of what was lent it gets what nobody has begun.
bool life::secure(std::size_t index)
{
    auto& requester = requesters_[index];
    if (!std::exchange(requester.work.is_tentative, false))
        return true;
    auto const end = board_.secure(static_cast<requester_id>(index), now_);
    take_lent(); // others may have had it
    auto const lent = std::exchange(requester.lent, {});
    auto& last = requester.work.parts.last;
    requester.is_stopped = requester.is_stopped || !end;
    require(!end || *end > requester.next, "what is secured isn't empty");
    require(!end || *end <= (lent.empty() ? last : lent.last), "nor more than was asked for");
    for (auto piece = requester.next; end && !lent.empty() && piece != *end; ++piece)
        require(pieces_[piece] == piece_is::free, "nor another one's");
    if (end && !lent.empty())
        set({requester.next, *end}, piece_is::claimed);
    last = end && !lent.empty() ? *end : last;
    return end.has_value();
}

// What is lent is as if nobody had it.
void life::take_lent()
{
    for (auto const claim : board_.take_lent())
    {
        auto const is_its = [claim](auto const& each) { return each.now == mode::working && each.work.id == claim; };
        auto const holder = std::ranges::find_if(requesters_, is_its);
        require(holder != requesters_.end() && holder->work.is_tentative, "only what nobody has answered to is lent");
        holder->lent = {holder->next, std::exchange(holder->work.parts.last, holder->next)};
        set(holder->lent, piece_is::free);
        of(holder->seed).may_have_rested = true;
    }
    for (auto const claim : board_.take_needless())
        for (auto& each : requesters_)
            each.is_stopped = each.is_stopped || (each.now == mode::working && each.work.id == claim);
}

} // namespace webseed::test
