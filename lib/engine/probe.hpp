// Asks a mirror for a few pieces of a torrent, and judges what comes.
#pragma once

#include "engine/engine_parts.hpp"

#include <webseed/metainfo.hpp>
#include <webseed/probe.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::core {

/// What engine::async_probe() does. On a serial executor. Terminal cancellation: operation_aborted, as a value or
/// thrown.
boost::asio::awaitable<probe_report>
probe_mirror(engine_parts shared, metainfo torrent, std::string url, probe_options options);

} // namespace webseed::core
