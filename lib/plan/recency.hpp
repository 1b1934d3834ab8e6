// Which pieces were used how long ago. Pure.
#pragma once

#include "plan/run_set.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace webseed::planning {

class recency
{
public:
    /// The piece is the last one that was used, whether it is here already or not.
    void add(std::uint32_t piece)
    {
        remove(piece);
        by_use_.emplace(count_, piece);
        uses_.emplace(piece, count_++);
    }
    void remove(std::uint32_t piece)
    {
        auto const found = uses_.find(piece);
        if (found == uses_.end())
            return;
        by_use_.erase(found->second);
        uses_.erase(found);
    }
    bool contains(std::uint32_t piece) const noexcept { return uses_.contains(piece); }
    /// The piece that wasn't used for the longest time, of those that aren't in `kept`.
    std::optional<std::uint32_t> oldest_but(run_set const& kept) const
    {
        for (auto const& [use, piece] : by_use_)
            if (!kept.contains(piece))
                return piece;
        return std::nullopt;
    }

private:
    std::uint64_t count_ = 0; // uses so far
    std::map<std::uint64_t, std::uint32_t> by_use_;
    std::map<std::uint32_t, std::uint64_t> uses_;
};

} // namespace webseed::planning
