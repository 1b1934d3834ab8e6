// Which files of a torrent somebody wants.
#pragma once

#include <webseed/loaded_torrent.hpp>
#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <vector>

namespace webseed::app {

/// The torrent with nothing but what is wanted of it.
/// @param wanted  each a list of indices and ranges ("0,3-5"), or a pattern as of a shell, in which '*' also stands for
///                '/': for a file's path, with or without the torrent's name in front. Empty: what the magnet link
///                selects, or else all.
/// @param cause   told what matches no file.
/// Errors: errc::option_invalid.
boost::system::result<metainfo>
select_files(loaded_torrent const& loaded, std::vector<std::string> const& wanted, diagnostics& cause);

} // namespace webseed::app
