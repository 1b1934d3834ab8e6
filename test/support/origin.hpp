// A real web server that plays scripts (script.hpp) over TCP and TLS, on free ports of the loopback addresses: on the
// io_context of a test, or with a thread of its own for tests that block.
#pragma once

#include "script.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace webseed::test {

struct origin_options
{
    /// PEM files of the server's certificate and key: it speaks TLS. Empty: it doesn't.
    std::string certificate_file{};
    std::string key_file{};
    /// PEM file of those whose certificate every client must show; empty: none is asked for. With TLS alone.
    std::string client_ca_file{};
    /// What it does to a connection before it is asked anything, with TLS behind the handshake; index and text of the
    /// request are left empty.
    server greeting{};
};

/// Scripts are called on the context, which one thread may run. One that throws ends its connection.
class origin
{
public:
    /// Throws boost::system::system_error where there is no port, or no TLS with those files.
    origin(boost::asio::io_context& context, server answers, origin_options options = {});
    /// Serves one content at every path, with ranges and keep-alive.
    origin(boost::asio::io_context& context, std::string content, origin_options options = {});
    /// Closes. On the context's thread, or when nobody runs it.
    ~origin();
    origin(origin const&) = delete;
    origin& operator=(origin const&) = delete;

    /// Ends all connections, and takes no more. What runs on the context for it ends without waiting for anything.
    void close();

    /// While set, it takes requests and doesn't answer. Any thread, as all that follow.
    void set_silent(bool silent) noexcept;

    /// "http://127.0.0.1:PORT" or "https://..." and `path`.
    std::string url(std::string const& path = "/f") const;
    /// The same with another name for this machine: "localhost", "[::1]".
    std::string url_at(std::string const& host, std::string const& path = "/f") const;
    std::uint16_t port() const noexcept;
    /// Whether it is at ::1, too, with the same port: where the machine has that address.
    bool has_ipv6() const noexcept;

    int requests() const noexcept;
    /// Those that were taken, whatever came of TLS.
    int connections() const noexcept;
    /// Those that are open now.
    int open_connections() const noexcept;
    /// Before TLS.
    std::uint64_t bytes_sent() const noexcept;
    /// Heads of the requests, in order.
    std::vector<std::string> heads() const;

private:
    class state;

    std::shared_ptr<state> state_;
};

/// An origin with a thread of its own, which ends with it.
class origin_thread
{
public:
    explicit origin_thread(server answers, origin_options options = {});
    ~origin_thread();
    origin_thread(origin_thread const&) = delete;
    origin_thread& operator=(origin_thread const&) = delete;

    /// For the functions that any thread may call.
    origin& operator*() noexcept { return served_; }
    origin* operator->() noexcept { return &served_; }

private:
    boost::asio::io_context context_{1};
    origin served_;
    std::thread thread_;
};

} // namespace webseed::test
