// The seam to the network: connections and names. The library's own network is TCP; a test brings a scripted one,
// an embedder may bring another.
#pragma once

#include <webseed/error.hpp>
#include <webseed/network_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace webseed {

using time_point = std::chrono::steady_clock::time_point;

/// How a stream came about.
struct stream_facts
{
    /// The address that was connected to. Not set: the network doesn't tell.
    std::optional<boost::asio::ip::address> address{};
    /// Whether that is a proxy's.
    bool is_proxied = false;
    /// "TLSv1.3"; empty without TLS. Of the stream itself: where whole URLs are asked of a proxy, of the way to that.
    std::string tls{};
    /// Whether TLS went on where an earlier connection had left off.
    bool is_resumed = false;
    /// Set: what is at the other end is a proxy that is to be asked for whole URLs, with this Proxy-Authorization; an
    /// empty one is left out.
    std::optional<std::string> proxy_authorization{};
};

/// Bytes in both directions, in order. Used from one strand, one operation at a time, but for close().
/// Deadlines are values of the engine's clock. Terminal cancellation ends an operation with operation_aborted.
class stream
{
public:
    /// Closes.
    virtual ~stream() = default;

    /// Takes what has arrived, without waiting: at least one byte, or an error.
    /// Errors: would_block when nothing is there yet; eof, which of a TLS stream says that the server ended it and
    /// nobody else; asio::ssl::error::stream_truncated, which says that it was cut off; any code of the network or of
    /// OpenSSL.
    virtual boost::system::result<std::size_t> read_some(boost::asio::mutable_buffer buffer) = 0;

    /// Waits until read_some() would no longer say would_block. So nobody needs to hold a buffer while waiting.
    /// Errors: errc::stalled at the deadline.
    virtual boost::asio::awaitable<error_code> wait_readable(time_point deadline) = 0;

    /// Sends all of it. The bytes must outlive the operation.
    /// Errors: errc::stalled at the deadline.
    virtual boost::asio::awaitable<error_code> write(boost::asio::const_buffer bytes, time_point deadline) = 0;

    /// Ends the operation under way, and all later ones, with operation_aborted. On the stream's strand.
    virtual void close() noexcept = 0;

    /// The same for as long as the stream lives.
    virtual stream_facts facts() const { return {}; }
};

/// Where a seed lives.
struct endpoint
{
    /// "http" or "https", in lower case.
    std::string scheme;
    /// A name, or an address (IPv6 without brackets).
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(endpoint const&, endpoint const&) = default;
};

/// How to connect.
struct connect_request
{
    endpoint to;
    /// Asked with each address of `to` right before it is connected to; empty: all will do. Where a proxy resolves the
    /// name, only one that stands in its place, and 127.0.0.1 for localhost. Called on the caller's executor.
    std::function<bool(boost::asio::ip::address const&)> may_reach{};
    /// Of a name, its addresses.
    std::chrono::milliseconds resolve_timeout{};
    /// A connection to any of them, and a proxy's to where it leads.
    std::chrono::milliseconds connect_timeout{};
    /// TLS.
    std::chrono::milliseconds handshake_timeout{};
};

/// Shared by all downloads of an engine; called from all workers.
class network
{
public:
    virtual ~network() = default;

    /// Resolves the name, connects to an address that answers, and of https agrees on TLS, on the caller's executor,
    /// which must be serial and is the stream's from then on.
    /// @param detail  told why it failed, where there is more to say than the error does; no credentials. Must outlive
    ///                the operation.
    /// Errors: errc::url_invalid (nothing that a host could be), errc::resolve_failed, errc::resolve_timed_out,
    /// errc::scheme_unsupported, errc::address_refused, errc::connect_timed_out, errc::proxy_failed,
    /// errc::proxy_unauthorized, errc::handshake_timed_out, errc::certificate_refused, errc::tls_failed, any code of
    /// the network. Terminal cancellation: operation_aborted.
    virtual boost::asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string& detail) = 0;
};

/// TCP and TLS through the operating system's sockets and resolver. Files of certificates are read when https is first
/// asked for; if they can't be, all that ask for it are told. Destroying it waits for the lookups under way, which
/// nothing can interrupt.
std::shared_ptr<network> make_tcp_network(network_options options = {});

} // namespace webseed
