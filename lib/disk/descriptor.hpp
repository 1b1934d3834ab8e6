// A file descriptor with an owner.
#pragma once

#include "file_calls.hpp"

#include <utility>

namespace webseed::disk {

class descriptor
{
public:
    descriptor() = default;
    /// @param calls   must outlive the descriptor.
    /// @param number  an open descriptor, or a negative number for none.
    descriptor(file_calls& calls, int number) noexcept
        : calls_(&calls)
        , number_(number)
    {}
    descriptor(descriptor&& other) noexcept
        : calls_(other.calls_)
        , number_(std::exchange(other.number_, -1))
    {}
    descriptor& operator=(descriptor other) noexcept
    {
        std::swap(calls_, other.calls_);
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() { close(); }

    /// For whom wants to know: 0 or a negative error, and no descriptor any more.
    int close() noexcept
    {
        int const number = std::exchange(number_, -1);
        return number >= 0 ? calls_->close(number) : 0;
    }

    explicit operator bool() const noexcept { return number_ >= 0; }
    /// Negative if there is none: what the constructor was given.
    int number() const noexcept { return number_; }
    /// Not for a descriptor that was made from nothing.
    file_calls& calls() const noexcept { return *calls_; }

private:
    file_calls* calls_ = nullptr;
    int number_ = -1;
};

} // namespace webseed::disk
