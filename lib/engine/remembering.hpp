// Has the storage remember, while a download runs, what is verified and what is begun.
#pragma once

#include "engine/download_parts.hpp"
#include "engine/wakeup.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>

namespace webseed::core {

/// Every so often, if anything has come since. On a worker; not on that of the state, if there are two, since the
/// storage may take its time. @param bell  rung once `is_over` is set. Both must outlive the coroutine, like `parts`.
boost::asio::awaitable<void>
keep_remembering(download_parts const& parts, wakeup& bell, std::atomic<bool> const& is_over);

} // namespace webseed::core
