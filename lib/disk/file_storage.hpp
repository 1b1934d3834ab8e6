// File storage over file calls that somebody else brings.
#pragma once

#include "file_calls.hpp"

#include <webseed/storage.hpp>

#include <filesystem>
#include <memory>

namespace webseed::disk {

/// As webseed::make_file_storage().
/// @param calls  must outlive the storage.
std::unique_ptr<storage> make_file_storage(
    metainfo torrent, std::filesystem::path directory, file_calls& calls, file_storage_options options = {});

} // namespace webseed::disk
