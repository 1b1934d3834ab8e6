// What a magnet link says: which torrent, and where to ask for it.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webseed {

/// Bounds that hold before anything is allocated for the thing they bound.
struct magnet_limits
{
    /// Bytes of the link.
    std::size_t size_max = 64u << 10;
    /// Web seeds; further ones are left out with a warning.
    std::size_t seed_count_max = 256;
    /// Exact sources, and as many acceptable ones; further ones are left out with a warning.
    std::size_t source_count_max = 16;
    /// Bytes of a URL; longer ones are left out with a warning.
    std::size_t url_size_max = 8192;
    /// Files that a torrent can have; greater indices are left out of the selection with a warning.
    std::uint32_t file_count_max = 1'000'000;
};

/// Files by their number in the torrent: from `first` to the one before `end`.
struct file_range
{
    std::uint32_t first = 0;
    std::uint32_t end = 0;

    friend constexpr bool operator==(file_range const&, file_range const&) = default;
};

struct magnet_link
{
    /// Reads a magnet link (BEP 9, 53), or an info-hash alone: 40 hexadecimal or 32 base32 digits (v1), or 64
    /// hexadecimal ones (v2). What isn't understood or not used is skipped.
    /// @param cause  if not null, told what was wrong and where.
    /// Errors: errc::magnet_invalid.
    static boost::system::result<magnet_link>
    parse(std::string_view text, magnet_limits const& limits = {}, diagnostics* cause = nullptr);

    /// At least one of the two; both are those of one hybrid torrent.
    std::optional<sha1_hash> infohash_v1;
    std::optional<sha256_hash> infohash_v2;
    /// `dn`, raw bytes: what to call it until the torrent is there. May be empty.
    std::string name;
    /// `xl`: bytes of the content.
    std::optional<std::uint64_t> size;
    /// `ws`, as in metainfo::web_seeds(). Here and below: only http and https URLs, in order, none twice.
    std::vector<std::string> web_seeds;
    /// `xs`: where the .torrent file is.
    std::vector<std::string> exact_sources;
    /// `as`: where the .torrent file may be, or the content.
    std::vector<std::string> acceptable_sources;
    /// `so`: the files that are wanted, in order, with gaps between them. Empty: all.
    std::vector<file_range> selection;
    /// What was wrong but tolerated, a line each.
    std::vector<std::string> warnings;
};

} // namespace webseed
