// What the plan is told of what has come, or was there.
#include "plan/plan.hpp"

#include <algorithm>
#include <cassert>

namespace webseed::planning {

directive plan::report(requester_id id, std::uint32_t count, bool then_bad)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    auto& held = requester.held.value();
    assert(!held.cooling && held.next + count + (then_bad ? 1 : 0) <= held.work.parts.last);
    if (closed_ && !seed.closed)
        leave_behind(requester, held.next + count, then_bad);
    if (closed_ || seed.closed)
        return {.go_on = false, .counted = false};
    auto const was_probing = is_probing(seed);
    held.work.is_tentative = held.work.is_tentative && count == 0 && !then_bad;
    bool const is_copy = held.work.copy_of.has_value();
    auto const copyable_before = copyable_.count();
    auto const verified = advance(requester, held.next + count);
    auto const is_more_to_copy = copyable_.count() > copyable_before;
    if (then_bad)
    {
        auto const piece = parts_.piece_of(held.next);
        auto const bad = parts_.of_piece(piece);
        assert(will_judge(held, piece));
        held.next = bad.last;
        if (is_copy)
            uncopyable_.add({piece, piece + 1});
        else
        {
            wasted_size_ += parts_.size_of(bad);
            blame(seed, piece);
            count_rate(seed); // which may have been given up for it
        }
        set_free(bad);
    }
    if (then_bad || was_probing || is_more_to_copy || !joined_.empty())
        replan();
    auto const is_wanted_on = held.next == held.work.parts.last || is_copy || !seed.refused.contains(held.next);
    return {.go_on = is_live(seed) && is_wanted_on, .counted = true, .verified = verified};
}

// The parts up to there are stored. Returns the pieces that are right by that; not all need be verified.
piece_run plan::advance(requester_state& requester, std::uint32_t end)
{
    auto& held = *requester.held;
    auto& seed = of(requester.seed);
    auto const run = part_run{held.next, end};
    if (run.empty())
        return {};
    held.next = end;
    auto some = parts_.pieces_of(run);
    auto const head = parts_.of_piece(some.first);
    if (!held.work.copy_of)
        find_missing(seed, run);
    if (!will_judge(held, some.first))
    {
        arrive(requester.seed, {run.first, std::min(end, head.last)});
        ++some.first;
    }
    if (auto const tail = parts_.of_piece(some.last - 1); !some.empty() && tail.last > end)
    {
        --some.last;
        if (!will_judge(held, some.last))
            arrive(requester.seed, {tail.first, end});
    }
    if (some.empty() || held.work.copy_of)
    {
        for (auto piece = some.first; piece < some.last; ++piece)
            verify(piece);
        return some;
    }
    count_right(seed);
    for (auto piece = some.first; piece != some.last; ++piece)
    {
        if (disputes_.contains(piece))
            arrive(requester.seed, parts_.of_piece(piece)); // who was wrong is still to be found
        else
            verify(piece);
    }
    return some;
}

piece_run plan::next_check(std::uint32_t count_max)
{
    if (closed_ || unchecked_.empty())
        return {};
    auto const [first, last] = *unchecked_.runs().begin();
    auto run = piece_run{first, std::min(last, first + count_max)};
    for (auto each = urgent_.rbegin(); each != urgent_.rend(); ++each)
        if (auto const found = unchecked_.first_in(parts_.pieces_of(each->pieces)); !found.empty())
            run = {found.first, std::min(found.last, found.first + count_max)};
    unchecked_.remove(run);
    checking_ += run.count();
    return run;
}

void plan::checked(piece_index piece, bool good)
{
    --checking_;
    if (closed_)
        return;
    auto const run = parts_.of_piece(to_number(piece));
    if (!good)
        go_on_with(run);
    else
    {
        resumed_size_ -= begun_size(run);
        verify(to_number(piece));
    }
    replan();
}

} // namespace webseed::planning
