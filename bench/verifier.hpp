// The digests of a plan's pieces, straight from OpenSSL: for the bare programs that the library is measured against.
// Knows nothing of the library.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// One message after the other.
class running_digest
{
public:
    explicit running_digest(char const* name)
        : type_(EVP_MD_fetch(nullptr, name, nullptr)) // once: it would be looked up again for each message
        , context_(EVP_MD_CTX_new())
    {
        if (!type_ || !context_)
            throw std::runtime_error("no such digest");
        restart();
    }

    void update(void const* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }

    /// As raw bytes; begins the next message.
    std::string finish()
    {
        std::array<unsigned char, EVP_MAX_MD_SIZE> value;
        unsigned size = 0;
        EVP_DigestFinal_ex(context_.get(), value.data(), &size);
        restart();
        return {reinterpret_cast<char const*>(value.data()), size};
    }

private:
    void restart() { EVP_DigestInit_ex(context_.get(), type_.get(), nullptr); }

    struct deleter
    {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
        void operator()(EVP_MD* type) const noexcept { EVP_MD_free(type); }
    };
    std::unique_ptr<EVP_MD, deleter> type_;
    std::unique_ptr<EVP_MD_CTX, deleter> context_;
};

/// The hash tree of BEP 52 over one piece after the other, each as high as a whole one.
class block_tree
{
public:
    explicit block_tree(std::uint64_t piece_length)
        : leaf_count_(piece_length / block_size)
    {}

    void update(std::span<char const> bytes)
    {
        while (!bytes.empty())
        {
            auto const part = bytes.first(std::min<std::uint64_t>(bytes.size(), block_size - in_block_));
            digest_.update(part.data(), part.size());
            in_block_ += part.size();
            bytes = bytes.subspan(part.size());
            if (in_block_ == block_size)
                end_block();
        }
    }

    std::string finish()
    {
        if (in_block_ != 0)
            end_block();
        nodes_.resize(leaf_count_, std::string(32, '\0'));
        for (; nodes_.size() > 1; nodes_.resize(nodes_.size() / 2))
            for (std::size_t i = 0; i != nodes_.size() / 2; ++i)
            {
                digest_.update(nodes_[2 * i].data(), 32);
                digest_.update(nodes_[2 * i + 1].data(), 32);
                nodes_[i] = digest_.finish();
            }
        auto const root = nodes_.front();
        nodes_.clear();
        return root;
    }

private:
    void end_block()
    {
        nodes_.push_back(digest_.finish());
        in_block_ = 0;
    }

    static constexpr std::uint64_t block_size = 16384;
    std::uint64_t leaf_count_;
    std::uint64_t in_block_ = 0;
    running_digest digest_{"SHA256"};
    std::vector<std::string> nodes_;
};

/// Compares the pieces with their hashes as their bytes come. A hash of 20 bytes is of v1, of 32 of v2, of 52 both.
class verifier
{
public:
    /// @param hashes    one for each piece, all of one size; must outlive the verifier.
    /// @param compares  false: the digests are made, whatever comes out.
    verifier(
        std::vector<std::string> const& hashes, std::uint64_t piece_length, std::uint64_t total_size, bool compares)
        : hashes_(hashes)
        , piece_length_(piece_length)
        , total_size_(total_size)
        , compares_(compares)
        , has_v1_(hashes.front().size() != 32)
        , has_v2_(hashes.front().size() != 20)
        , v2_(piece_length)
    {}

    void begin(std::uint64_t piece)
    {
        piece_ = piece;
        // Behind the last piece nothing comes any more.
        left_ = std::min(piece_length_, total_size_ - std::min(total_size_, piece * piece_length_));
    }

    void update(std::span<char const> bytes)
    {
        while (!bytes.empty())
        {
            auto const part = bytes.first(std::min<std::uint64_t>(bytes.size(), left_));
            if (has_v1_)
                v1_.update(part.data(), part.size());
            if (has_v2_)
                v2_.update(part);
            left_ -= part.size();
            bytes = bytes.subspan(part.size());
            if (left_ == 0)
                finish();
        }
    }

private:
    void finish()
    {
        std::string found;
        if (has_v1_)
            found = v1_.finish();
        if (has_v2_)
            found += v2_.finish();
        if (compares_ && found != hashes_[piece_])
            throw std::runtime_error("a piece has another hash");
        begin(piece_ + 1);
    }

    std::vector<std::string> const& hashes_;
    std::uint64_t piece_length_;
    std::uint64_t total_size_;
    bool compares_;
    bool has_v1_;
    bool has_v2_;
    std::uint64_t piece_ = 0;
    std::uint64_t left_ = 0; // of the piece
    running_digest v1_{"SHA1"};
    block_tree v2_;
};

} // namespace bench
