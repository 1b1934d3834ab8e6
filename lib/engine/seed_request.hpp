// What to ask a seed for next: a stretch of a file, or what is left of a piece where the seed is a script.
#pragma once

#include "engine/web_seed.hpp"
#include "http/connection.hpp"
#include "torrent/layout.hpp"

#include <cstdint>

namespace webseed::core {

/// One request, or padding that needs none.
struct seed_request
{
    /// `script` or `files`.
    seed_form form{};
    /// The first file that it is about; of `files` the whole of it, and of padding.
    torrent::file_slice slice;
    /// Of a script: the piece, and bytes within it.
    http::script_query query;

    /// Whether it asks a script for a part of a piece, and not for all of it.
    bool is_part_asked() const noexcept
    {
        return form == seed_form::script && query.part.size != query.piece_size && !query.is_whole;
    }
    bool is_pad() const noexcept { return slice.pad && form == seed_form::files; }
    std::uint64_t size() const noexcept { return form == seed_form::files ? slice.size : query.part.size; }
};

/// The beginning of what is wanted: `size_max` bytes from `position` on. A script sends padding as it does other bytes;
/// only where there is nothing else to the end of a piece, it isn't asked.
/// @param form  `script` only of a torrent with a v1 info-hash.
seed_request
next_request(torrent::layout const& layout, seed_form form, std::uint64_t position, std::uint64_t size_max);

/// Where the seed has it.
http::url url_of(seed_request const& wanted, http::seed_url const& url, metainfo const& torrent);

/// What is asked for there.
http::range_request http_request_of(seed_request const& wanted, metainfo const& torrent);

} // namespace webseed::core
