// A way through an HTTP proxy, by CONNECT (RFC 9110, section 9.3.6).
#pragma once

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::net {

/// Asks the proxy at the other end of `by` for a connection. Both it and `detail` must outlive the operation.
/// @param authorization  the value of Proxy-Authorization; empty: none.
/// @param detail         told why it failed.
/// Errors: errc::proxy_unauthorized (407), errc::proxy_failed, errc::stalled at the deadline, those of the stream.
boost::asio::awaitable<error_code>
open_http_tunnel(stream& by, endpoint to, std::string authorization, time_point deadline, std::string& detail);

/// The most that the heads of the proxy's answer may take.
inline constexpr std::size_t tunnel_head_size_max = 16u << 10;

} // namespace webseed::net
