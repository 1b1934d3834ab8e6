// A torrent that was fetched: what engine::async_load() brings.
#pragma once

#include <webseed/magnet.hpp>
#include <webseed/metainfo.hpp>

#include <optional>
#include <string>
#include <vector>

namespace webseed {

struct loaded_torrent
{
    /// Set unless the operation failed.
    std::optional<metainfo> torrent;
    /// For engine::add(): the web seeds that the magnet link names, beside those of the torrent.
    std::vector<std::string> mirrors;
    /// The files that the magnet link selects; those that the torrent hasn't got are still in it. Empty: all.
    std::vector<file_range> selection;
    /// What was wrong with the magnet link but tolerated, a line each.
    std::vector<std::string> warnings;
};

} // namespace webseed
