// What everything that an engine has under way shares.
#pragma once

#include "engine/buffer_pool.hpp"
#include "engine/host_gates.hpp"
#include "engine/server_memory.hpp"
#include "engine/throttle.hpp"
#include "engine/workers.hpp"

#include <webseed/address_policy.hpp>
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
    std::shared_ptr<host_gates> hosts;
    std::shared_ptr<server_memory> servers = std::make_shared<server_memory>();
    std::shared_ptr<shared_limit> limit; // of the rate of everything together; null: none
    address_policy addresses;
};

} // namespace webseed::core
