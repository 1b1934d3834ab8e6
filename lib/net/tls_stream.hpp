// TLS over another stream, by OpenSSL.
#pragma once

#include "net/tls_context.hpp"

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <memory>
#include <string>

namespace webseed::net {

/// Agrees on TLS with the server `to`, over a stream that leads there. What comes of it has the same strand.
///
/// Its read_some() takes as many records as have arrived and fit. It says eof after the server's close_notify only; a
/// stream that ends without is asio::ssl::error::stream_truncated. Other errors: OpenSSL's, in Asio's category for
/// them, and those of `lower`. Closing tells the server nothing, as it could not be waited for. Its facts() are those
/// of `lower`, and what TLS adds.
/// @param detail  told why it failed. Must outlive the operation.
/// Errors: errc::certificate_refused, errc::tls_failed, errc::handshake_timed_out, those of `lower`.
boost::asio::awaitable<boost::system::result<std::unique_ptr<stream>>> start_tls(
    std::unique_ptr<stream> lower, std::shared_ptr<tls_context> context, endpoint to, time_point deadline,
    std::string& detail);

} // namespace webseed::net
