// A way through a SOCKS proxy of version 5 (RFC 1928), with user and password if it wants them (RFC 1929).
#pragma once

#include "net/proxy.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::net {

/// Asks the proxy at the other end of `through` for a connection to `to`, whose host it is given as it is, a name or an
/// address. `through` and `detail` must outlive the operation.
/// @param by      whose user and password are sent if the proxy asks for them.
/// @param detail  told why it failed.
/// Errors: errc::proxy_unauthorized, errc::proxy_failed, errc::stalled at the deadline, those of the stream.
boost::asio::awaitable<error_code>
open_socks5_tunnel(stream& through, proxy by, endpoint to, time_point deadline, std::string& detail);

} // namespace webseed::net
