// One connection of an origin, with TLS or without, to which steps of a script are done.
#pragma once

#include "support/script.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test {

/// All on the socket's executor, one coroutine at a time, but for close().
class origin_connection
{
public:
    /// @param tls         null: none. Must outlive the connection, as `bytes_sent` must.
    origin_connection(
        boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, std::atomic<std::uint64_t>& bytes_sent);

    /// False: the client is gone, or didn't like us. True at once without TLS.
    boost::asio::awaitable<bool> handshake();
    /// The next request, without the empty line behind it; empty: there is none.
    boost::asio::awaitable<std::string> read_head();
    /// Whether the client has sent more than what was read.
    bool has_more() const noexcept { return !unread_.empty(); }
    /// Whether the connection is still there after that.
    boost::asio::awaitable<bool> play(std::vector<step> steps);
    /// Ends what is under way.
    void close();

private:
    boost::asio::awaitable<bool> carry_out(step next);
    boost::asio::awaitable<bool> send(std::string bytes);
    boost::asio::awaitable<bool> repeat(repeat_bytes what);
    boost::asio::awaitable<bool> pause(std::chrono::nanoseconds time);
    boost::asio::awaitable<bool> wait(wait_until what);
    boost::asio::awaitable<void> end();
    boost::asio::awaitable<void> truncate();
    void reset();

    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    boost::asio::steady_timer timer_;
    std::atomic<std::uint64_t>& bytes_sent_;
    std::string unread_;
    bool is_closed_ = false;
};

} // namespace webseed::test
