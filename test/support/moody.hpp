// A server's answers that can't be relied upon.
#pragma once

#include "support/script.hpp"

#include <cstdint>
#include <string>

namespace webseed::test {

/// Mostly right; else with a wrong byte, broken off, late for ever, busy, without the file, or no HTTP at all.
server moody_answers(std::string content, std::uint64_t seed);

} // namespace webseed::test
