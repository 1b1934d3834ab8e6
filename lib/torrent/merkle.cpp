#include "merkle.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace webseed::torrent {
namespace {

sha256_hash parent_of(sha256_digest& digest, sha256_hash const& left, sha256_hash const& right)
{
    digest.update(left);
    digest.update(right);
    return digest.finish();
}

std::array<sha256_hash, merkle_height_end> make_zero_nodes()
{
    std::array<sha256_hash, merkle_height_end> nodes{};
    sha256_digest digest;
    for (std::size_t height = 1; height < nodes.size(); ++height)
        nodes[height] = parent_of(digest, nodes[height - 1], nodes[height - 1]);
    return nodes;
}

/// The least height that covers so many nodes.
unsigned height_over(std::uint64_t count) noexcept
{
    return count <= 1 ? 0 : static_cast<unsigned>(std::bit_width(count - 1));
}

} // namespace

unsigned height_of(std::uint64_t piece_length) noexcept
{
    return static_cast<unsigned>(std::countr_zero(piece_length / merkle_block_size));
}

unsigned height_of_file(std::uint64_t file_size) noexcept
{
    return height_over(file_size / merkle_block_size + (file_size % merkle_block_size != 0 ? 1 : 0));
}

sha256_hash zero_node(unsigned height)
{
    static auto const nodes = make_zero_nodes();
    return nodes.at(height);
}

sha256_hash root_of_layer(std::span<sha256_hash const> layer, unsigned piece_height)
{
    sha256_digest digest;
    merkle_tree tree(piece_height);
    for (auto const& node : layer)
        tree.add(digest, node);
    return tree.finish(digest, piece_height + height_over(layer.size()));
}

void merkle_tree::add(sha256_digest& digest, sha256_hash node)
{
    auto const level = static_cast<unsigned>(std::countr_one(count_));
    for (unsigned below = 0; below < level; ++below)
        node = parent_of(digest, waiting_[below], node);
    if (level == waiting_.size())
        waiting_.push_back(node);
    else
        waiting_[level] = node;
    ++count_;
}

sha256_hash merkle_tree::finish(sha256_digest& digest, unsigned height)
{
    auto const levels = height - base_height_;
    if (height < base_height_ || height >= merkle_height_end || count_ > std::uint64_t(1) << levels)
        throw std::logic_error("a node covers less than what was hashed for it");
    auto const count = std::exchange(count_, 0);
    if (count == 0)
        return zero_node(height);
    if (count == std::uint64_t(1) << levels)
        return waiting_[levels];

    // From the last complete node on upwards, each is joined with the one that waits at its left, or with a zero node.
    auto level = static_cast<unsigned>(std::countr_zero(count));
    auto node = waiting_[level];
    node = parent_of(digest, node, zero_node(base_height_ + level));
    while (++level < levels)
    {
        bool const is_right = (count >> level & 1) != 0;
        node = is_right ? parent_of(digest, waiting_[level], node)
                        : parent_of(digest, node, zero_node(base_height_ + level));
    }
    return node;
}

void merkle_digest::update(std::span<std::byte const> bytes)
{
    while (!bytes.empty())
    {
        auto const size = std::min<std::uint64_t>(bytes.size(), merkle_block_size - block_size_);
        digest_.update(bytes.first(static_cast<std::size_t>(size)));
        bytes = bytes.subspan(static_cast<std::size_t>(size));
        block_size_ += size;
        if (block_size_ == merkle_block_size)
            end_block();
    }
}

sha256_hash merkle_digest::finish(unsigned height)
{
    if (block_size_ > 0)
        end_block();
    return tree_.finish(digest_, height);
}

void merkle_digest::restart()
{
    digest_.restart();
    block_size_ = 0;
    tree_.restart();
}

void merkle_digest::end_block()
{
    block_size_ = 0;
    auto const leaf = digest_.finish();
    tree_.add(digest_, leaf);
}

} // namespace webseed::torrent
