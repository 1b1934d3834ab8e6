// Why a piece isn't there yet.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace webseed {

enum class piece_state
{
    verified,    // it is there, and right
    unwanted,    // no file that is wanted, and nobody who reads, needs it
    checked,     // it is in the storage, and is hashed, or will be
    awaits_copy, // an equal piece is to be copied, once that one is there
    under_way,   // at least one seed is at it, or has it in what it does next
    arrived,     // all of it has come from several seeds, or in several goes, and is to be hashed
    missing,     // nobody is at it
};

/// Why a seed isn't asked for a piece.
enum class seed_excuse
{
    is_at_it,         // it is, or has it in what it does next
    is_at_others,     // it is asked for other pieces
    comes_next,       // it will be in a moment, or nothing is free for it
    lacks_file,       // it hasn't got a file of the piece, doesn't let us have it, or failed to send it time and again
    sent_wrong,       // it has sent wrong bytes for it, or too often for its file
    leaves_it,        // the bytes of several seeds differed, and one alone is to send the piece now: another one
    only_whole_files, // it sends files from their start, whatever it is asked for, and others may have the piece
    too_slow,         // the others will have brought it before
    host_is_full,     // its host has no room for another request, or wants to be left alone
    asked_to_wait,    // the server asked for patience
    backing_off,      // it failed
    silent,           // nothing came any more
    given_up,         // it failed, or sent wrong bytes, too often
    removed,          // it was taken from the download
    download_ended,   // nobody is asked any more
};

/// Who is at a piece.
struct piece_source
{
    std::string seed_url;
    /// That have come of the piece by this.
    std::uint64_t bytes = 0;
    /// That come first.
    std::uint32_t pieces_before = 0;
    /// When bytes came last, or it was asked; by the engine's clock.
    std::chrono::steady_clock::time_point heard_at{};
};

struct excused_seed
{
    std::string seed_url;
    seed_excuse excuse{};
    /// When that will be over, where it is known, by the engine's clock; time_point::max() where not.
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    /// What was amiss, where something was: of the file, the piece, or the last request.
    diagnostics cause;
};

/// Where a piece is, at one moment.
struct piece_report
{
    piece_index piece{};
    /// Pieces from that one on of which the same can be said; 1 unless many were asked for.
    std::uint32_t count = 1;
    /// The first file in it.
    file_index file{};
    piece_state state = piece_state::missing;
    /// Several seeds have sent different bytes of it, and who was wrong isn't known yet.
    bool is_disputed = false;
    /// All of its bytes, and those of parts that wait for the rest.
    std::uint64_t size = 0;
    std::uint64_t bytes_arrived = 0;
    /// The piece that it equals, of one that awaits_copy.
    std::optional<piece_index> equal_to;
    /// Of a piece that is under_way.
    std::vector<piece_source> sources;
    /// All seeds, in the order in which they were added; none for a piece that needs nobody, or before the start.
    std::vector<excused_seed> seeds;
};

} // namespace webseed
