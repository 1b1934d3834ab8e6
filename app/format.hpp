// Numbers and names as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace webseed::app {

/// "43.9 MiB"
std::string format_size(std::uint64_t bytes);
/// "3m51s"
std::string format_duration(std::chrono::seconds duration);
/// Control bytes, which could play tricks on a terminal, as "\x1b".
std::string printable(std::string_view text);

} // namespace webseed::app
