// A piece that was wrong, and who sent what of it.
#pragma once

#include "plan/plan_types.hpp"

#include <webseed/types.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace webseed::planning {

struct dispute
{
    struct statement
    {
        std::uint32_t part = 0;
        seed_id seed{};
        sha1_hash digest;
    };
    std::vector<statement> statements;
    std::optional<seed_id> sole; // who is to send all of it now
};

} // namespace webseed::planning
