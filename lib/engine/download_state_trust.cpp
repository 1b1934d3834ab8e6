// What a download takes over from earlier runs, and leaves to later ones.
#include "engine/download_state.hpp"

namespace webseed::core {

void download_state::trust(std::vector<bool> const& verified)
{
    if (verified.size() != layout_.piece_count())
        return;
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
    publish();
}

std::vector<bool> download_state::verified_beyond(std::uint32_t count) const
{
    std::vector<bool> verified;
    if (plan_.verified_count() <= count)
        return verified;
    verified.reserve(layout_.piece_count());
    for (std::uint32_t piece = 0; piece != layout_.piece_count(); ++piece)
        verified.push_back(plan_.is_verified(static_cast<piece_index>(piece)));
    return verified;
}

} // namespace webseed::core
