// Hashes what the storage already holds, so that only what is missing or wrong is fetched.
#pragma once

#include "engine/download_parts.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <span>
#include <vector>

namespace webseed::core {

/// The pieces of which every byte lies in one of `stored`, pad files counted as stored.
/// @param stored  ascending, not overlapping.
std::vector<planning::piece_run> whole_pieces(torrent::layout const& layout, std::span<byte_range const> stored);

/// One checker: takes withheld pieces from the plan, a stretch at a time, hashes them and tells. Several may run.
/// On a worker. A piece that can't be read is taken as missing.
/// @param is_closed  looked at between two reads; must outlive the coroutine, like `parts`.
boost::asio::awaitable<void> check_stored(download_parts const& parts, std::atomic<bool> const& is_closed);

} // namespace webseed::core
