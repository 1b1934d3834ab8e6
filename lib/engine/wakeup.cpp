#include "engine/wakeup.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Says that somebody waits, for as long as it lives.
class waiting_mark
{
public:
    explicit waiting_mark(bool& mark)
        : mark_(mark)
    {
        mark_ = true;
    }
    waiting_mark(waiting_mark const&) = delete;
    waiting_mark& operator=(waiting_mark const&) = delete;
    ~waiting_mark() { mark_ = false; }

private:
    bool& mark_;
};

} // namespace

asio::awaitable<void> wakeup::wait(clock& time, time_point until)
{
    if (!is_rung_)
    {
        waiting_mark const mark(is_waiting_);
        co_await time.sleep_until(until);
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    }
    is_rung_ = false;
}

void wakeup::ring()
{
    if (!std::exchange(is_rung_, true) && is_waiting_)
        interrupt();
}

} // namespace webseed::core
