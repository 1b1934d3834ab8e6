#include <webseed/storage.hpp>

#include "byte_ranges.hpp"
#include "torrent/layout.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace webseed {
namespace {

namespace asio = boost::asio;

struct deleter
{
    void operator()(std::byte* bytes) const noexcept { std::free(bytes); }
};

class memory_storage final : public storage
{
public:
    // calloc, because the system then lends zero pages that cost nothing until they are written.
    explicit memory_storage(metainfo const& torrent)
        : layout_(torrent)
        , content_(static_cast<std::byte*>(std::calloc(torrent.end_offset() + 1, 1)))
    {
        if (content_ == nullptr)
            throw std::bad_alloc();
    }

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics&) override
    {
        std::vector<byte_range> pads;
        for (auto const& file : layout_.torrent().files())
        {
            if (file.pad)
                disk::append(pads, {file.offset, file.size});
        }
        co_return pads;
    }

    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        if (!layout_.contains({offset, buffer.size()}))
            co_return errc::internal;
        if (!buffer.empty())
            std::memcpy(buffer.data(), content_.get() + offset, buffer.size());
        co_return error_code{};
    }

    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (!layout_.contains({offset, bytes.size()}))
            co_return errc::internal;
        while (!bytes.empty())
        {
            auto const slice = layout_.slice_at(offset, bytes.size());
            if (!slice.pad)
                std::memcpy(content_.get() + offset, bytes.data(), slice.size);
            offset += slice.size;
            bytes = bytes.subspan(slice.size);
        }
        co_return error_code{};
    }

    asio::awaitable<error_code> close(diagnostics&) override { co_return error_code{}; }

private:
    torrent::layout const layout_;
    std::unique_ptr<std::byte, deleter> content_;
};

} // namespace

std::unique_ptr<storage> make_memory_storage(metainfo const& torrent)
{
    return std::make_unique<memory_storage>(torrent);
}

} // namespace webseed
