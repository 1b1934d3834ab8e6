// What is wanted changes while the plan works: files are selected, readers come and go, and a bounded storage loses
// what nobody reads.
#include "plan/plan.hpp"

#include <algorithm>
#include <cassert>

namespace webseed::planning {

bool plan::is_over() const
{
    return is_complete() ? !options_.stays : is_hopeless();
}

void plan::want(piece_run run)
{
    if (is_finished())
        return;
    unwanted_.remove(run);
    for_readers_.remove(run);
    for (; !run.empty(); ++run.first)
        if (states_[run.first] == piece_state::skipped)
            take_up({run.first, run.first + 1});
    replan();
}

void plan::unwant(piece_run run)
{
    if (is_finished())
        return;
    for (; !run.empty(); ++run.first)
    {
        auto const piece = piece_run{run.first, run.first + 1};
        auto const state = states_[run.first];
        auto const is_open = state != piece_state::skipped && state != piece_state::verified;
        if (is_open && urgent_set_.contains(run.first))
            for_readers_.add(piece);
        else if (is_open)
            let_go(piece);
    }
    loosen();
    replan();
}

// From skipped to free.
void plan::take_up(piece_run run)
{
    wanted_count_ += run.count();
    wanted_size_ += pieces_.size_of(run);
    set_free(run);
}

// What is neither skipped nor verified isn't wanted any more.
void plan::let_go(piece_run run)
{
    for_readers_.remove(run);
    for (; !run.empty(); ++run.first)
    {
        auto const piece = piece_run{run.first, run.first + 1};
        auto const state = states_[run.first];
        if (state == piece_state::claimed || state == piece_state::unchecked)
        {
            unwanted_.add(piece);
            continue;
        }
        deferred_.remove(piece);
        skip(piece);
        if (options_.kept_size_max != 0)
            forgotten_.push_back(piece); // some of it may have come
    }
}

// What nobody holds any more: free, unless nobody wants it any more.
void plan::set_free(piece_run run)
{
    if (!spoilt_.empty())
        spoilt_.remove(run);
    while (!run.empty())
    {
        auto const gap = unwanted_.first_gap(run);
        if (!gap.empty())
            make_free(gap);
        auto const before = piece_run{run.first, gap.first};
        mark(before, piece_state::free);
        unwanted_.remove(before);
        let_go(before);
        run.first = gap.last;
    }
}

// Whether a piece that has arrived is to stay: else it is to be fetched again.
bool plan::keep(std::uint32_t piece)
{
    auto const run = piece_run{piece, piece + 1};
    if (spoilt_.contains(piece))
    {
        spoilt_.remove(run);
        set_free(run);
        return false;
    }
    if (!for_readers_.empty())
        for_readers_.remove(run);
    if (!unwanted_.empty())
        unwanted_.remove(run);
    if (options_.kept_size_max != 0)
        recency_.add(piece);
    return true;
}

void plan::forget(piece_index index)
{
    auto const piece = to_number(index);
    auto const state = states_[piece];
    if (closed_)
        return;
    if (state == piece_state::claimed)
        spoilt_.add({piece, piece + 1});
    if (state != piece_state::verified)
        return;
    drop(piece);
    if (!urgent_set_.contains(piece))
        return;
    for_readers_.add({piece, piece + 1});
    take_up({piece, piece + 1});
    replan();
}

// From verified to skipped.
void plan::drop(std::uint32_t piece)
{
    auto const run = piece_run{piece, piece + 1};
    --verified_count_;
    verified_size_ -= pieces_.size_of(run);
    recency_.remove(piece);
    lose_source(piece);
    skip(run);
}

// Those that equal it may be copied from another one, if there is one.
void plan::lose_source(std::uint32_t piece)
{
    auto const content = twins_.content_of(piece);
    if (!content || sources_[*content] != piece)
        return;
    sources_[*content].reset();
    twins_.for_each_other(piece, [&](std::uint32_t other) {
        if (states_[other] == piece_state::verified)
            sources_[*content] = other;
    });
    if (sources_[*content])
        return;
    twins_.for_each_other(piece, [&](std::uint32_t other) { copyable_.remove({other, other + 1}); });
}

void plan::used(piece_run run)
{
    for (; !run.empty(); ++run.first)
        if (recency_.contains(run.first))
            recency_.add(run.first);
}

// For the pieces of a claim.
void plan::make_room(piece_run run)
{
    if (options_.kept_size_max == 0)
        return;
    auto size = verified_size_ + pieces_.size_of(run);
    for (auto const& each : requesters_)
        if (each.held && !each.held->cooling)
            size += pieces_.size_of({each.held->next, each.held->work.pieces.last});
    while (size > options_.kept_size_max)
    {
        auto const oldest = recency_.oldest_but(urgent_set_);
        if (!oldest)
            return; // what is urgent comes first
        auto const piece = piece_run{*oldest, *oldest + 1};
        size -= pieces_.size_of(piece);
        drop(*oldest);
        forgotten_.push_back(piece);
    }
}

} // namespace webseed::planning
