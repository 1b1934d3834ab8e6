// Pieces of equal files: who has one of them has them all. Pure.
#pragma once

#include "torrent/layout.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace webseed::planning {

using torrent::piece_run;

class twins
{
public:
    /// Of the wanted files of the layout's torrent.
    explicit twins(torrent::layout const& pieces);

    bool empty() const noexcept { return files_.empty(); }
    /// The pieces of files that an earlier one equals, ascending.
    std::vector<piece_run> const& later() const noexcept { return later_; }
    /// Calls visit(other) for each other piece with the same content.
    template <class Visitor>
    void for_each_other(std::uint32_t piece, Visitor visit) const
    {
        auto const behind = files_.upper_bound(piece);
        if (behind == files_.begin())
            return;
        auto const& [first, file] = *std::prev(behind);
        if (piece - first >= file.count)
            return;
        for (auto const other : groups_[file.group])
            if (other != first)
                visit(other + (piece - first));
    }

private:
    struct entry
    {
        std::uint32_t count = 0; // of pieces
        std::size_t group = 0;
    };
    std::map<std::uint32_t, entry> files_;           // by the first piece
    std::vector<std::vector<std::uint32_t>> groups_; // of equal files: their first pieces
    std::vector<piece_run> later_;
};

} // namespace webseed::planning
