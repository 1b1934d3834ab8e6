// What is wrong with network options, told before anything is asked.
#pragma once

#include <webseed/error.hpp>
#include <webseed/network_options.hpp>

#include <string>

namespace webseed {

/// Reads the files and the proxies' URLs that the options name, as make_tcp_network() does when they are first needed.
/// @param detail  told what is wrong; no credentials.
/// Errors: errc::option_invalid.
error_code check_network_options(network_options const& options, std::string& detail);

} // namespace webseed
