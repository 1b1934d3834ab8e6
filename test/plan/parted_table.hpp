// A plan whose pieces come in parts.
#pragma once

#include "plan/table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test {

/// Pieces of 16 bytes in parts of 4, and claims of all that is free.
struct parted_table : table
{
    explicit parted_table(std::uint32_t pieces)
        : parted_table({{{"f"}, pieces * 16ull}})
    {}
    explicit parted_table(std::vector<test_file> const& files)
        : table(torrent_of(files, 16), options())
    {}

    static plan_options options()
    {
        auto made = options_of(64);
        made.part_size_max = 4;
        return made;
    }

    /// One character a part: '.' for those that are free.
    std::string parts_picture() const
    {
        std::string text;
        for (std::uint32_t i = 0; i != board.parts().count(); ++i)
            text += board.free().contains(i) ? '.' : '-';
        return text;
    }

    /// Of parts, of which a letter each says what they are.
    static std::vector<sha1_hash> digests_of(std::string_view stored)
    {
        std::vector<sha1_hash> digests(stored.size());
        for (std::size_t i = 0; i != stored.size(); ++i)
            digests[i][0] = static_cast<std::byte>(stored[i]);
        return digests;
    }
};

} // namespace webseed::test
