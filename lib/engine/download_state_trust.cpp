// What a download takes over from earlier runs, and leaves to later ones.
#include "engine/download_state.hpp"

#include <algorithm>
#include <utility>

namespace webseed::core {

void download_state::trust(known_content const& known)
{
    auto const& verified = known.verified;
    if (verified.size() != layout_.piece_count())
        return;
    event_queue::batch const at_once(events_);
    std::uint32_t last = 0;
    for (std::uint32_t first = 0; first != verified.size(); first = last)
    {
        for (last = first + 1; last != verified.size() && verified[last] == verified[first];)
            ++last;
        if (!verified[first])
            continue;
        plan_.trust({first, last});
        for (auto piece = first; piece != last; ++piece)
        {
            auto const one = planning::piece_run{piece, piece + 1};
            if (!plan_.is_verified(static_cast<piece_index>(piece)))
                continue; // not wanted
            stats_.bytes_trusted += layout_.size_of(one);
            tell_verified(one);
        }
    }
    stats_.bytes_kept += stats_.bytes_trusted;
    plan_.resume(known.begun);
    publish();
}

known_content download_state::known() const
{
    known_content now;
    now.verified.reserve(layout_.piece_count());
    for (std::uint32_t piece = 0; piece != layout_.piece_count(); ++piece)
        now.verified.push_back(plan_.is_verified(static_cast<piece_index>(piece)));
    now.begun = plan_.begun();
    return now;
}

std::optional<known_content> download_state::known_beyond(known_content const& told) const
{
    auto const told_count = std::ranges::count(told.verified, true);
    if (std::cmp_less_equal(plan_.verified_count(), told_count) && plan_.begun() == told.begun)
        return std::nullopt;
    return known();
}

} // namespace webseed::core
