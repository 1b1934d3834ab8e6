// What a BEP 17 script makes of a request: a reader of its own, that shares nothing with what writes the requests.
#pragma once

#include "support/torrents.hpp"

#include <webseed/metainfo.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace webseed::test {

inline std::string plain_of(std::string_view escaped)
{
    std::string plain;
    for (std::size_t i = 0; i < escaped.size(); ++i)
    {
        if (escaped[i] != '%')
        {
            plain += escaped[i];
            continue;
        }
        plain += static_cast<char>(std::stoi(std::string(escaped.substr(i + 1, 2)), nullptr, 16));
        i += 2;
    }
    return plain;
}

/// The value of a field of a target's query; nothing if it isn't there.
inline std::optional<std::string> query_field(std::string_view target, std::string_view name)
{
    auto at = target.find('?');
    while (at != target.npos)
    {
        auto const end = target.find('&', at + 1);
        auto const field = target.substr(at + 1, end == target.npos ? end : end - at - 1);
        auto const equals = std::min(field.find('='), field.size());
        if (field.substr(0, equals) == name && equals != field.size())
            return plain_of(field.substr(equals + 1));
        at = end;
    }
    return std::nullopt;
}

/// Which bytes of the torrent a script is asked for; nothing if it isn't asked for any, or for those of another
/// torrent. Throws for what is no number.
inline std::optional<byte_range> script_range(std::string_view target, metainfo const& torrent)
{
    auto const wanted = torrent.infohash_v1().value();
    auto const infohash = query_field(target, "info_hash");
    auto const piece = query_field(target, "piece");
    if (!infohash || !piece || !std::ranges::equal(bytes_of(*infohash), wanted))
        return std::nullopt;
    auto const begin = std::uint64_t{std::stoull(*piece)} * torrent.piece_length();
    if (begin >= torrent.total_size())
        return std::nullopt;
    auto const size = std::min<std::uint64_t>(torrent.piece_length(), torrent.total_size() - begin);
    auto const ranges = query_field(target, "ranges");
    if (!ranges)
        return byte_range{begin, size};
    auto const first = std::stoull(*ranges);
    auto const last = std::stoull(ranges->substr(ranges->find('-') + 1));
    if (first > last || last >= size)
        return std::nullopt;
    return byte_range{begin + first, last - first + 1};
}

} // namespace webseed::test
