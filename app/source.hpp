// Where a torrent comes from.
#pragma once

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <string>

namespace webseed::app {

/// Reads the torrent that SOURCE names: a file, or standard input for "-".
/// @param cause  told what was wrong, the source named.
boost::system::result<metainfo> load_source(std::string const& source, diagnostics& cause);

} // namespace webseed::app
