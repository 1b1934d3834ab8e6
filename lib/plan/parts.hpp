// The parts into which pieces are cut, so that several seeds can send one piece together: large pieces into parts of
// even size, and where a file begins in the midst of a piece, since a seed may have the one file and not the other.
// Pure arithmetic over a layout.
//
// Parts are counted from 0 over the whole torrent. Where nothing is cut, parts and pieces are the same.
#pragma once

#include "plan/twins.hpp"
#include "torrent/layout.hpp"

#include <cstdint>
#include <vector>

namespace webseed::planning {

using torrent::piece_run;
/// Half-open run of parts.
using part_run = torrent::piece_run;

class parts
{
public:
    /// @param pieces    must outlive the parts.
    /// @param equal     pieces that equal others stay whole: they are copied as they are. So do those with bytes of
    ///                  several files of which some aren't wanted: the storage may have dropped those.
    /// @param size_max  bytes of a part; more if there would be too many of them. 0: nothing is cut.
    parts(torrent::layout const& pieces, twins const& equal, std::uint64_t size_max);

    std::uint32_t count() const noexcept;
    /// No part has more data, but for pieces that stay whole.
    std::uint64_t size_max() const noexcept { return size_max_; }
    /// That of most of them, or nearly.
    std::uint64_t size_usual() const noexcept;
    bool are_cut() const noexcept { return !begins_.empty(); }

    /// From the run's first byte to its last.
    byte_range range_of(part_run run) const noexcept;
    /// Where the part begins. @param part  count() at the most, which begins where the torrent ends.
    std::uint64_t begin_of(std::uint32_t part) const noexcept;
    /// Its bytes: less than its range where there is nothing between the files.
    std::uint64_t size_of(part_run run) const noexcept;
    /// The part that holds the byte. @param offset  less than the layout's end.
    std::uint32_t at(std::uint64_t offset) const noexcept;

    part_run of(piece_run run) const noexcept;
    part_run of_piece(std::uint32_t piece) const noexcept { return of(piece_run{piece, piece + 1}); }
    std::uint32_t piece_of(std::uint32_t part) const noexcept;
    /// The pieces that have a part in the run, which isn't empty.
    piece_run pieces_of(part_run run) const noexcept { return {piece_of(run.first), piece_of(run.last - 1) + 1}; }
    /// Those that have a byte of the file; empty for empty files.
    part_run of(file_index file) const noexcept;
    bool begins_piece(std::uint32_t part) const noexcept { return of_piece(piece_of(part)).first == part; }

    /// The first parts of the run, which isn't empty: at least one, and not more than `size` bytes if those are two.
    part_run first(part_run run, std::uint64_t size) const noexcept;
    /// The same in whole pieces, as far as the run has them; what has less than one to its end is left as it is.
    part_run first_whole(part_run run, std::uint64_t size) const noexcept;

private:
    void cut(twins const& equal);
    void cut_piece(std::vector<torrent::file_slice> const& slices);
    bool is_whole_in_storage(std::vector<torrent::file_slice> const& slices) const;

    torrent::layout const& pieces_;
    std::uint64_t size_max_;
    // Where each part begins, and the first part of each piece and one past the last; empty: nothing is cut.
    std::vector<std::uint64_t> begins_;
    std::vector<std::uint32_t> firsts_;
};

} // namespace webseed::planning
