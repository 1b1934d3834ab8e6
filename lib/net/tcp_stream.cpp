#include "net/tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace webseed::net {

namespace asio = boost::asio;
using asio::ip::tcp;

// The timer isn't set anew for every operation: it runs until some deadline that was once set, and looks then whether
// that still holds. So a deadline costs nothing as long as bytes keep coming.
struct tcp_stream::connected
{
    explicit connected(tcp::socket made)
        : socket(std::move(made))
        , timer(socket.get_executor())
    {}

    tcp::socket socket;
    asio::steady_timer timer;
    time_point deadline = time_point::max();     // of the operation under way; max: none
    time_point timer_expiry = time_point::max(); // max: the timer isn't running
    bool is_expired = false;
};

tcp_stream::tcp_stream(tcp::socket socket, stream_facts facts)
    : state_(std::make_shared<connected>(std::move(socket)))
    , facts_(std::move(facts))
{}

tcp_stream::~tcp_stream()
{
    close();
}

// Makes sure that the timer runs out no later than the deadline.
void tcp_stream::watch(std::shared_ptr<connected> const& state)
{
    if (state->timer_expiry <= state->deadline)
        return;
    state->timer_expiry = state->deadline;
    state->timer.expires_at(state->deadline);
    state->timer.async_wait([weak = std::weak_ptr(state)](error_code error) {
        auto const locked = weak.lock();
        if (error || !locked)
            return;
        locked->timer_expiry = time_point::max();
        if (locked->deadline > std::chrono::steady_clock::now())
        {
            if (locked->deadline != time_point::max())
                watch(locked);
            return;
        }
        locked->is_expired = true;
        error_code ignored;
        locked->socket.cancel(ignored);
    });
}

boost::system::result<std::size_t> tcp_stream::read_some(asio::mutable_buffer buffer)
{
    error_code error;
    auto const size = state_->socket.read_some(buffer, error);
    if (error)
        return state_->socket.is_open() ? error : error_code(asio::error::operation_aborted);
    return size;
}

asio::awaitable<error_code>
tcp_stream::wait(std::shared_ptr<connected> state, tcp::socket::wait_type what, time_point deadline)
{
    if (!state->socket.is_open())
        co_return asio::error::operation_aborted;
    if (deadline <= std::chrono::steady_clock::now())
        co_return errc::stalled;
    state->deadline = deadline;
    watch(state);
    auto const [error] = co_await state->socket.async_wait(what, asio::as_tuple(asio::use_awaitable));
    state->deadline = time_point::max();
    if (std::exchange(state->is_expired, false))
        co_return errc::stalled;
    co_return error;
}

asio::awaitable<error_code> tcp_stream::wait_readable(time_point deadline)
{
    co_return co_await wait(state_, tcp::socket::wait_read, deadline);
}

asio::awaitable<error_code> tcp_stream::write(asio::const_buffer bytes, time_point deadline)
{
    auto const state = state_;
    while (bytes.size() != 0)
    {
        error_code error;
        if (!state->socket.is_open())
            co_return asio::error::operation_aborted;
        bytes += state->socket.write_some(bytes, error);
        if (error == asio::error::would_block)
            error = co_await wait(state, tcp::socket::wait_write, deadline);
        if (error)
            co_return error;
    }
    co_return error_code();
}

void tcp_stream::close() noexcept
{
    error_code ignored;
    state_->socket.close(ignored);
    state_->timer.cancel();
}

} // namespace webseed::net
