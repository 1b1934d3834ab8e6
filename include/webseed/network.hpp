// The seam to the network: connections and names. The library's own network is TCP; a test brings a scripted one,
// an embedder may bring another.
#pragma once

#include <webseed/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace webseed {

using time_point = std::chrono::steady_clock::time_point;

/// Bytes in both directions, in order. Used from one strand, one operation at a time, but for close().
/// Deadlines are values of the engine's clock. Terminal cancellation ends an operation with operation_aborted.
class stream
{
public:
    /// Closes.
    virtual ~stream() = default;

    /// Takes what has arrived, without waiting: at least one byte, or an error.
    /// Errors: would_block when nothing is there yet; eof; any code of the network.
    virtual boost::system::result<std::size_t> read_some(boost::asio::mutable_buffer buffer) = 0;

    /// Waits until read_some() would no longer say would_block. So nobody needs to hold a buffer while waiting.
    /// Errors: errc::stalled at the deadline.
    virtual boost::asio::awaitable<error_code> wait_readable(time_point deadline) = 0;

    /// Sends all of it. The bytes must outlive the operation.
    /// Errors: errc::stalled at the deadline.
    virtual boost::asio::awaitable<error_code> write(boost::asio::const_buffer bytes, time_point deadline) = 0;

    /// Ends the operation under way, and all later ones, with operation_aborted. On the stream's strand.
    virtual void close() noexcept = 0;
};

/// Where a seed lives.
struct endpoint
{
    /// "http", in lower case.
    std::string scheme;
    /// A name, or an address (IPv6 without brackets).
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(endpoint const&, endpoint const&) = default;
};

/// Shared by all downloads of an engine; called from all workers.
class network
{
public:
    virtual ~network() = default;

    /// Resolves the name and connects to the first address that answers, on the caller's executor, which must be
    /// serial and is the stream's from then on.
    /// Errors: errc::resolve_failed, errc::scheme_unsupported, errc::connect_timed_out at the deadline, any code of
    /// the network. Terminal cancellation: operation_aborted.
    virtual boost::asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(endpoint to, time_point deadline) = 0;
};

/// TCP through the operating system's sockets and resolver. Resolving a name starts the one thread that Asio's
/// resolver uses in each execution context; addresses don't need it.
std::shared_ptr<network> make_tcp_network();

} // namespace webseed
