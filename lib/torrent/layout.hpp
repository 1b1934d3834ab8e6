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
    std::uint64_t total_size() const noexcept { return torrent_.total_size(); }
    std::uint32_t piece_count() const noexcept { return torrent_.piece_count(); }
    bool contains(byte_range range) const noexcept
    {
        return range.offset <= total_size() && range.size <= total_size() - range.offset;
    }
    /// The piece's bytes; the last piece is as short as the rest. @param piece  less than piece_count().
    byte_range range_of(piece_index piece) const noexcept;
    /// The bytes of a run; the run lies below piece_count().
    byte_range range_of(piece_run run) const noexcept;
    /// The piece that holds the byte. @param offset  less than total_size().
    piece_index piece_at(std::uint64_t offset) const noexcept;
    /// The non-empty pieces that share at least one byte with the file; empty for empty files.
    piece_run pieces_of(file_index file) const noexcept;
    /// The first non-empty file slice at `offset`, at most `size_max` bytes long and never beyond the end of its file.
    /// @param offset  less than total_size().
    file_slice slice_at(std::uint64_t offset, std::uint64_t size_max) const noexcept;
    /// All slices of `range`, in order, none empty.
    std::vector<file_slice> slices(byte_range range) const;

private:
    metainfo torrent_;
    std::vector<std::uint32_t> occupied_; // indices of the non-empty files, ascending offsets
};

} // namespace webseed::torrent
