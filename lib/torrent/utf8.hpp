// Whether bytes are UTF-8 (RFC 3629), as names in torrents should be.
#pragma once

#include <string_view>

namespace webseed::torrent {

bool is_utf8(std::string_view text) noexcept;

} // namespace webseed::torrent
