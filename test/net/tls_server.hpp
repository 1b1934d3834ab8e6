// A TLS server at one end, the library's network at the other.
#pragma once

#include "net/loopback.hpp"
#include "net/tcp_network.hpp"

#include "support/certificates.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <functional>

namespace webseed::test {

using tls_socket = asio::ssl::stream<tcp::socket>;

/// What a server does with one connection: its handshake, too.
using tls_script = std::function<asio::awaitable<void>(tls_socket&)>;

/// Every name is this machine.
inline net::lookup_answer everybody_is_here(std::string const&)
{
    return {{asio::ip::address_v4::loopback()}, {}};
}

/// A directory with an authority and a server's certificate by it, for localhost.
struct tls_place
{
    temporary_directory directory;
    certificate_authority authority{directory.path()};
    certificate_files good = authority.issue("good");

    network_options options() const
    {
        network_options made;
        made.tls.ca_file = authority.file();
        return made;
    }
};

inline asio::ssl::context context_of(certificate_files const& files)
{
    asio::ssl::context made(asio::ssl::context::tls_server);
    made.use_certificate_chain_file(files.certificate);
    made.use_private_key_file(files.key, asio::ssl::context::pem);
    return made;
}

/// Serves one connection. The acceptor, the context and what the script uses must outlive it.
inline asio::awaitable<void> serve_tls(tcp::acceptor& at, asio::ssl::context& with, tls_script script)
{
    auto socket = co_await at.async_accept(asio::use_awaitable);
    tls_socket end(std::move(socket), with);
    co_await script(end);
}

template <class Awaitable>
void in_background(asio::any_io_executor const& executor, Awaitable task)
{
    asio::co_spawn(executor, std::move(task), [](std::exception_ptr) {}); // whom the other end left
}

inline connect_request request_to(std::string scheme, std::string host, std::uint16_t port)
{
    connect_request made;
    made.to = endpoint{std::move(scheme), std::move(host), port};
    made.resolve_timeout = made.connect_timeout = made.handshake_timeout = std::chrono::hours(1);
    return made;
}

/// Shakes hands, sends a text, and ends in the proper way.
inline tls_script greeting(std::string text)
{
    return [text](tls_socket& end) -> asio::awaitable<void> {
        co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        co_await asio::async_write(end, asio::buffer(text), asio::use_awaitable);
        co_await end.async_shutdown(asio::use_awaitable);
    };
}

/// All that comes until an error, which is left in `error`.
inline asio::awaitable<std::string> read_until_error(stream& from, error_code& error, std::size_t piece_size = 1000)
{
    std::string all;
    std::string piece(piece_size, '\0');
    while (true)
    {
        auto const got = from.read_some(asio::buffer(piece));
        if (got)
        {
            all.append(piece, 0, *got);
            continue;
        }
        error = got.error();
        if (error == asio::error::would_block)
            error = co_await from.wait_readable(far());
        if (error)
            co_return all;
    }
}

} // namespace webseed::test
