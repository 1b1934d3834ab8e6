// What an earlier run has verified.
#include "plan/plan.hpp"

namespace webseed::planning {

void plan::trust(piece_run run)
{
    auto const is_open = [this](std::uint32_t piece) {
        return states_[piece] != piece_state::skipped && states_[piece] != piece_state::verified;
    };
    while (!run.empty())
    {
        auto part = piece_run{run.first, run.first};
        while (part.last != run.last && is_open(part.last))
            ++part.last;
        free_.remove(part);
        copyable_.remove(part);
        deferred_.remove(part);
        mark(part, piece_state::claimed); // what equals one that is verified already isn't offered as its copy
        for (auto piece = part.first; piece != part.last; ++piece)
            verify(piece);
        run.first = part.last;
        while (!run.empty() && !is_open(run.first))
            ++run.first;
    }
    finished_ = is_complete() && !options_.stays;
}

} // namespace webseed::planning
