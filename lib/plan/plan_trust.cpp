// What an earlier run has verified.
#include "plan/plan.hpp"

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

} // namespace webseed::planning
