// What is wanted changes while the plan works: files are selected, readers come and go, and a bounded storage loses
// what nobody reads.
#include "plan/plan.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace webseed::planning {

bool plan::is_over() const
{
    return is_complete() ? !options_.stays : is_hopeless();
}

void plan::want(piece_run run)
{
    if (is_finished())
        return;
    auto rest = parts_.of(run);
    unwanted_.remove(rest);
    for_readers_.remove(rest);
    for (; !rest.empty(); ++rest.first)
        if (states_[rest.first] == part_state::skipped)
            take_up({rest.first, rest.first + 1});
    replan();
}

void plan::unwant(piece_run run)
{
    if (is_finished())
        return;
    for (auto rest = parts_.of(run); !rest.empty(); ++rest.first)
    {
        auto const part = part_run{rest.first, rest.first + 1};
        auto const state = states_[rest.first];
        auto const is_open = state != part_state::skipped && state != part_state::verified;
        if (is_open && urgent_set_.contains(rest.first))
            for_readers_.add(part);
        else if (is_open)
            let_go(part);
    }
    loosen();
    replan();
}

void plan::skip_unwanted()
{
    auto const left = std::exchange(unwanted_, {});
    for (auto const& [first, last] : left.runs())
        skip({first, last});
}

// From skipped to free.
void plan::take_up(part_run run)
{
    wanted_count_ += count_pieces(run);
    wanted_size_ += parts_.size_of(run);
    set_free(run);
}

// What is neither skipped nor verified isn't wanted any more.
void plan::let_go(part_run run)
{
    for_readers_.remove(run);
    for (; !run.empty(); ++run.first)
    {
        auto const part = part_run{run.first, run.first + 1};
        auto const state = states_[run.first];
        if (state == part_state::claimed || state == part_state::unchecked)
        {
            unwanted_.add(part);
            continue;
        }
        if (state == part_state::deferred)
            deferred_.remove(parts_.pieces_of(part));
        skip(part);
        if (options_.kept_size_max != 0)
            forgotten_.push_back(parts_.pieces_of(part)); // some of it may have come
    }
}

// What nobody holds any more: free, unless nobody wants it any more.
void plan::set_free(part_run run)
{
    if (!spoilt_.empty())
        spoilt_.remove(run);
    forget_arrived(run);
    while (!run.empty())
    {
        auto const gap = unwanted_.first_gap(run);
        if (!gap.empty())
            make_free(gap);
        auto const before = part_run{run.first, gap.first};
        mark(before, part_state::free);
        unwanted_.remove(before);
        let_go(before);
        run.first = gap.last;
    }
}

// Whether a piece that has arrived is to stay: else it is to be fetched again.
bool plan::keep(std::uint32_t piece)
{
    auto const run = parts_.of_piece(piece);
    if (!spoilt_.first_in(run).empty())
    {
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
    auto const run = parts_.of_piece(piece);
    if (closed_)
        return;
    if (states_[run.first] != part_state::verified)
        return forget_begun(run);
    drop(piece);
    if (urgent_set_.first_in(run).empty())
        return;
    for_readers_.add(run);
    take_up(run);
    replan();
}

// What has come of a piece that isn't verified.
void plan::forget_begun(part_run run)
{
    auto const is_arriving = !joined_.empty() || judging_ != 0;
    for (auto part = part_run{run.first, run.first + 1}; part.first != run.last; part = {part.last, part.last + 1})
    {
        auto const state = states_[part.first];
        if (state == part_state::claimed || (is_arriving && state == part_state::unchecked))
            spoilt_.add(part);
        else if (state == part_state::arrived)
            set_free(part);
    }
}

// From verified to skipped.
void plan::drop(std::uint32_t piece)
{
    auto const run = parts_.of_piece(piece);
    --verified_count_;
    verified_size_ -= parts_.size_of(run);
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
        if (states_[parts_.of_piece(other).first] == part_state::verified)
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
void plan::make_room(part_run run)
{
    if (options_.kept_size_max == 0)
        return;
    auto size = verified_size_ + parts_.size_of(run); // of whole pieces: they aren't cut
    for (auto const& each : requesters_)
        if (each.held && !each.held->cooling)
            size += parts_.size_of({each.held->next, each.held->work.parts.last});
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
