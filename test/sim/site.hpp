// What all mirrors of a simulated world have: a torrent, and the bytes that it promises.
#pragma once

#include "sim/scenario.hpp"

#include <webseed/metainfo.hpp>

#include <memory>
#include <string>

namespace webseed::test::sim {

struct site
{
    metainfo torrent; // of which only what the scenario wants is wanted
    /// The byte stream that the pieces cut; zeros where there is nothing between two files.
    std::string content;

    /// The file that a request's target names, below "/"; null: none.
    file_entry const* find(std::string const& target) const;
    /// Of those that aren't padding, modulo their number.
    file_index named_file(std::uint64_t number) const;
    /// Whether it is to be on the disk at the end.
    bool is_wanted(file_entry const& file) const;
    /// Whether a wanted file before it has the same content, and v2 tells.
    bool is_twin(file_entry const& file) const;
    /// Whether it has a byte of a wanted file. Where no file's bytes are left out, every piece counts.
    bool is_wanted_piece(std::uint32_t piece) const;
};

std::shared_ptr<site const> make_site(scenario const& what);

} // namespace webseed::test::sim
