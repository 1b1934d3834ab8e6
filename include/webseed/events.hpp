// What a download tells while it runs. Small values, in the order in which things happened.
#pragma once

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <chrono>
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

/// The seed hasn't got this file, or doesn't let us have it; it is still asked for the others.
struct file_missing
{
    file_index file{};
    std::string seed_url;
    error_code error;
    diagnostics cause;
};

using event = std::variant<file_finished, piece_bad, seed_paused, seed_given_up, file_missing>;

} // namespace webseed
