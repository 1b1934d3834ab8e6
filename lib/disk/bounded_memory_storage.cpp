// Memory for some pieces of a torrent at a time.
#include <webseed/storage.hpp>

#include "torrent/layout.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

namespace webseed {
namespace {

namespace asio = boost::asio;

class bounded_memory_storage final : public storage
{
public:
    bounded_memory_storage(metainfo const& torrent, std::uint64_t kept_size_max)
        : layout_(torrent)
        , kept_size_max_(kept_size_max)
    {
        if (kept_size_max == 0)
            throw std::invalid_argument("a memory storage that keeps nothing");
        spare_.reserve(spare_count_max);
    }

    // What it can't have dropped: padding alone is as good as stored.
    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics&) override
    {
        co_return std::vector<byte_range>();
    }

    std::uint64_t kept_size_max() const noexcept override { return kept_size_max_; }

    void drop(byte_range range) noexcept override
    {
        auto const length = layout_.torrent().piece_length();
        std::lock_guard const lock(mutex_);
        for (auto piece = range.offset / length; piece * length < range.end(); ++piece)
            put_away(piece);
    }

    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        if (!layout_.contains({offset, buffer.size()}))
            co_return errc::internal;
        while (!buffer.empty())
        {
            auto const [block, at, size] = find(offset, buffer.size(), false);
            if (!block)
                co_return errc::storage_failed;
            std::memcpy(buffer.data(), block.get() + at, size);
            offset += size;
            buffer = buffer.subspan(size);
        }
        co_return error_code();
    }

    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (!layout_.contains({offset, bytes.size()}))
            co_return errc::internal;
        while (!bytes.empty())
        {
            auto const [block, at, size] = find(offset, bytes.size(), true);
            std::memcpy(block.get() + at, bytes.data(), size);
            offset += size;
            bytes = bytes.subspan(size);
        }
        co_return error_code();
    }

    asio::awaitable<error_code> close(diagnostics&) override
    {
        std::lock_guard const lock(mutex_);
        blocks_.clear();
        spare_.clear();
        co_return error_code();
    }

private:
    struct place
    {
        std::shared_ptr<std::byte[]> block; // of one piece; stays while somebody has it
        std::size_t at = 0;
        std::size_t size = 0;
    };

    // Up to `size_max` bytes of the piece in which the byte lies. Pad files, which nobody writes, are zeros in it.
    place find(std::uint64_t offset, std::size_t size_max, bool may_make)
    {
        auto const length = layout_.torrent().piece_length();
        auto const piece = offset / length;
        auto const range = layout_.range_of(static_cast<piece_index>(piece));
        auto const end = std::min((piece + 1) * length, layout_.end_offset());
        place found;
        found.at = static_cast<std::size_t>(offset - range.offset);
        found.size = static_cast<std::size_t>(std::min<std::uint64_t>(size_max, end - offset));
        std::lock_guard const lock(mutex_);
        auto const at = blocks_.find(piece);
        if (at != blocks_.end())
            found.block = at->second;
        else if (may_make)
        {
            found.block = make_block(static_cast<std::size_t>(end - range.offset));
            blocks_.emplace(piece, found.block);
        }
        return found;
    }

    // What is dropped is used again: many long blocks that come and go leave holes in the heap of each thread.
    void put_away(std::uint64_t piece) noexcept
    {
        auto const found = blocks_.find(piece);
        if (found == blocks_.end())
            return;
        auto const is_whole = (piece + 1) * layout_.torrent().piece_length() <= layout_.end_offset();
        if (is_whole && found->second.use_count() == 1 && spare_.size() != spare_count_max)
            spare_.push_back(std::move(found->second));
        blocks_.erase(found);
    }

    std::shared_ptr<std::byte[]> make_block(std::size_t size)
    {
        if (size != layout_.torrent().piece_length() || spare_.empty())
            return std::make_shared<std::byte[]>(size);
        auto block = std::move(spare_.back());
        spare_.pop_back();
        std::fill_n(block.get(), size, std::byte());
        return block;
    }

    static constexpr std::size_t spare_count_max = 8;

    torrent::layout const layout_;
    std::uint64_t const kept_size_max_;
    std::mutex mutex_;                                                       // held for a look at the map
    std::unordered_map<std::uint64_t, std::shared_ptr<std::byte[]>> blocks_; // by piece
    std::vector<std::shared_ptr<std::byte[]>> spare_;                        // of whole pieces
};

} // namespace

std::unique_ptr<storage> make_memory_storage(metainfo const& torrent, std::uint64_t kept_size_max)
{
    return std::make_unique<bounded_memory_storage>(torrent, kept_size_max);
}

} // namespace webseed
