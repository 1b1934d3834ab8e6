// What is known of servers from one run to the next: how they fared when they were last asked. An engine takes it as
// engine_options::known_servers and gives it as engine::known_servers(); who wants it kept meanwhile keeps it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace webseed {

/// What an engine has found out about a server. All of it is a hint: what is wrong in it costs a moment, and lifts no
/// limit; what comes is verified as ever.
struct known_server
{
    /// As in "https://example.org:443": where a seed is itself, or where it redirects to. Nothing else of any URL.
    std::string origin;
    /// Bytes a second that one connection brings; 0: not known. What came under a limit of the rate doesn't count.
    double rate = 0;
    /// Requests under way at once that went well; 0: not known.
    unsigned connections = 0;
    /// Whether requests went wrong that were sent before the response to the one before had come.
    bool mishandles_pipelining = false;
    /// Whether nothing came when it was last asked, not even a refusal.
    bool was_dead = false;
    /// When it was last asked.
    std::chrono::sys_seconds seen_at{};

    friend bool operator==(known_server const&, known_server const&) = default;
};

/// So many are worth keeping: those seen last,
inline constexpr std::size_t known_server_count_max = 1000;
/// and for so long.
inline constexpr std::chrono::hours known_server_age_max{7 * 24};

/// What is worth keeping of two lists: of each server what was seen last, and what of that is neither old, nor seen
/// after `now`, nor nonsense. Those seen last come first. For who reads a list that was kept, and before it is kept
/// again, since others may have kept something meanwhile. Any thread.
std::vector<known_server>
combine(std::vector<known_server> some, std::vector<known_server> others, std::chrono::sys_seconds now);

} // namespace webseed
