// The URL of a web seed, and the request targets of its files (BEP 19). Pure.
#pragma once

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/network.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace webseed::http {

/// What a script is asked for.
struct script_query
{
    sha1_hash infohash{};
    piece_index piece{};
    /// Within the piece; not empty.
    byte_range part;
    std::uint64_t piece_size = 0;
};

/// A base URL, ready to have paths appended.
class seed_url
{
public:
    /// Reads an absolute http URL. It is taken as already escaped; only bytes that can never stand in a URL are
    /// escaped. A fragment is dropped.
    /// Errors: errc::url_invalid, errc::scheme_unsupported.
    static boost::system::result<seed_url> parse(std::string_view text);

    endpoint const& where() const noexcept { return where_; }
    /// The value of the Host field: without the port where that is the scheme's own.
    std::string const& host_field() const noexcept { return host_field_; }
    /// For people.
    std::string const& text() const noexcept { return text_; }

    /// What to ask for in order to get the file: path and query. A single file's own URL is used as it is unless it
    /// ends in '/' or '='; below the root of several files stand name and path, each element escaped by itself. The
    /// query stays behind the path, unless it is what the file's path belongs behind: "?file=" or "?dir=pub/". BEP 19;
    /// protocol sections "Building the URL of a file" and "Escaping".
    std::string target_of(metainfo const& torrent, file_index file) const;
    /// The same as a whole URL, for people.
    std::string url_of(metainfo const& torrent, file_index file) const;

    /// What to ask for if the URL is a script's (BEP 17).
    std::string target_of(script_query const& asked) const;
    std::string url_of(script_query const& asked) const;

    /// What to ask for in order to get what the URL itself names.
    std::string target() const { return path_ + query_; }

private:
    seed_url() = default;

    endpoint where_;
    std::string host_field_;
    std::string path_;  // escaped, begins with '/'
    std::string query_; // escaped, with its '?', or empty
    std::string text_;
};

/// A URL that may not even be one, without what may be credentials: what stands before an '@', unless that is surely a
/// part of the path. Passwords may have been written with any bytes in them, so where there are some, it's the last '@'
/// that counts.
std::string without_credentials(std::string_view url);

/// Escapes one element of a path: all but A-Z a-z 0-9 - . _ ~ (so '+' goes as %2B, which no server takes for a space).
std::string escape_element(std::string_view raw);

} // namespace webseed::http
