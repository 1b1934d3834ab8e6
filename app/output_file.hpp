// A file that is there whole or not at all.
#pragma once

#include <webseed/error.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace webseed::app {

/// Writes the bytes to a file beside `path`, and gives it that name once all are there; to standard output for "-".
/// @param replace  whether a file that has the name already is replaced; else, and if it is no regular file,
///                 that is an error, EEXIST.
/// @param message  told what was wrong, the file named.
error_code write_whole(std::string const& path, std::span<std::byte const> bytes, bool replace, std::string& message);

/// The same for what can be lost: a regular file is replaced, for its owner alone; without waiting for the disk, so
/// that after a loss of power anything may be there.
error_code write_private(std::string const& path, std::span<std::byte const> bytes);

/// Whether something has that name; "-" is no name.
bool is_taken(std::string const& path);

} // namespace webseed::app
