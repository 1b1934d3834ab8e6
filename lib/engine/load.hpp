// Fetches a torrent from where a URL or a magnet link says it is. Knows nothing of who asked for it.
#pragma once

#include "engine/throttle.hpp"
#include "http/body_sink.hpp"

#include <webseed/address_policy.hpp>
#include <webseed/clock.hpp>
#include <webseed/loaded_torrent.hpp>
#include <webseed/network.hpp>
#include <webseed/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::core {

/// References: all must outlive the coroutine.
struct load_parts
{
    network& net;
    clock& time;
    http::buffer_lender& buffers;
    address_policy const& addresses;
    throttle* limits = nullptr; // null: none
};

struct load_result
{
    error_code error;
    /// What went wrong; only with an error.
    diagnostics cause;
    /// Only without one.
    loaded_torrent loaded;
};

/// What engine::async_load() does. On a serial executor. Terminal cancellation: operation_aborted, as a value or
/// thrown.
boost::asio::awaitable<load_result> load_torrent(load_parts parts, std::string source, load_options options);

} // namespace webseed::core
