// Connections to several addresses of a host at once, of which the first to be made is kept (RFC 8305, section 5).
#pragma once

#include "net/addresses.hpp"

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace webseed::net {

struct race
{
    /// In the order in which they are tried; at least one.
    address_list addresses;
    std::uint16_t port = 0;
    /// Asked right before an address is tried; empty: all will do.
    std::function<bool(boost::asio::ip::address const&)> may_reach{};
    /// The next one is tried after this time, or as soon as one has failed.
    std::chrono::milliseconds attempt_delay{};
    time_point deadline{};
};

/// A connected socket, non-blocking, on the caller's executor; the other attempts are closed.
/// @param detail  told which addresses failed, or may not be reached. Must outlive the operation.
/// Errors: errc::connect_timed_out; errc::address_refused if none may be reached; else what the last one failed of;
/// operation_aborted. What may_reach throws.
boost::asio::awaitable<boost::system::result<boost::asio::ip::tcp::socket>> run_race(race course, std::string& detail);

} // namespace webseed::net
