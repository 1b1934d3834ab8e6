// A server's answers that can't be relied upon.
#pragma once

#include "support/dice.hpp"
#include "support/origin.hpp"

#include <cstdint>
#include <string>

namespace webseed::test {

/// Mostly right; else with a wrong byte, broken off, late for ever, busy, without the file, or no HTTP at all.
answerer moody_answers(std::string content, std::uint64_t seed);

} // namespace webseed::test
