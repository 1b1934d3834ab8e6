// What a download tells while it runs. Small values, in the order in which things happened: files and pieces, the
// seeds and what each of them does, work that is taken from one of them, and the look at what the storage had before.
// That the download has ended is told by async_run().
#pragma once

#include <webseed/error.hpp>
#include <webseed/stats.hpp>
#include <webseed/types.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace webseed {

/// Every piece of the file is verified and stored. Empty files and pad files are not told.
struct file_finished
{
    file_index file{};
};

/// A piece from this seed had another hash than the torrent says; the seed isn't asked for it again.
struct piece_bad
{
    piece_index piece{};
    /// The first file in it.
    file_index file{};
    std::string seed_url;
};

/// A request failed, and the seed is left alone for a while.
struct seed_paused
{
    std::string seed_url;
    error_code error;
    diagnostics cause;
    std::chrono::milliseconds pause{};
};

/// The seed isn't asked any more.
struct seed_given_up
{
    std::string seed_url;
    error_code error;
    diagnostics cause;
};

/// The seed hasn't got this file, or doesn't send it, be it for failing; it is still asked for the others.
struct file_missing
{
    file_index file{};
    std::string seed_url;
    error_code error;
    diagnostics cause;
};

/// A seed is used from now on, or seed_given_up follows: one that was named before the start, or by add_seed().
struct seed_added
{
    std::string seed_url;
};

/// remove_seed() has taken it away.
struct seed_removed
{
    std::string seed_url;
};

/// A seed does something else from now on, or will be asked again at another time; at first it has nothing_to_do.
/// Whatever follows in its stead before anybody has taken it from the queue is told, too, unless half of
/// download_options::event_count_max events wait there already: then only the newest of each seed does, in its place.
struct seed_changed
{
    std::string seed_url;
    seed_doing doing = seed_doing::nothing_to_do;
    /// When it will be asked again, where that is known, by the engine's clock; time_point::max() where not.
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    /// What was amiss, where it is that for which the seed isn't asked.
    diagnostics cause;
};

/// Nothing came of a seed, or too slowly, while another one was idle: what it was at, from this piece on, is given to
/// others.
struct claim_overdue
{
    std::string seed_url;
    piece_index piece{};
};

/// So many pieces are in the storage, and nobody knows whether they are right: they are hashed, and aren't fetched
/// meanwhile.
struct check_begun
{
    std::uint32_t pieces = 0;
};

/// All of those have been hashed. Not told of a download that ends before.
struct check_ended
{
    std::uint32_t pieces = 0;
    std::uint32_t pieces_right = 0;
    /// Of the right ones.
    std::uint64_t bytes_right = 0;
};

/// set_wanted() has selected the file, or given it up.
struct file_selected
{
    file_index file{};
    bool is_wanted = false;
};

using event = std::variant<
    file_finished, piece_bad, seed_paused, seed_given_up, file_missing, seed_added, seed_removed, seed_changed,
    claim_overdue, check_begun, check_ended, file_selected>;

} // namespace webseed
