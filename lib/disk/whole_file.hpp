// Small files that are read, and replaced, as a whole.
#pragma once

#include "file_calls.hpp"

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace webseed::disk {

/// Errors: EFBIG beyond `size_max`; EINVAL, ELOOP or EISDIR for what isn't a regular file; any code of the system.
boost::system::result<std::vector<std::byte>>
read_whole(file_calls& calls, std::filesystem::path const& path, std::uint64_t size_max);

/// Puts a file with these bytes in the place of `path`, with its directories, for its owner's eyes alone. Whatever
/// happens, a loss of power included, there is either the old file or the new one; once this has succeeded, the new
/// one. Of several who do so at once, the last one counts. Leaves nothing else behind after a failure.
/// Errors: errc::disk_full or any code of the system.
error_code replace_whole(file_calls& calls, std::filesystem::path const& path, std::span<std::byte const> bytes);

} // namespace webseed::disk
