// How such a life ends, and what must be true of it after every step.
#include "fuzz/plan_parts_life.hpp"
#include "plan/explanation.hpp"

#include <algorithm>

namespace webseed::test::parted {

known_requester* life::any(mode wanted)
{
    auto const found = std::ranges::find(requesters_, wanted, &known_requester::now);
    return found == requesters_.end() ? nullptr : &*found;
}

// From now on nothing goes wrong but that liars lie. False: nobody has anything to do at any time.
bool life::turn()
{
    if (auto* const one = any(mode::coming))
        next(*one);
    else if (auto* const judging = any(mode::judging))
        judge_now(*judging, false);
    else if (auto* const working = any(mode::working))
    {
        if (!working->is_stopped && secure(*working) && working->next != working->all.last)
            bring(*working);
        outcome result;
        result.kind = working->next == working->all.last ? outcome_kind::delivered : outcome_kind::stopped;
        if (working->is_stopped || working->next == working->all.last)
            settle(*working, result);
    }
    else if (auto* const declined = any(mode::declined))
        next(*declined);
    else
    {
        auto first = time_point::max();
        for (auto const& each : requesters_)
            if (each.now == mode::idle)
                first = std::min(first, each.until);
        if (first == time_point::max())
            return false;
        now_ = std::max(now_, first);
        for (auto& each : requesters_)
            if (each.now == mode::idle && each.until <= now_)
                each.now = mode::coming;
    }
    check();
    return true;
}

void life::finish()
{
    constexpr int turns_max = 5000;
    board_.urge({});
    auto const is_late = board_.is_finished();
    add_seed(true);
    check();
    for (auto turns = 0;
         any(mode::coming) || any(mode::judging) || any(mode::working) || any(mode::declined) || any(mode::idle);
         ++turns)
    {
        require(turns != turns_max, "it ends in time");
        if (board_.is_complete() && options_.stays && !is_closed_)
            close();
        require(turn(), "nobody waits for nothing");
    }
    require(is_late || is_closed_ || board_.is_complete(), "an honest seed is enough");
    require(!board_.is_complete() || board_.active_claim_count() == 0, "nobody works on when all have left");
}

void life::check()
{
    check_messages();
    check_pieces();
}

void life::check_messages()
{
    for (auto const id : board_.take_wakes())
    {
        auto& woken = requesters_[static_cast<std::size_t>(id)];
        if (woken.now == mode::idle || woken.now == mode::declined)
            woken.now = mode::coming;
    }
    for (auto const id : board_.take_asks())
    {
        auto& asked = requesters_[static_cast<std::size_t>(id)];
        require(asked.now == mode::working, "only who has something is asked to share");
        asked.is_asked = true;
    }
    for (auto const claim : board_.take_overdue())
    {
        auto const is_its = [claim](auto const& each) { return each.now == mode::working && each.claim == claim; };
        auto const holder = std::ranges::find_if(requesters_, is_its);
        require(holder != requesters_.end(), "only what somebody works on is overdue");
        holder->is_stopped = true;
    }
    for (auto const claim : board_.take_lent())
    {
        auto const is_its = [claim](auto const& each) { return each.now == mode::working && each.claim == claim; };
        auto const holder = std::ranges::find_if(requesters_, is_its);
        require(holder != requesters_.end() && holder->is_tentative, "only what nobody has answered to is lent");
        holder->lent = {holder->next, std::exchange(holder->all.last, holder->next)};
    }
    for (auto const claim : board_.take_needless())
        for (auto& each : requesters_)
            each.is_stopped = each.is_stopped || (each.now == mode::working && each.claim == claim);
}

// What is said of the pieces is what is counted.
void life::check_wanted() const
{
    std::uint32_t wanted = 0;
    for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
        wanted += board_.explain(i, now_).standing == piece_standing::unwanted ? 0 : 1;
    require(board_.wanted_count() == wanted, "it counts what is wanted");
}

void life::check_pieces()
{
    if (is_closed_)
        return;
    std::uint32_t verified = 0;
    for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
    {
        if (!board_.is_verified(piece_index{i}))
            continue;
        ++verified;
        require(is_right(i), "what is verified is right");
        require(board_.free().first_in(parts_.of_piece(i)).empty(), "what is verified isn't free");
    }
    require(board_.verified_count() == verified, "it counts what is verified");
    require(verified <= board_.wanted_count(), "what is verified is wanted");
    check_wanted();
    for (auto const& [first, last] : board_.free().runs())
        for (auto part = first; part != last; ++part)
            is_there_[part] = false;
    for (auto const& one : requesters_)
        if (one.now == mode::working && !of(one.seed).is_closed)
            require(board_.free().first_in({one.next, one.all.last}).empty(), "what somebody has isn't free");
}

} // namespace webseed::test::parted
