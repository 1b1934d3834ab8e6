// A file descriptor with an owner.
#pragma once

#include <utility>

#include <unistd.h>

namespace webseed::disk {

class descriptor
{
public:
    descriptor() = default;
    /// @param number  an open descriptor, or -1 for none.
    explicit descriptor(int number) noexcept
        : number_(number)
    {}
    descriptor(descriptor&& other) noexcept
        : number_(std::exchange(other.number_, -1))
    {}
    descriptor& operator=(descriptor other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }

    explicit operator bool() const noexcept { return number_ >= 0; }
    int number() const noexcept { return number_; }

private:
    int number_ = -1;
};

} // namespace webseed::disk
