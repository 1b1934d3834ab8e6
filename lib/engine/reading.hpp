// Serves the reads of readers.
#pragma once

#include "engine/download_parts.hpp"
#include "engine/read_request.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace webseed::core {

/// Waits until what is to be read is verified, or never will be, then reads it from the storage and finishes the
/// request, whatever happens. On the request's worker, spawned with the slot of its waker. @param parts  must outlive
/// the coroutine.
boost::asio::awaitable<void> serve_read(download_parts const& parts, std::shared_ptr<read_request> read);

} // namespace webseed::core
