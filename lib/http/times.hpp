// Times as HTTP's fields tell them: numbers of seconds, and dates. Pure.
//
//   HTTP-date = "Sun, 06 Nov 1994 08:49:37 GMT"          RFC 9110 section 5.6.7
//             / "Sunday, 06-Nov-94 08:49:37 GMT"         (RFC 850, obsolete)
//             / "Sun Nov  6 08:49:37 1994"               (asctime, obsolete)
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace webseed::http {

/// A century is long enough; larger numbers would overflow the clock's own unit.
inline constexpr std::chrono::seconds seconds_max{3'153'600'000};

/// A number of seconds, seconds_max at most; nothing for anything else than digits.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text) noexcept;

/// Nothing for what isn't exactly one of the three forms, or no day or time that there is. The name of the day may be
/// the wrong one, as in PHP's well-known "Mon, 26 Jul 1997"; a year of two digits is from 1970 to 2069.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) noexcept;

} // namespace webseed::http
