// A copy of something for those who may not touch the thing itself.
#pragma once

#include <mutex>
#include <utility>

namespace webseed::core {

/// A mailbox for one value: written from where it changes, read from any thread. Guards nothing but its own copy.
template <class T>
class published
{
public:
    void set(T value)
    {
        std::lock_guard const lock(mutex_);
        value_ = std::move(value);
    }

    T get() const
    {
        std::lock_guard const lock(mutex_);
        return value_;
    }

private:
    mutable std::mutex mutex_; // held for a copy
    T value_{};
};

} // namespace webseed::core
