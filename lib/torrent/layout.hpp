// The map between pieces, bytes and files. Pure arithmetic over a metainfo.
#pragma once

#include <webseed/metainfo.hpp>
#include <webseed/types.hpp>

#include <cstdint>
#include <vector>

namespace webseed::torrent {

/// A stretch of one file.
struct file_slice
{
    file_index file{};
    /// Within the file.
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool pad = false;

    friend bool operator==(file_slice const&, file_slice const&) = default;
};

/// Half-open run of pieces.
struct piece_run
{
    std::uint32_t first = 0;
    std::uint32_t last = 0; // one past the end

    constexpr std::uint32_t count() const noexcept { return last - first; }
    constexpr bool empty() const noexcept { return first == last; }
    friend constexpr bool operator==(piece_run const&, piece_run const&) = default;
};

class layout
{
public:
    explicit layout(metainfo torrent);

    metainfo const& torrent() const noexcept { return torrent_; }
    /// Where the byte stream ends.
    std::uint64_t end_offset() const noexcept { return torrent_.end_offset(); }
    std::uint32_t piece_count() const noexcept { return torrent_.piece_count(); }
    bool contains(byte_range range) const noexcept
    {
        return range.offset <= end_offset() && range.size <= end_offset() - range.offset;
    }
    /// The piece's bytes: as many as there are up to the end of the stream, or in v2 alone of the file.
    /// @param piece  less than piece_count().
    byte_range range_of(piece_index piece) const noexcept;
    /// From the run's first byte to its last; the run lies below piece_count().
    byte_range range_of(piece_run run) const noexcept;
    /// The bytes of a run: less than its range where there is nothing between the files.
    std::uint64_t size_of(piece_run run) const noexcept;
    /// The piece that holds the byte. @param offset  less than end_offset().
    piece_index piece_at(std::uint64_t offset) const noexcept;
    /// The non-empty pieces that share at least one byte with the file; empty for empty files.
    piece_run pieces_of(file_index file) const noexcept;
    /// The first non-empty file slice at `offset`, at most `size_max` bytes long and never beyond the end of its file.
    /// The nothing between two files passes for a pad.
    /// @param offset  less than end_offset().
    file_slice slice_at(std::uint64_t offset, std::uint64_t size_max) const noexcept;
    /// All slices of `range`, in order, none empty.
    std::vector<file_slice> slices(byte_range range) const;

    /// Pieces in which no wanted file has a byte; none where no file was selected. Ascending, not touching.
    std::vector<piece_run> unwanted() const;
    /// Wanted files with the same content as an earlier wanted one, and which: the pieces of one are those of the
    /// other. Ascending.
    struct twins
    {
        file_index file{};
        file_index earlier{};
    };
    std::vector<twins> equal_files() const;

private:
    bool is_aligned() const noexcept { return torrent_.piece_hashes().empty(); }

    // Of a non-empty file. Beside each other they take few lines of the cache to search, which the files themselves
    // don't.
    struct place
    {
        std::uint64_t offset = 0;
        std::uint32_t index = 0;
    };

    metainfo torrent_;
    std::vector<place> occupied_; // ascending
};

} // namespace webseed::torrent
