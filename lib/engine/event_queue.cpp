#include "engine/event_queue.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

void event_queue::push(event happened)
{
    auto is_due = false;
    {
        std::lock_guard const lock(mutex_);
        auto const* const change = std::get_if<seed_changed>(&happened);
        if (change != nullptr && queue_.size() >= count_max_ / 2)
            drop_last_of(change->seed_url);
        if (queue_.size() == count_max_)
        {
            ++lost_;
            return;
        }
        auto const is_first = queue_.empty();
        queue_.push_back(std::move(happened));
        auto const may_wait = held_ != 0 && queue_.size() <= count_max_ / 2;
        is_due = (is_first || is_first_held_) && !may_wait; // for the others whoever takes that one rings
        is_first_held_ = (is_first || is_first_held_) && may_wait;
    }
    if (is_due)
        bell_.ring();
}

void event_queue::hold()
{
    std::lock_guard const lock(mutex_);
    ++held_;
}

void event_queue::release()
{
    {
        std::lock_guard const lock(mutex_);
        if (--held_ != 0 || !std::exchange(is_first_held_, false))
            return;
    }
    bell_.ring();
}

// With the mutex held. What a seed did before it does something else isn't lost: it is over.
void event_queue::drop_last_of(std::string const& seed_url)
{
    auto const is_its = [&seed_url](event const& each) {
        auto const* const change = std::get_if<seed_changed>(&each);
        return change != nullptr && change->seed_url == seed_url;
    };
    auto const last = std::find_if(queue_.rbegin(), queue_.rend(), is_its);
    if (last != queue_.rend())
        queue_.erase(std::next(last).base());
}

void event_queue::close()
{
    {
        std::lock_guard const lock(mutex_);
        is_closed_ = true;
    }
    bell_.close();
}

std::optional<event> event_queue::try_pop()
{
    std::optional<event> first;
    auto has_more = false;
    {
        std::lock_guard const lock(mutex_);
        if (queue_.empty())
            return first;
        first = std::move(queue_.front());
        queue_.pop_front();
        has_more = !queue_.empty();
    }
    if (has_more)
        bell_.ring();
    return first;
}

std::uint64_t event_queue::lost() const
{
    std::lock_guard const lock(mutex_);
    return lost_;
}

bool event_queue::is_drained() const
{
    std::lock_guard const lock(mutex_);
    return is_closed_ && queue_.empty();
}

asio::awaitable<std::tuple<error_code, event>> event_queue::pop()
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    for (;;)
    {
        if (auto first = try_pop())
            co_return std::tuple(error_code(), std::move(*first));
        if (is_drained())
            co_return std::tuple(error_code(errc::closed), event());
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return std::tuple(error_code(asio::error::operation_aborted), event());
        co_await bell_.wait();
    }
}

} // namespace webseed::core
