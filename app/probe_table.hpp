// What people are told of mirrors that were probed.
#pragma once

#include <webseed/probe.hpp>

#include <string>
#include <vector>

namespace webseed::app {

/// "good", "bad", or "down" if there was no response at all.
char const* verdict_of(probe_report const& report) noexcept;

/// Bytes of bodies a second; 0 if they were of no use.
std::uint64_t rate_of(probe_report const& report) noexcept;

/// Lines for a table: a heading, and one for each, in columns that are as wide as they need to be.
std::vector<std::string> table_of(std::vector<probe_report> const& reports);

/// A line for a mirror that isn't good: what is wrong, and where it led if that is elsewhere.
std::string problem_of(probe_report const& report);

} // namespace webseed::app
