// The URL of a web seed, and the request targets of its files (BEP 19). Pure.
#pragma once

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/network.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace webseed::http {

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
    /// ends in '/'; below the root of several files stand name and path, each element escaped by itself, and the
    /// query stays behind the path. BEP 19; protocol sections "Building the URL of a file" and "Escaping".
    std::string target_of(metainfo const& torrent, file_index file) const;
    /// The same as a whole URL, for people.
    std::string url_of(metainfo const& torrent, file_index file) const;

private:
    seed_url() = default;

    endpoint where_;
    std::string host_field_;
    std::string path_;  // escaped, begins with '/'
    std::string query_; // escaped, with its '?', or empty
    std::string text_;
};

/// A URL that may not even be one, without what stands before the last '@' of its authority but for the scheme.
std::string without_credentials(std::string_view url);

/// Escapes one element of a path: all but A-Z a-z 0-9 - . _ ~ (so '+' goes as %2B, which no server takes for a space).
std::string escape_element(std::string_view raw);

} // namespace webseed::http
