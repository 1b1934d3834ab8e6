// What an engine would give to a session, in a world of a test.
#pragma once

#include "engine/engine_parts.hpp"
#include "support/world.hpp"

namespace webseed::test {

inline core::engine_parts session_parts(world& outside, unsigned worker_count)
{
    core::engine_parts parts;
    parts.front = outside.context.get_executor();
    parts.crew = std::make_shared<core::workers>(worker_count, parts.front);
    parts.net = outside.net;
    parts.time = outside.time;
    parts.buffers = std::make_shared<core::buffer_pool>(worker_count);
    parts.hosts = std::make_shared<core::host_gates>(planning::host_options());
    parts.addresses = default_address_policy;
    return parts;
}

} // namespace webseed::test
