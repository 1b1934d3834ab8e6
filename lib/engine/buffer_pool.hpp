// Buffers lent to whoever has bytes on their way: as many as there are workers at work, not as there are connections.
#pragma once

#include "http/body_sink.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace webseed::core {

class buffer_pool final : public http::buffer_lender
{
public:
    /// What fits a core's second-level cache, so that bytes are still warm when they are hashed and stored.
    static constexpr std::size_t buffer_size = 256 * 1024;

    /// @param kept_max  free buffers that are kept.
    explicit buffer_pool(std::size_t kept_max)
        : kept_max_(kept_max)
    {}

    std::span<std::byte> borrow() override;
    void give_back(std::span<std::byte> buffer) noexcept override;

private:
    std::size_t kept_max_;
    std::mutex mutex_; // held for a push or a pop
    std::vector<std::unique_ptr<std::byte[]>> free_;
};

} // namespace webseed::core
