// Names to addresses.
#pragma once

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <vector>

namespace webseed::net {

/// The most addresses of a name that are tried.
inline constexpr std::size_t address_count_max = 8;

/// The addresses of `to`, in the resolver's order. An address resolves to itself, without any thread.
/// Asio's resolver can't be interrupted: at the deadline, or on terminal cancellation, its result is abandoned.
/// Errors: errc::resolve_failed, errc::connect_timed_out, operation_aborted.
boost::asio::awaitable<boost::system::result<std::vector<boost::asio::ip::tcp::endpoint>>>
resolve(endpoint to, time_point deadline);

} // namespace webseed::net
