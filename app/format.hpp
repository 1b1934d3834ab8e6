// Numbers and names as people read and write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace webseed::app {

/// "43.9 MiB"
std::string format_size(std::uint64_t bytes);
/// Reads 262144, 256K, 1M or 2G. Nothing if it is no such number, or beyond 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "2021-08-19T11:02:33Z"; the number itself where that is no date.
std::string format_date(std::int64_t seconds_since_1970);
/// "3m51s"
std::string format_duration(std::chrono::seconds duration);
/// Control bytes, which could play tricks on a terminal, as "\x1b".
std::string printable(std::string_view text);

} // namespace webseed::app
