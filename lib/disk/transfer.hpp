// Reads and writes that go on until all is done.
#pragma once

#include "descriptor.hpp"

#include <webseed/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace webseed::disk {

/// Errors: errc::disk_full, errc::storage_failed, or any code of the system; some of the bytes may be written.
error_code write_all(descriptor const& file, std::uint64_t offset, std::span<std::byte const> bytes);

/// A file that ends too early has lost bytes since they were written: an error, because zeros would pass for content.
/// Errors: errc::storage_failed for that, else any code of the system.
error_code read_all(descriptor const& file, std::uint64_t offset, std::span<std::byte> buffer);

} // namespace webseed::disk
