// A file that is read as a whole.
#pragma once

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace webseed::app {

/// @param path      "-": standard input.
/// @param size_max  of a longer file more than so many bytes come, not all, and whoever reads them refuses it.
boost::system::result<std::vector<std::byte>> read_file(std::string const& path, std::size_t size_max);

} // namespace webseed::app
