// Makes sure that all files of a torrent can lie on a disk together: no two in one place, and none where another needs
// a directory. Directories come first, then files in their order: whose place is taken gets a number in its name.
#pragma once

#include "file_list.hpp"

namespace webseed::torrent {

/// Renames whose place is taken. `warnings` tells of it, and of names that differ by case alone, which stay as they
/// are.
/// @param cause  may be null.
/// Errors: errc::path_unsafe for two files with the same path in the torrent itself: no server could tell which of them
/// it is asked for.
error_code resolve_clashes(file_list& list, std::vector<std::string>& warnings, diagnostics* cause);

} // namespace webseed::torrent
