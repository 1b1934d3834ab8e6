// What the plan says of one piece: where it is, and why nobody brings it. Pure.
#pragma once

#include "plan/plan_types.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace webseed::planning {

enum class piece_standing
{
    verified,
    unwanted,
    unchecked,   // to be hashed: it may be in the storage
    awaits_copy, // from an equal one, or it is being copied
    under_way,   // some of it is in somebody's claim
    arrived,     // to be judged
    missing,
};

/// Why a seed isn't at the piece.
enum class excuse_kind
{
    is_at_it,
    is_at_others,
    comes_next, // or there is nothing of it that is free
    lacks_file,
    sent_wrong,
    leaves_it, // another one is to send all of it
    only_whole_files,
    too_slow,
    host_is_full,
    asked_to_wait,
    backing_off,
    silent,
    given_up,
    closed,
    plan_finished,
};

struct excuse
{
    excuse_kind kind{};
    time_point until = time_point::max(); // where that is known
    file_index file{};                    // lacks_file
};

/// A claim with parts of the piece that aren't stored yet.
struct piece_holder
{
    seed_id seed{};
    std::uint64_t size = 0;          // bytes of the piece that have come by it
    std::uint32_t pieces_before = 0; // that it has to bring first
    time_point heard_at{};           // when bytes came, or it was made
};

struct piece_explanation
{
    piece_standing standing{};
    bool is_disputed = false;            // its bytes came from several seeds, and were wrong
    std::optional<std::uint32_t> source; // awaits_copy: a piece that it equals
    std::uint64_t arrived_size = 0;      // bytes of parts that wait for the rest
    std::vector<piece_holder> holders;   // under_way
    std::vector<excuse> seeds;           // of each; none where nobody is needed
};

} // namespace webseed::planning
