// A piece that came in parts, from several seeds or in several goes, is judged by what the storage holds.
#pragma once

#include "engine/download_parts.hpp"
#include "engine/requester_link.hpp"
#include "torrent/piece_digest.hpp"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace webseed::core {

struct examined
{
    planning::finding found = planning::finding::unknown;
    std::vector<sha1_hash> digests; // of each part
    error_code error;               // the storage's
    diagnostics cause;
};

/// Reads it. Unknown if the link is closed or the operation cancelled meanwhile, or with an error; doesn't throw.
/// @param digest  it, and the others but for `work`, must outlive the operation.
boost::asio::awaitable<examined> examine(
    download_parts const& parts, planning::judge work, torrent::piece_digest& digest, http::buffer_lender& buffers,
    requester_link const& link);

} // namespace webseed::core
