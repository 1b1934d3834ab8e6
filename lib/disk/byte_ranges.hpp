// Collects byte ranges that come in ascending order.
#pragma once

#include <webseed/types.hpp>

#include <vector>

namespace webseed::disk {

/// Appends `range`, or lengthens the last one if it ends where `range` begins. Empty ranges add nothing.
inline void append(std::vector<byte_range>& ranges, byte_range range)
{
    if (range.empty())
        return;
    if (!ranges.empty() && ranges.back().end() == range.offset)
        ranges.back().size += range.size;
    else
        ranges.push_back(range);
}

} // namespace webseed::disk
