// A URL that can be asked over HTTP, and what a server's Location makes of it. Pure.
//
//   url       = ( "http" / "https" ) "://" [ user [ ":" password ] "@" ] host [ ":" port ] path [ "?" query ]
//   Location  = url / "//" host [ ":" port ] path [ "?" query ] / path [ "?" query ] / "?" query     RFC 3986
//   section 4.2
#pragma once

#include <webseed/error.hpp>
#include <webseed/network.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace webseed::http {

/// A user's name and password, without escapes. Either may be empty, but not both.
struct credentials
{
    std::string user;
    std::string password;

    friend bool operator==(credentials const&, credentials const&) = default;
};

/// An absolute URL of http or https.
class url
{
public:
    /// Takes it as already escaped; only bytes that can never stand in a URL are escaped. White space around it and a
    /// fragment are dropped.
    /// Errors: errc::url_invalid, errc::scheme_unsupported.
    static boost::system::result<url> parse(std::string_view text);

    /// Its host is an address in the usual notation, or ends in no number.
    endpoint const& where() const noexcept { return origin_->where; }
    /// The value of the Host field: without the port where that is the scheme's own.
    std::string const& host_field() const noexcept { return origin_->host_field; }
    /// Escaped; begins with '/'.
    std::string const& path() const noexcept { return path_; }
    /// Escaped, with its '?'; or empty.
    std::string const& query() const noexcept { return query_; }
    bool has_query() const noexcept { return !query_.empty(); }
    /// Path and query, as the line of a request has them.
    std::string target() const { return path_ + query_; }
    std::optional<credentials> const& userinfo() const noexcept { return origin_->userinfo; }

    /// The whole of it but the userinfo. The query may be secret.
    std::string full() const;
    /// For people and logs: without the query's values, see shown_query().
    std::string text() const;

    /// Another target on the same server, with the same userinfo. @param target  escaped; begins with '/'.
    url with(std::string_view target) const;

private:
    friend boost::system::result<url> resolve(url const& base, std::string_view location);
    url() = default;

    struct origin
    {
        endpoint where;
        std::string host_field;
        std::optional<credentials> userinfo;
    };

    std::shared_ptr<origin const> origin_; // with all URLs made of this one: there may be one for each of many files
    std::string path_;
    std::string query_;
};

/// Whether what is meant for the one may be sent to the other: the same scheme, host and port.
bool is_same_origin(url const& a, url const& b) noexcept;

inline constexpr std::size_t location_size_max = 8 * 1024;

/// Where a Location leads that a server gave when it was asked for `base`: it may be relative, and is repaired as by
/// parse(). A user's name and password in it are dropped: they are the server's idea, not ours.
/// Errors: errc::url_invalid, also where it is longer than location_size_max, before or after;
/// errc::scheme_unsupported. RFC 3986 section 5.2.
boost::system::result<url> resolve(url const& base, std::string_view location);

/// Appends the byte as an escape: '%' and two digits.
void append_escaped(std::string& text, char byte);

} // namespace webseed::http
