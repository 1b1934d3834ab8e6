// Pieces of equal files: who has one of them has them all. Pure.
#pragma once

#include "torrent/layout.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
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
    /// How many different contents they have.
    std::uint32_t content_count() const noexcept { return content_count_; }
    /// Which of them the piece has, counted from 0; none if no other piece has the same.
    std::optional<std::uint32_t> content_of(std::uint32_t piece) const
    {
        auto const* const found = find(piece);
        if (found == nullptr)
            return std::nullopt;
        return groups_[found->second.group].first_content + (piece - found->first);
    }
    /// Calls visit(other) for each other piece with the same content.
    template <class Visitor>
    void for_each_other(std::uint32_t piece, Visitor visit) const
    {
        auto const* const found = find(piece);
        if (found == nullptr)
            return;
        for (auto const other : groups_[found->second.group].files)
            if (other != found->first)
                visit(other + (piece - found->first));
    }

private:
    struct entry
    {
        std::uint32_t count = 0; // of pieces
        std::size_t group = 0;
    };
    struct group
    {
        std::vector<std::uint32_t> files; // their first pieces
        std::uint32_t first_content = 0;
    };
    std::pair<std::uint32_t const, entry> const* find(std::uint32_t piece) const
    {
        auto const behind = files_.upper_bound(piece);
        if (behind == files_.begin())
            return nullptr;
        auto const& found = *std::prev(behind);
        return piece - found.first < found.second.count ? &found : nullptr;
    }

    std::map<std::uint32_t, entry> files_; // by the first piece
    std::vector<group> groups_;            // of equal files
    std::uint32_t content_count_ = 0;
    std::vector<piece_run> later_;
};

} // namespace webseed::planning
