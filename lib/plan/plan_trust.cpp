// What an earlier run has verified or begun, and what is left to a later one.
#include "plan/plan.hpp"

#include <algorithm>

namespace webseed::planning {

void plan::trust(piece_run run)
{
    auto const is_open = [this](std::uint32_t piece) {
        auto const state = states_[parts_.of_piece(piece).first];
        return state != part_state::skipped && state != part_state::verified;
    };
    while (!run.empty())
    {
        auto some = piece_run{run.first, run.first};
        while (some.last != run.last && is_open(some.last))
            ++some.last;
        remove_free(parts_.of(some));
        deferred_.remove(some);
        mark(
            parts_.of(some), part_state::claimed); // what equals one that is verified already isn't offered as its copy
        for (auto piece = some.first; piece != some.last; ++piece)
            verify(piece);
        run.first = some.last;
        while (!run.empty() && !is_open(run.first))
            ++run.first;
    }
    finished_ = is_complete() && !options_.stays;
}

void plan::resume(std::span<byte_range const> stored)
{
    if (!parts_.are_cut())
        return;
    for (auto const& range : stored)
    {
        if (range.empty() || !pieces_.contains(range))
            continue;
        for (auto part = parts_.at(range.offset); part <= parts_.at(range.end() - 1); ++part)
        {
            auto const one = part_run{part, part + 1};
            auto const its = parts_.range_of(one);
            if (states_[part] != part_state::free || its.offset < range.offset || its.end() > range.end())
                continue;
            remove_free(one);
            mark(one, part_state::arrived);
            arrived_[part].reset();
            resumed_size_ += parts_.size_of(one);
        }
    }
    for (auto at = arrived_.begin(); at != arrived_.end();)
    {
        auto const run = parts_.of_piece(parts_.piece_of(at->first));
        at = arrived_.lower_bound(run.last);
        if (begun_size(run) == parts_.size_of(run))
            withhold(parts_.pieces_of(run)); // who judges it needs no seed then; and some pieces have one part
    }
}

// Of what has arrived of a piece.
std::uint64_t plan::begun_size(part_run run) const
{
    std::uint64_t size = 0;
    for (auto at = arrived_.lower_bound(run.first); at != arrived_.end() && at->first < run.last; ++at)
        size += parts_.size_of({at->first, at->first + 1});
    return size;
}

// A piece isn't right as it lies in the storage, but perhaps some of what an earlier run has left of it.
void plan::go_on_with(part_run run)
{
    auto const left = begun_size(run);
    auto const is_of_use = left != parts_.size_of(run) && unwanted_.first_in(run).empty();
    if (!is_of_use)
    {
        resumed_size_ -= left;
        return set_free(run);
    }
    for (auto part = part_run{run.first, run.first + 1}; part.first != run.last; part = {part.last, part.last + 1})
        if (arrived_.contains(part.first))
            mark(part, part_state::arrived);
        else
            set_free(part);
}

std::vector<byte_range> plan::begun() const
{
    run_set come;
    for (auto const& [part, seed] : arrived_)
        come.add({part, part + 1});
    for (auto const id : active_)
        if (auto const& held = *of(id).held; held.next != held.work.parts.last)
            if (auto const piece = parts_.piece_of(held.next); will_judge(held, piece))
                come.add({parts_.of_piece(piece).first, held.next});
    for (auto const* const lost : {&spoilt_, &unwanted_})
        for (auto const& [first, last] : lost->runs())
            come.remove({first, last});
    std::vector<byte_range> found;
    for (auto [first, last] : come.runs())
        for (auto run = part_run{first, first}; run.last != last; run.first = run.last)
        {
            auto const piece = parts_.of_piece(parts_.piece_of(run.first));
            run.last = std::min(last, piece.last);
            auto const range = parts_.range_of(run);
            if (piece.count() == 1)
                continue;
            if (!found.empty() && found.back().end() == range.offset)
                found.back().size += range.size;
            else
                found.push_back(range);
        }
    return found;
}

// When all is closed, nothing is verified any more, but what has come is kept, whole pieces, too.
void plan::leave_behind(requester_state& requester, std::uint32_t end, bool then_bad)
{
    auto& held = *requester.held;
    while (held.next != end)
    {
        auto const piece = parts_.piece_of(held.next);
        auto const all = parts_.of_piece(piece);
        auto const last = std::min(end, all.last);
        if (!will_judge(held, piece))
            arrive(requester.seed, {held.next, last});
        else if (last == all.last)
            arrive(requester.seed, all);
        held.next = last;
    }
    if (then_bad)
        held.next = parts_.of_piece(parts_.piece_of(end)).last;
}

} // namespace webseed::planning
