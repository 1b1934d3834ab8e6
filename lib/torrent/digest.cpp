#include "digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace webseed::torrent {
namespace {

EVP_MD_CTX* as_context(void* context) noexcept
{
    return static_cast<EVP_MD_CTX*>(context);
}

void check(bool is_good)
{
    if (!is_good)
        throw std::runtime_error("OpenSSL could not compute a digest");
}

template <class Hash>
constexpr char const* algorithm_of = nullptr;
template <>
constexpr char const* algorithm_of<sha1_hash> = "SHA1";
template <>
constexpr char const* algorithm_of<sha256_hash> = "SHA256";

template <class Hash>
Hash digest_of(std::span<std::byte const> bytes)
{
    Hash hash;
    auto const output = reinterpret_cast<unsigned char*>(hash.data());
    check(EVP_Q_digest(nullptr, algorithm_of<Hash>, nullptr, bytes.data(), bytes.size(), output, nullptr) == 1);
    return hash;
}

} // namespace

template <class Hash>
void running_digest<Hash>::deleter::operator()(void* context) const noexcept
{
    EVP_MD_CTX_free(as_context(context));
}

template <class Hash>
running_digest<Hash>::running_digest()
    : context_(EVP_MD_CTX_new())
{
    check(context_ != nullptr);
    // Looking the algorithm up costs as much as hashing a kilobyte; the context keeps it for all messages to come.
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> const algorithm(
        EVP_MD_fetch(nullptr, algorithm_of<Hash>, nullptr), &EVP_MD_free);
    check(algorithm != nullptr);
    check(EVP_DigestInit_ex2(as_context(context_.get()), algorithm.get(), nullptr) == 1);
}

template <class Hash>
void running_digest<Hash>::update(std::span<std::byte const> bytes)
{
    check(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

template <class Hash>
void running_digest<Hash>::update_zeros(std::uint64_t count)
{
    static constexpr std::array<std::byte, 16384> zeros{};
    while (count > 0)
    {
        auto const size = std::min<std::uint64_t>(count, zeros.size());
        update({zeros.data(), static_cast<std::size_t>(size)});
        count -= size;
    }
}

template <class Hash>
Hash running_digest<Hash>::finish()
{
    Hash hash;
    check(EVP_DigestFinal_ex(as_context(context_.get()), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
    restart();
    return hash;
}

template <class Hash>
void running_digest<Hash>::restart()
{
    check(EVP_DigestInit_ex2(as_context(context_.get()), nullptr, nullptr) == 1);
}

template class running_digest<sha1_hash>;
template class running_digest<sha256_hash>;

sha1_hash sha1_of(std::span<std::byte const> bytes)
{
    return digest_of<sha1_hash>(bytes);
}

sha256_hash sha256_of(std::span<std::byte const> bytes)
{
    return digest_of<sha256_hash>(bytes);
}

} // namespace webseed::torrent
