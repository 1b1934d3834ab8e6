// What a file's dictionary says about it in either format (BEP 47): `attr` and `symlink path`.
#pragma once

#include "fields.hpp"

#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <string>

namespace webseed::torrent {

/// Letters that mean nothing here are passed over. Errors: errc::torrent_invalid if `attr` is no string.
error_code read_attributes(fields const& keys, file_entry& file);

/// The elements of `symlink path` as they are called on the disk, joined by '/'; empty if there are none, or if they
/// lead out of the torrent. Errors: errc::torrent_invalid.
boost::system::result<std::string> read_link_target(fields const& keys, metainfo_limits const& limits);

} // namespace webseed::torrent
