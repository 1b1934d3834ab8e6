// Numbers and names as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace webseed::app {

/// "43.9 MiB"
std::string format_size(std::uint64_t bytes);
/// "2021-08-19T11:02:33Z"; the number itself where that is no date.
std::string format_date(std::int64_t seconds_since_1970);
/// "3m51s"
std::string format_duration(std::chrono::seconds duration);
/// Control bytes, which could play tricks on a terminal, as "\x1b".
std::string printable(std::string_view text);

} // namespace webseed::app
