// Content, and torrents of it with the right hashes.
#pragma once

#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <string>

namespace webseed::test {

/// Letters, so that a failure can be read.
inline std::string letters(std::size_t size)
{
    std::string text(size, ' ');
    for (std::size_t i = 0; i != size; ++i)
        text[i] = static_cast<char>('a' + (i / 16 + i) % 26);
    return text;
}

inline std::string hashes_of(std::string const& content, std::uint64_t piece_length)
{
    std::string hashes;
    for (std::size_t at = 0; at < content.size(); at += piece_length)
    {
        auto const hash = torrent::sha1_of(bytes_of(std::string_view(content).substr(at, piece_length)));
        hashes.append(reinterpret_cast<char const*>(hash.data()), hash.size());
    }
    return hashes;
}

/// A torrent of the single file "f". @param more  of the outermost keys, with encoded values.
inline metainfo
torrent_with(std::string const& content, std::uint64_t piece_length, std::map<std::string, std::string> more = {})
{
    auto const info = dictionary_of({
        {"length", encoded(content.size())},
        {"name", encoded("f")},
        {"piece length", encoded(piece_length)},
        {"pieces", encoded(hashes_of(content, piece_length))},
    });
    more["info"] = info;
    return metainfo::parse(bytes_of(dictionary_of(more))).value();
}

} // namespace webseed::test
