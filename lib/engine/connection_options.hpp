// How the library's connections behave, from what the embedder has set.
#pragma once

#include "http/connection.hpp"

#include <webseed/request_options.hpp>
#include <webseed/version.hpp>

#include <string>

namespace webseed::core {

inline http::connection_options connection_options_of(request_options const& options)
{
    http::connection_options made;
    made.user_agent = options.user_agent.empty() ? std::string(default_user_agent) : options.user_agent;
    std::erase_if(made.user_agent, [](char c) { return static_cast<unsigned char>(c) < 0x20; }); // no line ends
    made.resolve_timeout = options.resolve_timeout;
    made.connect_timeout = options.connect_timeout;
    made.handshake_timeout = options.handshake_timeout;
    made.head_timeout = options.head_timeout;
    made.stall_timeout = options.stall_timeout;
    made.stall_size_min = options.stall_size_min;
    made.range_timeout = options.range_timeout;
    return made;
}

} // namespace webseed::core
