// Both ends of a TCP connection on this machine, and times for deadlines.
#pragma once

#include "net/tcp_stream.hpp"

#include "support/printing.hpp"
#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace webseed::test {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A deadline that shall pass.
inline time_point soon()
{
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
}
/// A deadline that shall not.
inline time_point far()
{
    return std::chrono::steady_clock::now() + std::chrono::hours(1);
}

/// A port that takes connections, without anybody accepting them.
inline tcp::acceptor listener_on(asio::any_io_executor executor)
{
    return tcp::acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
}

/// A port that nobody listens on.
inline tcp::endpoint nobody_on(asio::any_io_executor executor)
{
    return listener_on(executor).local_endpoint();
}

/// A port whose queue is full, so that a further connection is neither made nor refused.
class full_listener
{
public:
    explicit full_listener(asio::any_io_executor executor)
        : acceptor_(executor, tcp::v4())
    {
        acceptor_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        acceptor_.listen(0);
        for (int i = 0; i != 4; ++i)
        {
            tcp::socket& filler = fillers_.emplace_back(executor, tcp::v4());
            filler.non_blocking(true);
            // Asio would wait until it is made. Nobody cares whether it is.
            [[maybe_unused]] auto const ignored =
                ::connect(filler.native_handle(), where().data(), static_cast<socklen_t>(where().size()));
        }
    }
    tcp::endpoint where() const { return acceptor_.local_endpoint(); }

private:
    tcp::acceptor acceptor_;
    std::vector<tcp::socket> fillers_;
};

struct connected_pair
{
    std::unique_ptr<net::tcp_stream> client;
    tcp::socket server;
};

inline asio::awaitable<connected_pair> connect_pair()
{
    auto const executor = co_await asio::this_coro::executor;
    auto listener = listener_on(executor);
    tcp::socket client(executor);
    client.connect(listener.local_endpoint());
    client.non_blocking(true);
    connected_pair made{std::make_unique<net::tcp_stream>(std::move(client)), listener.accept()};
    co_return std::move(made);
}

inline asio::awaitable<void> let_time_pass()
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, soon());
    co_await timer.async_wait(asio::use_awaitable);
}

inline std::string read_text(stream& from)
{
    std::string text(1000, '\0');
    auto const got = from.read_some(asio::buffer(text));
    REQUIRE(got);
    text.resize(*got);
    return text;
}

inline error_code read_error(stream& from)
{
    char byte = 0;
    auto const got = from.read_some(asio::buffer(&byte, 1));
    return got ? error_code() : got.error();
}

/// Starts an operation that yields an error_code, cancels it once it waits, and returns what it says of that.
inline error_code cancelled(asio::io_context& context, asio::awaitable<error_code> operation)
{
    asio::cancellation_signal stop;
    std::optional<error_code> outcome;
    auto keep = [&outcome](std::exception_ptr failure, error_code error) {
        outcome = failure ? make_error_code(errc::internal) : error;
    };
    asio::co_spawn(context, std::move(operation), asio::bind_cancellation_slot(stop.slot(), std::move(keep)));
    context.restart();
    context.poll_one();
    REQUIRE_FALSE(outcome);
    stop.emit(asio::cancellation_type::terminal);
    while (!outcome) // not run(): an open stream's timer goes on
        REQUIRE(context.run_one() != 0);
    return *outcome;
}

} // namespace webseed::test
