// Times in formulas.
#pragma once

#include "plan/backoff.hpp"

#include <chrono>

namespace webseed::planning {

inline double seconds(duration time)
{
    return std::chrono::duration<double>(time).count();
}

} // namespace webseed::planning
