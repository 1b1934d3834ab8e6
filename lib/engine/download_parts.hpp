// What the coroutines of one download share without guarding it, because it doesn't change while they run.
#pragma once

#include "engine/buffer_pool.hpp"
#include "engine/client.hpp"
#include "engine/download_state.hpp"
#include "engine/guarded.hpp"
#include "engine/hold_ups.hpp"
#include "engine/host_gates.hpp"
#include "engine/throttle.hpp"
#include "torrent/layout.hpp"

#include <webseed/clock.hpp>
#include <webseed/options.hpp>
#include <webseed/storage.hpp>

#include <memory>

namespace webseed::core {

/// References: all must outlive the coroutines.
struct download_parts
{
    torrent::layout const& layout;
    download_options const& options;
    storage& store;
    clock& time;
    buffer_pool& buffers;
    guarded<download_state>& state;
    client_parts asking; // but for the buffers, which each requester has from its own
    hold_ups& held;
    host_gates& hosts;
    std::shared_ptr<shared_limit> engine_limit; // null: none
    std::shared_ptr<shared_limit> limit;        // of the download; null: none
};

} // namespace webseed::core
