// UTF-8 (RFC 3629), as names in torrents should be: no surrogates, nothing longer than needed, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace webseed::torrent {

struct code_point
{
    std::uint32_t value = 0;
    std::size_t size = 0; // bytes; 0: the text begins with what is no UTF-8
};

/// @param text  not empty.
code_point first_code_point(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

} // namespace webseed::torrent
