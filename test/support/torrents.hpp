// Makes torrents for tests: bencoded text piece by piece, and whole metainfo of files with given sizes.
#pragma once

#include <webseed/metainfo.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test {

inline std::span<std::byte const> bytes_of(std::string_view text)
{
    return {reinterpret_cast<std::byte const*>(text.data()), text.size()};
}

inline std::string encoded(std::integral auto number)
{
    return "i" + std::to_string(number) + "e";
}

inline std::string encoded(std::string_view text)
{
    return std::to_string(text.size()) + ":" + std::string(text);
}

/// @param items  already encoded.
inline std::string list_of(std::vector<std::string> const& items)
{
    std::string text = "l";
    for (auto const& item : items)
        text += item;
    return text + "e";
}

inline std::string list_of_strings(std::vector<std::string> const& strings)
{
    std::vector<std::string> items;
    for (auto const& string : strings)
        items.push_back(encoded(string));
    return list_of(items);
}

/// @param values  already encoded, under keys that are not.
inline std::string dictionary_of(std::map<std::string, std::string> const& values)
{
    std::string text = "d";
    for (auto const& [key, value] : values)
        text += encoded(key) + value;
    return text + "e";
}

/// What a torrent shall hold at one stretch of its bytes. No path means padding.
struct test_file
{
    std::vector<std::string> path;
    std::uint64_t size = 0;
};

/// A multi-file torrent called "t". @param hashes  of the pieces; empty: all zero. @param more  of the outermost keys,
/// with encoded values.
inline metainfo torrent_of(
    std::vector<test_file> const& files, std::uint64_t piece_length, std::string hashes = {},
    std::map<std::string, std::string> more = {})
{
    std::uint64_t total = 0;
    std::vector<std::string> entries;
    for (auto const& file : files)
    {
        total += file.size;
        std::map<std::string, std::string> entry{{"length", encoded(file.size)}};
        if (file.path.empty())
            entry["attr"] = encoded("p");
        else
            entry["path"] = list_of_strings(file.path);
        entries.push_back(dictionary_of(entry));
    }
    hashes.resize((total + piece_length - 1) / piece_length * 20);
    auto const info = dictionary_of({
        {"files", list_of(entries)},
        {"name", encoded("t")},
        {"piece length", encoded(piece_length)},
        {"pieces", encoded(hashes)},
    });
    diagnostics cause;
    more["info"] = info;
    auto const torrent = metainfo::parse(bytes_of(dictionary_of(more)), {}, &cause);
    if (!torrent)
        throw std::runtime_error(cause.message);
    return *torrent;
}

} // namespace webseed::test
