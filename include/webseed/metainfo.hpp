// The content of a .torrent file, checked. Immutable, cheap to copy, safe to share between threads.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
    /// Where it lies below the target directory: the torrent's name first, elements joined by '/'. Made safe as
    /// README.md tells: each element is UTF-8, not empty, not `.` or `..`, at most 255 bytes, without separators and
    /// control characters; no two files have the same, and none lies where another needs a directory. Valid for as long
    /// as any copy of the metainfo. Pad files: empty.
    std::string_view path;
    /// Where its first byte lies in the byte stream that the pieces cut.
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    /// All zeros, neither asked for nor written (BEP 47).
    bool pad = false;
    /// A symbolic link: see metainfo::link_target(). Its size is 0.
    bool link = false;
    bool executable = false;
    /// On systems where that is an attribute.
    bool hidden = false;
};

class metainfo
{
public:
    /// Reads the bytes of a .torrent file: v1, v2 or hybrid (BEP 3, 17, 19, 47, 52).
    /// @param bytes   copied as far as they are kept.
    /// @param cause   if not null, told what was wrong and where.
    /// Errors: errc::bencode_invalid, errc::torrent_invalid, errc::torrent_unsupported, errc::path_unsafe.
    static boost::system::result<metainfo>
    parse(std::span<std::byte const> bytes, metainfo_limits const& limits = {}, diagnostics* cause = nullptr);

    /// The name as the torrent gives it: the file's, or the root directory's.
    std::string const& name() const noexcept;
    /// Whether the files lie below a directory called `name()`; true even for a list of one file.
    bool is_multi_file() const noexcept;
    /// Set for v1 and hybrid torrents.
    std::optional<sha1_hash> const& infohash_v1() const noexcept;
    /// Set for v2 and hybrid torrents.
    std::optional<sha256_hash> const& infohash_v2() const noexcept;
    std::uint64_t piece_length() const noexcept;
    std::uint32_t piece_count() const noexcept;
    /// Of all files together, pad files counted.
    std::uint64_t total_size() const noexcept;
    /// Where the byte stream ends. Beyond total_size() in v2 alone, where each file begins with a piece of its own and
    /// nothing lies between the end of one and the next piece.
    std::uint64_t end_offset() const noexcept;
    /// In the order of the torrent: of its list, or of its tree walked depth first.
    std::span<file_entry const> files() const noexcept;

    /// SHA-1 of each piece, padding included; none in v2 alone.
    std::span<sha1_hash const> piece_hashes() const noexcept;
    /// Roots of the hash trees of the file's pieces, of its own bytes alone (BEP 52); empty for files without bytes,
    /// without v2, and where a hybrid has lost them. The same place in memory for files with equal content.
    std::span<sha256_hash const> piece_roots(file_index file) const noexcept;

    /// The elements of the file's path as the torrent has them, without the torrent's name in front; for a single file
    /// its name. For asking a server; unsafe on a disk. Empty for pad files.
    std::vector<std::string_view> raw_path(file_index file) const;
    /// The place that a link leads to, relative to the link's directory; inside the torrent. Empty: it leads nowhere
    /// that is allowed, or the file is no link.
    std::string_view link_target(file_index file) const noexcept;

    /// The URLs under `url-list`, trimmed, without duplicates, in order; only http and https. Not covered by the
    /// info-hash: anybody can have put them there.
    std::span<std::string const> web_seeds() const noexcept;
    /// The same under `httpseeds` (BEP 17), without those that are in `url-list`, too.
    std::span<std::string const> http_seeds() const noexcept;
    /// Whether the torrent asks for trackers alone to be used; no web seed cares.
    bool is_private() const noexcept;
    /// As the torrent gives them; empty where it doesn't.
    std::string const& comment() const noexcept;
    std::string const& created_by() const noexcept;
    /// Seconds since 1970.
    std::optional<std::int64_t> creation_date() const noexcept;
    /// What was wrong but tolerated, a line each.
    std::span<std::string const> warnings() const noexcept;

    /// The same torrent of which only these files are wanted: others are neither fetched, nor made, nor checked, but
    /// for pieces that they share with wanted ones. @param files  any order; indices beyond the last are passed over.
    metainfo select(std::span<file_index const> files) const;
    /// Without a selection all files are wanted but pads.
    bool is_wanted(file_index file) const noexcept;

    struct data;

private:
    explicit metainfo(std::shared_ptr<data const> content) noexcept;

    std::shared_ptr<data const> data_;
    std::shared_ptr<std::vector<bool> const> selection_; // null: all
};

} // namespace webseed
