// Asks a mirror for a few pieces of a torrent, and judges what comes.
#pragma once

#include "engine/client.hpp"

#include <webseed/metainfo.hpp>
#include <webseed/probe.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::core {

/// References: all must outlive the coroutine. Pointers may be null.
struct probe_parts
{
    network& net;
    clock& time;
    http::buffer_lender& buffers;
    address_policy const& addresses;
    throttle* limits = nullptr;
};

/// What engine::async_probe() does. On a serial executor. Terminal cancellation: operation_aborted, as a value or
/// thrown.
boost::asio::awaitable<probe_report>
probe_mirror(probe_parts parts, metainfo torrent, std::string url, probe_options options);

} // namespace webseed::core
