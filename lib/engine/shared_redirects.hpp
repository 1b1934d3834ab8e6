// What the requesters of a seed, each on a strand of its own, know together of where its files are.
#pragma once

#include "http/redirect_memory.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace webseed::core {

/// A redirect_memory for any thread.
class shared_redirects
{
public:
    std::optional<http::redirect_memory::target> find(std::uint32_t file, time_point now) const
    {
        std::lock_guard const lock(mutex_);
        return memory_.find(file, now);
    }
    void remember(std::uint32_t file, http::redirect_memory::target found, time_point until)
    {
        std::lock_guard const lock(mutex_);
        memory_.remember(file, std::move(found), until);
    }
    void forget(std::uint32_t file)
    {
        std::lock_guard const lock(mutex_);
        memory_.forget(file);
    }

private:
    mutable std::mutex mutex_; // held for a look
    http::redirect_memory memory_;
};

} // namespace webseed::core
