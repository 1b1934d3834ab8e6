// The two ways to a server: straight, or through a proxy. Neither says a word to the server yet.
#pragma once

#include "net/means.hpp"
#include "net/proxy.hpp"

#include <webseed/network.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <memory>
#include <optional>
#include <string>

namespace webseed::net {

using made_stream = boost::system::result<std::unique_ptr<stream>>;

/// Resolves the name and connects to an address. Errors: as of network::connect().
/// @param detail  told why it failed. Must outlive the operation.
boost::asio::awaitable<made_stream>
connect_straight(std::shared_ptr<means> by, connect_request request, std::string& detail);

/// Connects to the proxy, and of https, or of a proxy that carries bytes only, through it to the server.
/// Errors: as of network::connect(); what fails on the way to the proxy is proxy_failed, but for timeouts and TLS.
/// @param detail  as above.
boost::asio::awaitable<made_stream>
connect_by_proxy(std::shared_ptr<means> by, proxy through, connect_request request, std::string& detail);

/// What both begin with: connects to the first that answers of `addresses`.
/// @param facts  what else there is to say of the stream.
boost::asio::awaitable<made_stream> connect_to_any(
    std::shared_ptr<means> by, address_list addresses, connect_request request, time_point deadline, stream_facts facts,
    std::string& detail);

} // namespace webseed::net
