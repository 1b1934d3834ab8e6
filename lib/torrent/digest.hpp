// Streaming message digests through OpenSSL's EVP. The only file below net/ that knows OpenSSL.
#pragma once

#include <webseed/types.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace webseed::torrent {

/// A running digest. Reusable: finish() starts the next message. Throws std::runtime_error when OpenSSL has no memory,
/// or not this algorithm. Moved-from: only to be destroyed or assigned.
template <class Hash>
class running_digest
{
public:
    running_digest();

    void update(std::span<std::byte const> bytes);
    /// As many zero bytes: the content of a pad file.
    void update_zeros(std::uint64_t count);
    Hash finish();
    /// Forgets what was fed since the last finish().
    void restart();

private:
    struct deleter
    {
        void operator()(void* context) const noexcept;
    };
    std::unique_ptr<void, deleter> context_;
};

extern template class running_digest<sha1_hash>;
extern template class running_digest<sha256_hash>;

using sha1_digest = running_digest<sha1_hash>;
using sha256_digest = running_digest<sha256_hash>;

/// The digest of bytes that lie in memory.
sha1_hash sha1_of(std::span<std::byte const> bytes);
sha256_hash sha256_of(std::span<std::byte const> bytes);

} // namespace webseed::torrent
