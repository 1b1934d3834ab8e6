// Times for deadlines.
#pragma once

#include <webseed/network.hpp>

#include <chrono>

namespace webseed::net {

/// So long from now; what lies beyond the end of time is never.
inline time_point after(std::chrono::milliseconds time)
{
    auto const now = std::chrono::steady_clock::now();
    auto const left = std::chrono::floor<std::chrono::milliseconds>(time_point::max() - now);
    return time < left ? now + time : time_point::max();
}

} // namespace webseed::net
