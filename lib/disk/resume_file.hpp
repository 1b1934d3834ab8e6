// What is kept of a torrent between two runs: which pieces were verified, what was stored of others, and how the files
// looked then. Bytes in, verdict out; knows no file system.
//
// All numbers are little endian:
//
//   magic      16  "webseed resume 2"
//   v1         20  the torrent's SHA-1 info-hash; zeros: none
//   v2         32  the torrent's SHA-256 info-hash; zeros: none
//   length      8  of a piece
//   pieces      4  how many the torrent has
//   count       4  of guards
//   count       4  of ranges
//   guard    n*44  file 4, size 8, modified 8, changed 8, inode 8, device 8; ascending files
//   begun    n*16  offset in the torrent 8, size 8; ascending, not touching, with no byte of a verified piece
//   verified       a bit a piece, the lowest first; those behind the last piece are 0
//   checksum   32  SHA-256 of all before it
#pragma once

#include <webseed/metainfo.hpp>
#include <webseed/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace webseed::disk {

/// What can't stay the same when a file is changed, or replaced by another one. Times in nanoseconds.
struct file_guard
{
    std::uint64_t size = 0;
    std::uint64_t modified_at = 0;
    std::uint64_t changed_at = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;

    friend bool operator==(file_guard const&, file_guard const&) = default;
};

struct guarded_file
{
    file_index file{};
    file_guard guard;

    friend bool operator==(guarded_file const&, guarded_file const&) = default;
};

struct resume_record
{
    /// Ascending.
    std::vector<guarded_file> files;
    /// Each piece: that the bytes are right which it has in these files.
    std::vector<bool> verified;
    /// What was stored of other pieces, right or wrong; at most begun_count_max.
    std::vector<byte_range> begun = {};

    friend bool operator==(resume_record const&, resume_record const&) = default;
};

/// More ranges aren't kept: what is under way is a few for each connection.
inline constexpr std::size_t begun_count_max = 4096;

std::vector<std::byte> encode(metainfo const& torrent, resume_record const& record);

/// Nothing, if these aren't, to the last bit, what encode() made for this torrent.
std::optional<resume_record> decode(metainfo const& torrent, std::span<std::byte const> bytes);

/// No record of this torrent takes more bytes.
std::uint64_t resume_size_max(metainfo const& torrent) noexcept;

} // namespace webseed::disk
