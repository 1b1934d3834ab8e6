// The digest of one piece after the other, and whether it is the one that the torrent has: SHA-1 for v1, the hash tree
// for v2, both for a hybrid.
#pragma once

#include "digest.hpp"
#include "layout.hpp"
#include "merkle.hpp"

#include <webseed/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace webseed::torrent {

/// Throws what the digests throw. Those are made when the first piece begins.
class piece_digest
{
public:
    /// @param pieces  must outlive the digest.
    explicit piece_digest(layout const& pieces) noexcept
        : pieces_(pieces)
    {}

    /// Forgets what was fed, and begins with the piece's first byte.
    void begin(piece_index piece);
    /// The next bytes of the piece, padding included.
    void update(std::span<std::byte const> bytes);
    /// As many zero bytes of padding.
    void update_zeros(std::uint64_t count);
    /// Whether what was fed since begin() is the whole piece, and the right one: not if there was no begin(). Then
    /// begin() is due.
    bool finish();

private:
    layout const& pieces_;
    std::optional<sha1_digest> v1_;
    std::optional<merkle_digest> v2_;
    piece_index piece_{};
    sha256_hash const* root_ = nullptr; // of the piece; null: v2 says nothing about it
    unsigned height_ = 0;
    std::uint64_t data_left_ = 0; // what v2 counts of the piece: the file's bytes, not the padding behind them
};

} // namespace webseed::torrent
