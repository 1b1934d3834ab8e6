// The content of a .torrent file, checked. Immutable, cheap to copy, safe to share between threads.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <boost/system/result.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace webseed {

/// Bounds that hold before anything is allocated for the thing they bound.
struct metainfo_limits
{
    /// Bytes of the .torrent file.
    std::size_t size_max = 64u << 20;
    /// Lists and dictionaries within each other.
    std::size_t depth_max = 64;
    /// Values in the whole file.
    std::size_t item_count_max = 4'000'000;
    std::size_t file_count_max = 1'000'000;
    std::size_t piece_count_max = 4'000'000;
    /// Seeds taken from the file; further ones are left out with a warning.
    std::size_t seed_count_max = 256;
    /// Bytes of a seed's URL; longer ones are left out with a warning.
    std::size_t seed_url_size_max = 8192;
    /// Names below each other in one path.
    std::size_t path_depth_max = 100;
};

/// One file of a torrent.
struct file_entry
{
    /// The elements of its path below the target directory, the torrent's name first; raw bytes, each safe
    /// as a name: not empty, not `.` or `..`, at most 255 bytes, without `/` and NUL. Pad files: empty.
    std::vector<std::string> path;
    /// Where its first byte lies in the byte stream that the pieces cut.
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    /// All zeros, neither asked for nor written (BEP 47). Symbolic links, which are not made, appear as pads of size 0.
    bool pad = false;

    /// The path's elements joined by '/'.
    std::string joined_path() const;
};

class metainfo
{
public:
    /// Reads the bytes of a .torrent file (BEP 3, 19, 47).
    /// @param bytes   copied as far as they are kept.
    /// @param cause   if not null, told what was wrong and where.
    /// Errors: errc::bencode_invalid, errc::torrent_invalid, errc::torrent_unsupported, errc::path_unsafe.
    static boost::system::result<metainfo>
    parse(std::span<std::byte const> bytes, metainfo_limits const& limits = {}, diagnostics* cause = nullptr);

    /// The name as the torrent gives it: the file's, or the root directory's.
    std::string const& name() const noexcept;
    /// Whether the files lie below a directory called `name()`; true even for a list of one file.
    bool is_multi_file() const noexcept;
    std::optional<sha1_hash> const& infohash_v1() const noexcept;
    /// Set for hybrid torrents.
    std::optional<sha256_hash> const& infohash_v2() const noexcept;
    std::uint64_t piece_length() const noexcept;
    std::uint32_t piece_count() const noexcept;
    /// Pad files counted.
    std::uint64_t total_size() const noexcept;
    std::span<file_entry const> files() const noexcept;
    /// SHA-1 of the piece. @param piece  less than piece_count().
    sha1_hash const& piece_hash(piece_index piece) const noexcept;
    /// The URLs under `url-list`, trimmed, without duplicates, in order; only http and https. Not covered by the
    /// info-hash: anybody can have put them there.
    std::span<std::string const> web_seeds() const noexcept;
    /// What was wrong but tolerated, a line each.
    std::span<std::string const> warnings() const noexcept;

    struct data;

private:
    explicit metainfo(std::shared_ptr<data const> content) noexcept;

    std::shared_ptr<data const> data_;
};

} // namespace webseed
