// The way through the pieces that aren't there, in steps that are short enough for a turn each.
#pragma once

#include "plan/explanation.hpp"

#include <webseed/explain.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace webseed::core {

struct missing_walk
{
    std::size_t count_max = 0; // of what is found
    std::vector<piece_report> found;
    std::uint32_t next = 0;           // piece to be looked at
    planning::piece_explanation last; // of the last one found
    bool is_over = false;
};

} // namespace webseed::core
