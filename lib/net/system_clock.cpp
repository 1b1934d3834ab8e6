// The system's clock. With tcp_network.cpp the only places that know the outside world's time and sockets.
#include <webseed/clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <random>

namespace webseed {

namespace asio = boost::asio;

namespace {

class system_clock final : public clock
{
public:
    std::chrono::steady_clock::time_point now() const noexcept override { return std::chrono::steady_clock::now(); }

    asio::awaitable<void> sleep_until(std::chrono::steady_clock::time_point time) override
    {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    // splitmix64: one atomic addition, and a mixer that makes of the sum a number.
    std::uint64_t random() noexcept override
    {
        constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
        auto x = state_.fetch_add(step, std::memory_order_relaxed) + step;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

private:
    static std::uint64_t seed()
    {
        std::random_device source;
        auto const high = std::uint64_t{source()};
        return high << 32 | source();
    }

    std::atomic<std::uint64_t> state_ = seed();
};

} // namespace

std::shared_ptr<clock> make_system_clock()
{
    return std::make_shared<system_clock>();
}

} // namespace webseed
