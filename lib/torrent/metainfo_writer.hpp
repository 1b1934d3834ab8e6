// From names, sizes and hashes to the bytes of a .torrent file (BEP 3, 19, 27, 47, 52). The same input gives the same
// bytes.
//
// The files stand in the order of a walk depth first through the v2 file tree, in every format. In v1 they follow each
// other without gaps. In v2 and hybrid torrents each file but the first begins on a new piece; in the v1 part of a
// hybrid pad files called .pad/SIZE fill up what is behind every file but the last. (Also where only empty files
// follow: that is how others do it, and a hybrid whose parts disagree is refused.)
#pragma once

#include <webseed/make.hpp>
#include <webseed/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::torrent {

struct content_file
{
    /// Elements joined by '/', below the torrent's name; that name where it is the only file and no directory.
    std::string path;
    std::uint64_t size = 0;
    bool is_executable = false;
    /// Where its first byte lies in the stream that the pieces cut; from lay_out().
    std::uint64_t offset = 0;
};

/// What goes into `info`, but for the hashes.
struct content
{
    std::string name;
    /// Whether the files lie in a directory called `name`.
    bool is_multi_file = false;
    torrent_format format = torrent_format::v1;
    std::uint64_t piece_length = 0;
    bool is_private = false;
    /// Ordered element by element, as raw bytes. At least one.
    std::vector<content_file> files;
    /// Gaps between files counted; from lay_out().
    std::uint64_t stream_size = 0;

    bool has_v1() const noexcept { return format != torrent_format::v2; }
    bool has_v2() const noexcept { return format != torrent_format::v1; }
    std::uint64_t piece_count() const noexcept { return (stream_size + piece_length - 1) / piece_length; }
};

struct content_hashes
{
    /// A piece each; none for v2.
    std::vector<sha1_hash> pieces;
    /// A piece each; none for v1. Of a file no longer than a piece the root.
    std::vector<sha256_hash> nodes;
};

/// What stands around `info`.
struct surroundings
{
    std::string comment;
    std::string created_by;
    std::optional<std::int64_t> creation_date;
    std::vector<std::string> web_seeds;
};

/// The least power of two, from 16 KiB on, that gives no more than 2048 pieces, but at most 16 MiB.
std::uint64_t piece_length_for(std::uint64_t total_size) noexcept;

/// Gives every file its offset. All sizes together, a piece added for each file, are less than 2^63.
void lay_out(content& files);

struct written_metainfo
{
    std::string bytes;
    /// Those of its `info`.
    std::string_view info() const noexcept { return std::string_view(bytes).substr(info_offset, info_size); }

    std::size_t info_offset = 0;
    std::size_t info_size = 0;
};

/// @param hashes  of as many pieces as the content has.
written_metainfo write_metainfo(content const& files, content_hashes const& hashes, surroundings const& around);

} // namespace webseed::torrent
