// Hashes pieces of files that a torrent is to be made of. Several may work on different pieces at once.
#pragma once

#include "disk/source_tree.hpp"
#include "http/body_sink.hpp"
#include "torrent/digest.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo_writer.hpp"

#include <webseed/make.hpp>

#include <boost/system/result.hpp>

#include <cstdint>
#include <span>

namespace webseed::core {

/// What the hashers of one torrent share. References: all must outlive them.
struct hashing_parts
{
    disk::source_tree const& source;
    /// Laid out; file for file the source's.
    torrent::content const& content;
    /// With room for all pieces; each hasher writes those of its own.
    torrent::content_hashes& hashes;
    http::buffer_lender& buffers;
    make_progress& progress;
};

/// A run of pieces at a time, and of that a stretch at a time, so that others get their turns in between. Blocks while
/// it reads.
class content_hasher
{
public:
    explicit content_hasher(hashing_parts const& parts)
        : parts_(parts)
    {}

    /// @param first, last  a half-open run of pieces that exist, not empty.
    void begin(std::uint64_t first, std::uint64_t last);

    /// Reads and hashes about so many bytes of the run. After an error it is of no use.
    error_code advance(std::uint64_t size, diagnostics& cause);
    /// Whether the run is hashed.
    bool is_done() const noexcept { return at_ == end_; }

private:
    torrent::content_file const& file() const { return parts_.content.files[file_]; }
    void enter_file_at(std::uint64_t offset);
    void begin_piece();
    void end_piece();
    /// Up to the end of the piece, or of the gap behind the file. @return its size.
    std::uint64_t skip_gap();
    boost::system::result<std::uint64_t> hash_some(std::span<std::byte> buffer, diagnostics& cause);
    void feed(std::span<std::byte const> bytes);
    error_code leave_file(diagnostics& cause);

    hashing_parts parts_;
    torrent::sha1_digest sha1_;
    torrent::merkle_digest merkle_;
    std::uint64_t at_ = 0;  // in the stream
    std::uint64_t end_ = 0; // of the run
    std::uint64_t piece_ = 0;
    std::uint64_t piece_end_ = 0;
    std::size_t file_ = 0;   // the last one that begins at or before `at_`
    std::size_t opened_ = 0; // of which file `handle_` is
    unsigned height_ = 0;    // of the piece's node
    disk::descriptor handle_;
};

} // namespace webseed::core
