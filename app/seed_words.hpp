// What a seed does, or why it does nothing, in words.
#pragma once

#include <webseed/events.hpp>
#include <webseed/stats.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace webseed::app {

/// For scripts: "fetching".
char const* name_of(seed_doing doing);

/// "asked for patience, is asked again in 12s". For people, without its name.
std::string words_of(seed_stats const& seed, std::chrono::steady_clock::time_point now);

/// The same of what it does from now on.
std::string words_of(seed_changed const& change, std::chrono::steady_clock::time_point now);

/// Whether it is worth being told however short it lasts: something is amiss.
bool is_trouble(seed_doing doing);

/// How long until it is asked again, where that is known.
std::optional<std::chrono::milliseconds>
wait_of(std::chrono::steady_clock::time_point until, std::chrono::steady_clock::time_point now);

/// Why nothing is fetched at all; empty: something is, or nothing is left to fetch.
std::string why_nothing(stats const& now, std::chrono::steady_clock::time_point time);

} // namespace webseed::app
