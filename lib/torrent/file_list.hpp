// The part of `info` that names the files and lays them out one after the other (BEP 3, 47).
#pragma once

#include "bencode.hpp"

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace webseed::torrent {

struct file_list
{
    std::string name;
    bool multi_file = false;
    std::vector<file_entry> files;
    std::uint64_t total_size = 0;
};

/// @param info   a dictionary; `cause` may be null.
/// Errors: errc::torrent_invalid; errc::path_unsafe, also when two files could not both lie on a disk.
boost::system::result<file_list> read_file_list(
    bencode::value info, metainfo_limits const& limits, std::vector<std::string>& warnings, diagnostics* cause);

} // namespace webseed::torrent
