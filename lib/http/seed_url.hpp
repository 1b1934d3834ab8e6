// The URL of a web seed, and the request targets of its files (BEP 19). Pure.
#pragma once

#include "http/url.hpp"

#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace webseed::http {

/// What a script is asked for.
struct script_query
{
    sha1_hash infohash{};
    piece_index piece{};
    /// Within the piece; not empty.
    byte_range part;
    std::uint64_t piece_size = 0;
    /// The part isn't told: the script sends the whole piece in any case.
    bool is_whole = false;
};

/// A base URL, ready to have paths appended.
class seed_url
{
public:
    /// As url::parse().
    static boost::system::result<seed_url> parse(std::string_view text);

    /// What the URL itself names.
    url const& base() const noexcept { return base_; }
    endpoint const& where() const noexcept { return base_.where(); }
    std::string const& host_field() const noexcept { return base_.host_field(); }
    /// What makes it this seed and no other. The query may be secret.
    std::string full() const { return base_.full(); }
    /// For people.
    std::string text() const { return base_.text(); }
    std::string target() const { return base_.target(); }

    /// Where the file is. A single file's own URL is used as it is unless it ends in '/' or '='; below the root of
    /// several files stand name and path, each element escaped by itself. The query stays behind the path, unless it is
    /// what the file's path belongs behind: "?file=" or "?dir=pub/". BEP 19; protocol sections "Building the URL of a
    /// file" and "Escaping".
    url of(metainfo const& torrent, file_index file) const;
    /// The same if the URL is a script's (BEP 17).
    url of(script_query const& asked) const;

    /// What to ask for in order to get it: path and query.
    std::string target_of(metainfo const& torrent, file_index file) const { return of(torrent, file).target(); }
    std::string target_of(script_query const& asked) const { return of(asked).target(); }
    /// For people.
    std::string url_of(metainfo const& torrent, file_index file) const { return of(torrent, file).text(); }
    std::string url_of(script_query const& asked) const { return of(asked).text(); }

private:
    explicit seed_url(url base)
        : base_(std::move(base))
    {}

    url base_;
};

/// Escapes one element of a path: all but A-Z a-z 0-9 - . _ ~ (so '+' goes as %2B, which no server takes for a space).
std::string escape_element(std::string_view raw);

} // namespace webseed::http
