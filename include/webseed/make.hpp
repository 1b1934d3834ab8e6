// Making a torrent of files: what can be asked for, and what comes of it. engine::async_make_torrent() does it.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed {

enum class torrent_format
{
    /// BEP 3. What every client that knows web seeds can read.
    v1,
    /// BEP 52 alone.
    v2,
    /// Both in one, with pad files (BEP 47) where a file would begin within a piece. A client that doesn't know pad
    /// files asks web servers for them.
    hybrid,
};

/// How far the making of a torrent is. Any thread may look at it while it grows.
class make_progress
{
public:
    /// Files found so far; all of them once bytes_hashed() grows.
    std::uint64_t files() const noexcept { return files_; }
    /// Their bytes.
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t bytes_hashed() const noexcept { return bytes_hashed_; }

    void set_found(std::uint64_t files, std::uint64_t bytes) noexcept
    {
        files_ = files;
        bytes_ = bytes;
    }
    void add_hashed(std::uint64_t bytes) noexcept { bytes_hashed_ += bytes; }

private:
    std::atomic<std::uint64_t> files_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> bytes_hashed_ = 0;
};

struct make_options
{
    torrent_format format = torrent_format::v1;
    /// A power of two, at least 16 KiB. 0: the least that gives no more than 2048 pieces, at most 16 MiB.
    std::uint64_t piece_length = 0;
    /// http or https URLs, in the order in which they are to stand in the torrent.
    std::vector<std::string> web_seeds{};
    /// Asks clients not to look for peers elsewhere than at the trackers (BEP 27).
    bool is_private = false;
    std::string comment{};
    /// Of the file, or of the directory; empty: as it is called on the disk.
    std::string name{};
    /// The program's name. Empty: "webseed/" and the version.
    std::string created_by{};
    /// Seconds since 1970. None: not told, so that the same files give the same torrent.
    std::optional<std::int64_t> creation_date{};
    /// To look at meanwhile; may be null.
    std::shared_ptr<make_progress> progress{};
};

/// A torrent as it was made. After a failure only `cause` says something.
struct made_torrent
{
    /// Of the .torrent file; metainfo::parse() reads them.
    std::vector<std::byte> bytes;
    std::string name;
    /// Not for v2.
    std::optional<sha1_hash> infohash_v1;
    /// Not for v1.
    std::optional<sha256_hash> infohash_v2;
    std::uint64_t piece_length = 0;
    std::uint64_t piece_count = 0;
    /// Pad files not counted.
    std::uint64_t file_count = 0;
    std::uint64_t total_size = 0;
    /// What was left out, and what other programs may not like, a line each.
    std::vector<std::string> warnings;
    diagnostics cause;
};

} // namespace webseed
