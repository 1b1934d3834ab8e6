// What the coroutines of one download share without guarding it, because it doesn't change while they run.
#pragma once

#include "engine/download_state.hpp"
#include "engine/guarded.hpp"
#include "http/body_sink.hpp"
#include "torrent/layout.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>
#include <webseed/options.hpp>
#include <webseed/storage.hpp>

namespace webseed::core {

/// References: all must outlive the coroutines.
struct download_parts
{
    torrent::layout const& layout;
    download_options const& options;
    storage& store;
    network& net;
    clock& time;
    http::buffer_lender& buffers;
    guarded<download_state>& state;
};

} // namespace webseed::core
