// What everything that an engine has under way shares.
#pragma once

#include "engine/buffer_pool.hpp"
#include "engine/workers.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace webseed::core {

struct engine_parts
{
    boost::asio::any_io_executor front; // the embedder's
    std::shared_ptr<workers> crew;
    std::shared_ptr<network> net;
    std::shared_ptr<clock> time;
    std::shared_ptr<buffer_pool> buffers;
};

} // namespace webseed::core
