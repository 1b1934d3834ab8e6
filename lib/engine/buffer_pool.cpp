#include "engine/buffer_pool.hpp"

#include <utility>

namespace webseed::core {

std::span<std::byte> buffer_pool::borrow()
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

void buffer_pool::give_back(std::span<std::byte> buffer) noexcept
{
    std::unique_ptr<std::byte[]> owned(buffer.data());
    std::lock_guard const lock(mutex_);
    if (free_.size() < kept_max_)
        free_.push_back(std::move(owned));
}

} // namespace webseed::core
