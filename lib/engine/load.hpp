// Fetches a torrent from where a URL or a magnet link says it is. Knows nothing of who asked for it.
#pragma once

#include "engine/engine_parts.hpp"

#include <webseed/loaded_torrent.hpp>
#include <webseed/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace webseed::core {

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
boost::asio::awaitable<load_result> load_torrent(engine_parts shared, std::string source, load_options options);

} // namespace webseed::core
