// A set of pieces kept as maximal runs. Pure.
#pragma once

#include "torrent/layout.hpp"

#include <cstdint>
#include <map>

namespace webseed::planning {

using torrent::piece_run;

class run_set
{
public:
    /// In ascending order, neither empty nor touching: first piece -> one past the last.
    using map = std::map<std::uint32_t, std::uint32_t>;

    void add(piece_run run);
    void remove(piece_run run);

    bool empty() const noexcept { return runs_.empty(); }
    bool contains(std::uint32_t piece) const noexcept;
    /// How many pieces.
    std::uint64_t count() const noexcept { return count_; }
    map const& runs() const noexcept { return runs_; }
    /// The first run of pieces that are in `run` but not in this set; empty, at the end of `run`, if there is none.
    piece_run first_gap(piece_run run) const noexcept;
    /// The first run of pieces that are in `run` and in this set; empty, at the end of `run`, if there is none.
    piece_run first_in(piece_run run) const noexcept;

private:
    map runs_;
    std::uint64_t count_ = 0;
};

} // namespace webseed::planning
