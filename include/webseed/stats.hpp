// A picture of a download at one moment.
#pragma once

#include <webseed/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace webseed {

enum class seed_state
{
    ready,   // asked, or can be asked
    pausing, // not asked for a while after a failure, or because the server wants it so
    given_up // not asked any more
};

/// What a seed does, or why it does nothing.
enum class seed_doing
{
    fetching,       // it is asked for something, or will be in a moment
    nothing_to_do,  // all that it could bring is verified, or others are at it
    lacks_the_rest, // what nobody is at it hasn't got, or has sent wrong
    too_slow,       // the others will have brought the rest before it could bring a piece of it
    host_is_full,   // its host has no room for another request, or wants to be left alone
    asked_to_wait,  // the server asked for patience
    backing_off,    // it failed
    silent,         // nothing came any more
    given_up,
    removed,
};

struct seed_stats
{
    /// Without credentials.
    std::string url;
    seed_state state = seed_state::ready;
    seed_doing doing = seed_doing::nothing_to_do;
    /// When it will be asked again, where that is known; time_point::max() where not.
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    /// Stretches of pieces that are fetched from it at once.
    std::uint32_t claims = 0;
    /// Why it pauses or was given up, or what else was amiss last.
    diagnostics last_error;
    /// Bytes of bodies, right or wrong.
    std::uint64_t bytes_received = 0;
    /// Bytes of pieces that it alone provided and that were right.
    std::uint64_t bytes_verified = 0;
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;
    std::uint64_t failures = 0;
    std::uint64_t pieces_bad = 0;
};

struct stats
{
    std::uint32_t pieces = 0;
    std::uint32_t pieces_verified = 0;
    /// Those that are being fetched, or about to be.
    std::uint32_t pieces_under_way = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_verified = 0;
    /// Verified without fetching, because they were in the storage.
    std::uint64_t bytes_kept = 0;
    /// Of those the ones that weren't even read, because an earlier run had verified them and they can't have changed.
    std::uint64_t bytes_trusted = 0;
    /// Of pieces without a verdict, left by an earlier run and taken up by this one: they aren't fetched again unless
    /// their piece turns out to be wrong. What isn't wanted any more meanwhile still counts. Not among those kept.
    std::uint64_t bytes_resumed = 0;
    /// Verified without fetching, because they equal others of the torrent, from which they were copied.
    std::uint64_t bytes_copied = 0;
    /// Bytes of bodies, right or wrong.
    std::uint64_t bytes_received = 0;
    /// Bytes of pieces that were wrong.
    std::uint64_t bytes_wasted = 0;
    /// How often a requester gave a part of its work to one that was idle.
    std::uint64_t claims_shared = 0;
    /// How often work was taken from a requester because nothing came, or too slowly, while another was idle; and bytes
    /// of pieces that it had begun, at the most.
    std::uint64_t claims_overdue = 0;
    std::uint64_t bytes_discarded = 0;
    /// Whether bytes found in the storage are still being hashed.
    bool checking = false;
    std::uint64_t events_lost = 0;
    /// In the order in which they were added.
    std::vector<seed_stats> seeds;
};

} // namespace webseed
