// Buffers lent to whoever has bytes on their way: as many as there are workers at work, not as there are connections;
// and where a storage takes its time, not more than a number that all downloads share.
#pragma once

#include "engine/hold_ups.hpp"
#include "engine/turnstile.hpp"
#include "http/body_sink.hpp"

#include <webseed/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace webseed::core {

class buffer_pool final : public http::buffer_lender
{
public:
    /// What fits a core's second-level cache, so that bytes are still warm when they are hashed and stored.
    static constexpr std::size_t buffer_size = 256 * 1024;

    /// @param kept_max  free buffers that are kept.
    /// @param size_max  bytes lent at once to those who can wait.
    explicit buffer_pool(std::size_t kept_max, std::uint64_t size_max = 64u << 20)
        : kept_max_(kept_max)
        , lent_(std::max<std::size_t>(2, size_max / buffer_size), true)
    {}

    /// For those who can't wait, whatever is lent.
    std::span<std::byte> borrow() override;
    void give_back(std::span<std::byte> buffer) noexcept override;
    /// Bytes that are lent.
    std::uint64_t lent() const { return lent_.count() * buffer_size; }

private:
    friend class requester_buffers;

    std::span<std::byte> take();
    void keep(std::span<std::byte> buffer) noexcept;

    std::size_t kept_max_;
    turnstile lent_;
    std::mutex mutex_; // held for a push or a pop
    std::vector<std::unique_ptr<std::byte[]>> free_;
};

/// The pool as one requester sees it, which waits where too much is lent. On its strand.
class requester_buffers final : public http::buffer_lender
{
public:
    /// The references must outlive it. @param of  the download.
    requester_buffers(
        buffer_pool& pool, std::shared_ptr<requester_link> link, turnstile::group of, clock& time, hold_ups& held)
        : pool_(pool)
        , link_(std::move(link))
        , of_(of)
        , time_(time)
        , held_(held)
    {}
    requester_buffers(requester_buffers const&) = delete;
    requester_buffers& operator=(requester_buffers const&) = delete;
    ~requester_buffers() { pool_.lent_.abandon(link_, of_); }

    std::span<std::byte> borrow() override;
    std::span<std::byte> try_borrow() override;
    boost::asio::awaitable<error_code> wait() override;
    void give_back(std::span<std::byte> buffer) noexcept override;

private:
    buffer_pool& pool_;
    std::shared_ptr<requester_link> link_;
    turnstile::group of_;
    clock& time_;
    hold_ups& held_;
};

} // namespace webseed::core
