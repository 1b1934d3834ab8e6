#include "engine/buffer_pool.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

std::span<std::byte> buffer_pool::borrow()
{
    auto const bytes = take();
    lent_.force(nullptr);
    return bytes;
}

void buffer_pool::give_back(std::span<std::byte> buffer) noexcept
{
    keep(buffer);
    lent_.leave(nullptr);
}

std::span<std::byte> buffer_pool::take()
{
    {
        std::lock_guard const lock(mutex_);
        free_.reserve(kept_max_); // so that giving back can't fail
        if (!free_.empty())
        {
            auto* const bytes = free_.back().release();
            free_.pop_back();
            return {bytes, buffer_size};
        }
    }
    return {std::make_unique_for_overwrite<std::byte[]>(buffer_size).release(), buffer_size};
}

void buffer_pool::keep(std::span<std::byte> buffer) noexcept
{
    std::unique_ptr<std::byte[]> owned(buffer.data());
    std::lock_guard const lock(mutex_);
    if (free_.size() < kept_max_)
        free_.push_back(std::move(owned));
}

std::span<std::byte> requester_buffers::borrow()
{
    auto const bytes = pool_.take();
    pool_.lent_.force(of_);
    return bytes;
}

std::span<std::byte> requester_buffers::try_borrow()
{
    if (!pool_.lent_.enter(link_, of_))
        return {};
    try
    {
        return pool_.take();
    }
    catch (...)
    {
        pool_.lent_.leave(of_);
        throw;
    }
}

asio::awaitable<error_code> requester_buffers::wait()
{
    {
        hold_up const mark(held_, time_);
        co_await link_->waker().wait(time_, time_point::max());
    }
    if (!link_->is_stopped())
        co_return error_code();
    pool_.lent_.abandon(link_, of_);
    co_return asio::error::operation_aborted;
}

void requester_buffers::give_back(std::span<std::byte> buffer) noexcept
{
    pool_.keep(buffer);
    pool_.lent_.leave(of_);
}

} // namespace webseed::core
