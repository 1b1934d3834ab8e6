// What the end of a claim says about the server, for those who come later.
#pragma once

#include "engine/download_state.hpp"
#include "engine/server_memory.hpp"
#include "plan/pipelining.hpp"

namespace webseed::core {

/// @param result      of a claim for which the server, or where it leads, was asked.
/// @param is_limited  whether a limit of the rate held back what came.
void take_note(
    server_record& server, result_of_claim const& result, planning::pipelining const& pipelined, bool is_limited,
    time_point now);

} // namespace webseed::core
