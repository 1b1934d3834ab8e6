// A server's answers that can't be relied upon.
#pragma once

#include "support/origin.hpp"

#include <cstdint>
#include <string>

namespace webseed::test {

/// Numbers that look random and are the same for the same seed.
class dice
{
public:
    explicit dice(std::uint64_t seed)
        : state_(seed)
    {}

    /// 0 to `count` - 1.
    std::uint32_t below(std::uint32_t count) noexcept
    {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>((state_ >> 33) % count);
    }

private:
    std::uint64_t state_;
};

/// Mostly right; else with a wrong byte, broken off, late for ever, busy, without the file, or no HTTP at all.
answerer moody_answers(std::string content, std::uint64_t seed);

} // namespace webseed::test
