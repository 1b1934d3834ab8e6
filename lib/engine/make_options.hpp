// What was asked of the maker of a torrent, checked.
#pragma once

#include <webseed/make.hpp>

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace webseed::core {

/// What it is called on the disk. Empty if the path doesn't say: of ".", "/" and what ends in "..".
std::string name_of(std::filesystem::path const& path);

/// @return errc::option_invalid, and in `cause` what is wrong; else no error.
error_code check(make_options const& options, diagnostics& cause);

/// A name for a file or directory. Errors as above.
error_code check_name(std::string const& name, diagnostics& cause);

/// As they shall stand in the torrent: with a '/' at the end where files lie below them.
/// @param options  checked.
std::vector<std::string> web_seeds_of(make_options const& options, bool is_multi_file);

} // namespace webseed::core
