// URLs as people and logs may see them: without credentials, and without the values of queries, which may be
// signatures or tokens. Pure.
#pragma once

#include <string>
#include <string_view>

namespace webseed::http {

/// A query with "..." for what may be secret: `?name=...`, and `?...` where there is no '='. Shown are the values of
/// what seeds' URLs are built of: dir, file, info_hash, path, piece, ranges. The same once more is the same.
/// @param query  with its '?', or empty.
std::string shown_query(std::string_view query);

/// A URL that may not even be one, without what may be secret: what stands before an '@', unless that is surely a part
/// of the path, and the values of its query. Passwords may have been written with any bytes in them, so where there are
/// some, it's the last '@' that counts.
std::string without_credentials(std::string_view url);

} // namespace webseed::http
