// The addresses of a host, in the order in which they are tried.
#pragma once

#include <webseed/network_options.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <vector>

namespace webseed::net {

using address_list = std::vector<boost::asio::ip::address>;

/// IPv6 and IPv4 by turns, and within each as they come (RFC 8305, section 4); each once, and of the others none.
address_list in_order(address_list const& addresses, address_family family, std::size_t count_max);

} // namespace webseed::net
