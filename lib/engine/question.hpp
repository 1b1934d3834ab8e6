// Something that is asked on the embedder's executor, and answered elsewhere.
#pragma once

#include "engine/front_bell.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <utility>

namespace webseed::core {

template <class Answer>
class question
{
public:
    /// @param front  where the answer is waited for.
    explicit question(boost::asio::any_io_executor const& front)
        : done_(front)
    {}

    /// Once, from any thread.
    void answer(Answer value)
    {
        value_ = std::move(value);
        is_answered_ = true;
        done_.close();
    }

    // On the front executor:

    /// Completes once it is answered, or on cancellation. In a coroutine that doesn't throw when it is cancelled.
    boost::asio::awaitable<void> wait()
    {
        if (!is_answered_)
            co_await done_.wait();
    }
    bool is_answered() const noexcept { return is_answered_; }
    /// Once, and only if it is answered.
    Answer take() { return std::move(value_); }

private:
    Answer value_;
    std::atomic<bool> is_answered_ = false;
    front_bell done_; // closed at the end
};

} // namespace webseed::core
