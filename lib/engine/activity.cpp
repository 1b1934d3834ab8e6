#include "engine/activity.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

namespace webseed::core {

namespace asio = boost::asio;

activity::activity(asio::any_io_executor const& front)
    : ended_(front)
{}

bool activity::begin() noexcept
{
    auto expected = phase::fresh;
    return phase_.compare_exchange_strong(expected, phase::running);
}

activity::phase activity::retire() noexcept
{
    auto before = phase::fresh;
    phase_.compare_exchange_strong(before, phase::ended);
    return before;
}

asio::awaitable<void> activity::wait_ended()
{
    co_await ended_.wait();
}

void activity::end()
{
    ended_.close();
    phase_ = phase::ended;
    phase_.notify_all();
}

asio::awaitable<void> run_to_end(std::shared_ptr<activity> started)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    started->start();
    co_await started->wait_ended();
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none)
        co_return;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    started->close(asio::error::operation_aborted);
    co_await started->wait_ended();
}

} // namespace webseed::core
