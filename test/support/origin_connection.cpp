#include "support/origin_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t head_size_max = 64 * 1024;

} // namespace

origin_connection::origin_connection(
    tcp::socket socket, asio::ssl::context* tls, std::atomic<std::uint64_t>& bytes_sent)
    : socket_(std::move(socket))
    , timer_(socket_.get_executor())
    , bytes_sent_(bytes_sent)
{
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (tls)
        tls_.emplace(socket_, *tls);
}

asio::awaitable<bool> origin_connection::handshake()
{
    if (!tls_)
        co_return true;
    auto const [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, use_tuple);
    co_return !error;
}

asio::awaitable<std::string> origin_connection::read_head()
{
    auto buffer = asio::dynamic_buffer(unread_, head_size_max);
    std::size_t size = 0;
    if (tls_)
    {
        auto const [error, found] = co_await asio::async_read_until(*tls_, buffer, "\r\n\r\n", use_tuple);
        size = error ? 0 : found;
    }
    else
    {
        auto const [error, found] = co_await asio::async_read_until(socket_, buffer, "\r\n\r\n", use_tuple);
        size = error ? 0 : found;
    }
    if (size == 0)
        co_return std::string();
    auto head = unread_.substr(0, size - 2);
    unread_.erase(0, size);
    co_return head;
}

asio::awaitable<bool> origin_connection::play(std::vector<step> steps)
{
    for (auto& each : steps)
    {
        auto const goes_on = co_await carry_out(std::move(each));
        if (!goes_on)
            co_return false;
    }
    co_return true;
}

asio::awaitable<bool> origin_connection::carry_out(step next)
{
    if (auto* const bytes = std::get_if<send_bytes>(&next))
        co_return co_await send(std::move(bytes->bytes));
    if (auto* const repeated = std::get_if<repeat_bytes>(&next))
        co_return co_await repeat(std::move(*repeated));
    if (auto const* const waited = std::get_if<pause_for>(&next))
        co_return co_await pause(waited->time);
    if (auto* const condition = std::get_if<wait_until>(&next))
        co_return co_await wait(std::move(*condition));
    if (std::holds_alternative<end_stream>(next))
        co_await end();
    else if (std::holds_alternative<truncate_stream>(next))
        co_await truncate();
    else
        reset();
    co_return false;
}

asio::awaitable<bool> origin_connection::send(std::string bytes)
{
    std::size_t size = 0;
    if (tls_)
    {
        auto const [error, written] = co_await asio::async_write(*tls_, asio::buffer(bytes), use_tuple);
        size = written;
        is_closed_ = is_closed_ || error;
    }
    else
    {
        auto const [error, written] = co_await asio::async_write(socket_, asio::buffer(bytes), use_tuple);
        size = written;
        is_closed_ = is_closed_ || error;
    }
    bytes_sent_ += size;
    co_return !is_closed_;
}

asio::awaitable<bool> origin_connection::repeat(repeat_bytes what)
{
    for (;;)
    {
        auto const is_sent = co_await send(what.bytes);
        if (!is_sent)
            co_return false;
        auto const goes_on = co_await pause(what.pause);
        if (!goes_on)
            co_return false;
    }
}

asio::awaitable<bool> origin_connection::pause(std::chrono::nanoseconds time)
{
    if (is_closed_)
        co_return false;
    timer_.expires_after(time);
    co_await timer_.async_wait(use_tuple);
    co_return !is_closed_;
}

asio::awaitable<bool> origin_connection::wait(wait_until what)
{
    while (!what.holds())
    {
        auto const goes_on = co_await pause(std::chrono::milliseconds(1));
        if (!goes_on)
            co_return false;
    }
    co_return true;
}

asio::awaitable<void> origin_connection::end()
{
    if (tls_)
        co_await tls_->async_shutdown(use_tuple);
    co_await truncate();
}

// Closed at once, what the client still sends would make a reset of it, which can overtake what we have sent.
asio::awaitable<void> origin_connection::truncate()
{
    boost::system::error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    std::array<char, 1024> ignored{};
    while (!error)
    {
        auto const [read_error, size] = co_await socket_.async_read_some(asio::buffer(ignored), use_tuple);
        error = read_error;
    }
}

void origin_connection::reset()
{
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

void origin_connection::close()
{
    is_closed_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

} // namespace webseed::test
