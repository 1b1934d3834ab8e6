// The web seeds that a torrent names under `url-list` (BEP 19) and `httpseeds` (BEP 17). Anybody can have put them
// there.
#pragma once

#include "bencode.hpp"

#include <webseed/metainfo.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace webseed::torrent {

/// The usable URLs, trimmed, in order, none twice. What is left out is told to `warnings`.
/// @param value  what stands under `key`, of any kind; may be none.
std::vector<std::string> read_url_list(
    std::string_view key, bencode::value value, metainfo_limits const& limits, std::vector<std::string>& warnings);

} // namespace webseed::torrent
