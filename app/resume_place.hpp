// Where the program keeps what it knows of earlier downloads: never beside the files themselves.
#pragma once

#include <webseed/metainfo.hpp>

#include <filesystem>

namespace webseed::app {

/// The resume file of this torrent in this directory, whatever way leads there, below webseed in $XDG_STATE_HOME or, if
/// that isn't set, in ~/.local/state. Makes the directory, for its owner alone, if it can. Empty: the user has no home.
std::filesystem::path resume_file_of(metainfo const& torrent, std::filesystem::path const& directory);

/// The file, in the same place, of what is known of servers. Empty: the user has no home.
std::filesystem::path servers_file();

} // namespace webseed::app
