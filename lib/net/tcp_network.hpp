// The library's own network, with another resolver than the system's.
#pragma once

#include "net/lookup.hpp"

#include <webseed/network.hpp>

#include <memory>

namespace webseed::net {

std::shared_ptr<network> make_tcp_network(network_options options, lookup_function ask);

} // namespace webseed::net
