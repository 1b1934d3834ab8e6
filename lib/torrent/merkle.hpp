// The hash trees of v2 torrents (BEP 52). Binary; a leaf is the SHA-256 of a block of a file, the last block at its
// true length; a parent is the SHA-256 of its two children; missing leaves are 32 zero bytes. A node's height is
// counted from the leaves, which have 0.
#pragma once

#include "digest.hpp"

#include <webseed/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace webseed::torrent {

/// What one leaf covers.
inline constexpr std::uint64_t merkle_block_size = 16384;

/// Greater than the height of any tree: a file has less than 2^64 bytes.
inline constexpr unsigned merkle_height_end = 64;

/// Of the nodes that cover a piece. @param piece_length  a power of two, at least merkle_block_size.
unsigned height_of(std::uint64_t piece_length) noexcept;

/// Of the root of a file that is no longer than a piece: the least that covers all its blocks; 0 for an empty one.
unsigned height_of_file(std::uint64_t file_size) noexcept;

/// The node below which all leaves are missing. @param height  less than merkle_height_end.
sha256_hash zero_node(unsigned height);

/// The root over nodes of one height, in order; those that are missing up to the next power of two are zero_node().
/// @param layer  not empty; for `pieces root`, all hashes of a file's pieces.
sha256_hash root_of_layer(std::span<sha256_hash const> layer, unsigned piece_height);

/// A tree that is put together from nodes of one height, in order. Keeps one node for each height above.
class merkle_tree
{
public:
    explicit merkle_tree(unsigned base_height = 0) noexcept
        : base_height_(base_height)
    {}

    /// @param digest  between two messages.
    void add(sha256_digest& digest, sha256_hash node);
    /// The node of that height over all that was added; what is missing are zero nodes. Starts the next tree. Throws
    /// std::logic_error if more was added than it covers. @param height  base height or more, less than
    /// merkle_height_end.
    sha256_hash finish(sha256_digest& digest, unsigned height);
    void restart() noexcept { count_ = 0; }

private:
    unsigned base_height_;
    std::uint64_t count_ = 0;
    // The one at n is complete, and waits for its sibling, if bit n of the count is set.
    std::vector<sha256_hash> waiting_;
};

/// A running tree over bytes. Reusable: finish() starts the next one. Hashes straight from the bytes given, whatever
/// their size. Throws what running_digest does. Moved-from: only to be destroyed or assigned.
class merkle_digest
{
public:
    void update(std::span<std::byte const> bytes);
    /// The node of that height that begins with the first byte fed; leaves for which there were no bytes are missing
    /// ones. Throws std::logic_error if more was fed than it covers. @param height  less than merkle_height_end.
    sha256_hash finish(unsigned height);
    /// Forgets what was fed since the last finish().
    void restart();

private:
    void end_block();

    sha256_digest digest_;
    std::uint64_t block_size_ = 0; // of the block that is being fed; less than merkle_block_size
    merkle_tree tree_;
};

} // namespace webseed::torrent
