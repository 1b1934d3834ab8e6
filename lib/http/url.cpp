#include "http/url.hpp"

#include "http/numeric_host.hpp"
#include "http/shown_url.hpp"
#include "http/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace webseed::http {

namespace {

constexpr std::size_t host_size_max = 253;

bool is_hex(char c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// Where the authority stands, if the text has one. Of several '@' in it the last one is what ends the userinfo, as
// browsers see it, too.
struct authority_place
{
    std::size_t begin = std::string_view::npos;
    std::size_t at = std::string_view::npos; // of the '@'
    std::size_t end = std::string_view::npos;
};

authority_place authority_of(std::string_view text)
{
    authority_place place;
    auto const slashes = text.find("://");
    if (slashes == text.npos)
        return place;
    place.begin = slashes + 3;
    place.end = std::min(text.find_first_of("/?", place.begin), text.size());
    place.at = text.substr(0, place.end).rfind('@');
    if (place.at != text.npos && place.at < place.begin)
        place.at = text.npos;
    return place;
}

// Makes a URL of what people write: escapes the bytes that can't stand in one, and a '%' that begins no escape.
std::string repair(std::string_view text, authority_place const& authority)
{
    constexpr std::string_view never = " <>\"{}|\\^`";
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        auto const c = text[i];
        auto const begins_escape = i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        auto const is_userinfo = authority.at != text.npos && i >= authority.begin && i < authority.at;
        auto const is_host = i >= authority.begin && i < authority.end && !is_userinfo;
        auto const is_bracket = (c == '[' || c == ']') && !is_host; // they stand around IPv6 addresses only
        if (static_cast<unsigned char>(c) >= 0x7f || never.find(c) != never.npos || is_bracket ||
            (c == '%' && !begins_escape) || (c == '@' && is_userinfo))
            append_escaped(repaired, c);
        else
            repaired += c;
    }
    return repaired;
}

bool is_host_name(std::string_view host)
{
    return !host.empty() && host.size() <= host_size_max && std::ranges::all_of(host, [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

std::uint16_t usual_port(std::string_view scheme)
{
    return scheme == "https" ? 443 : 80;
}

// 0 for what is no port. (Boost.URL 1.81's own number of a port wraps.)
std::uint16_t port_of(std::string_view digits)
{
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc() && end == digits.data() + digits.size() ? port : 0;
}

// Nothing where there is no such place to connect to.
std::optional<endpoint> endpoint_of(boost::urls::url_view const& parsed)
{
    endpoint where;
    where.scheme = parsed.scheme_id() == boost::urls::scheme::https ? "https" : "http";
    where.host = to_lower(std::string(parsed.host_address()));
    if (parsed.host_type() == boost::urls::host_type::ipvfuture ||
        (parsed.host_type() == boost::urls::host_type::name && !is_host_name(where.host)))
        return std::nullopt;
    if (parsed.host_type() != boost::urls::host_type::ipv6)
    {
        auto usual = with_usual_address(std::move(where.host));
        if (!usual)
            return std::nullopt;
        where.host = std::move(*usual);
    }
    where.port = parsed.port().empty() ? usual_port(where.scheme) : port_of(std::string(parsed.port()));
    if (where.port == 0)
        return std::nullopt;
    return where;
}

// The part of RFC 3986 section 5.2.4. @param path  begins with '/'.
std::string without_dot_segments(std::string_view path)
{
    std::string kept;
    while (!path.empty())
    {
        auto const end = std::min(path.find('/', 1), path.size());
        auto const segment = path.substr(1, end - 1);
        path.remove_prefix(end);
        auto const is_dots = segment == "." || segment == "..";
        if (segment == "..")
            kept.erase(std::min(kept.rfind('/'), kept.size()));
        if (!is_dots)
            kept.append("/").append(segment);
        else if (path.empty())
            kept += '/';
    }
    return kept;
}

// Whether it has a scheme: a letter, and a colon before any slash.
bool has_scheme(std::string_view text)
{
    auto const end = std::min(text.find_first_of(":/?"), text.size());
    return end != text.size() && text[end] == ':' && is_letter(text[0]);
}

} // namespace

void append_escaped(std::string& text, char byte)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    text += '%';
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
}

boost::system::result<url> url::parse(std::string_view text)
{
    text = trimmed(text);
    if (std::ranges::any_of(text, is_control))
        return error_code(errc::url_invalid);
    text = text.substr(0, text.find('#'));
    auto const authority = authority_of(text);
    // Not absolute; and Boost.URL 1.81 fails an assertion of its own over one byte behind a scheme, as in "a:]". And
    // who is behind a backslash isn't clear: browsers take it for a slash.
    if (authority.begin == text.npos || text.substr(0, authority.end).find('\\') != text.npos)
        return error_code(errc::url_invalid);
    auto const repaired = repair(text, authority);
    auto const parsed = boost::urls::parse_uri(repaired);
    if (!parsed || !parsed->has_authority())
        return error_code(errc::url_invalid);
    if (parsed->scheme_id() != boost::urls::scheme::http && parsed->scheme_id() != boost::urls::scheme::https)
        return error_code(errc::scheme_unsupported);

    auto where = endpoint_of(*parsed);
    if (!where)
        return error_code(errc::url_invalid);
    auto origin = std::make_shared<url::origin>();
    origin->where = std::move(*where);
    // A name without its escapes, which it needs none of; an IPv6 address with its brackets.
    origin->host_field = origin->where.host;
    if (parsed->host_type() == boost::urls::host_type::ipv6)
        origin->host_field = '[' + origin->host_field + ']';
    if (origin->where.port != usual_port(origin->where.scheme))
        origin->host_field += ':' + std::to_string(origin->where.port);
    credentials userinfo{std::string(parsed->user()), std::string(parsed->password())};
    if (userinfo != credentials())
        origin->userinfo = std::move(userinfo);
    url made;
    made.origin_ = std::move(origin);
    made.path_ = std::string(parsed->encoded_path());
    if (made.path_.empty())
        made.path_ = "/";
    if (!made.path_.starts_with('/')) // Boost.URL takes what is no port for a path: "http://host:port/"
        return error_code(errc::url_invalid);
    if (parsed->has_query())
        made.query_ = '?' + std::string(parsed->encoded_query());
    return made;
}

std::string url::full() const
{
    return where().scheme + "://" + host_field() + path_ + query_;
}

std::string url::text() const
{
    return where().scheme + "://" + host_field() + path_ + shown_query(query_);
}

url url::with(std::string_view target) const
{
    url made;
    made.origin_ = origin_;
    auto const query = std::min(target.find('?'), target.size());
    made.path_ = target.substr(0, query);
    made.query_ = target.substr(query);
    return made;
}

bool is_same_origin(url const& a, url const& b) noexcept
{
    return a.where() == b.where();
}

boost::system::result<url> resolve(url const& base, std::string_view location)
{
    location = trimmed(location);
    if (location.size() > location_size_max || std::ranges::any_of(location, is_control))
        return error_code(errc::url_invalid);
    location = location.substr(0, location.find('#'));
    auto const query = std::min(location.find('?'), location.size());
    auto const path = location.substr(0, query);
    std::string whole;
    if (has_scheme(location))
        whole = location;
    else if (path.starts_with("//"))
        whole = base.where().scheme + ':' + std::string(location);
    else
    {
        whole = base.where().scheme + "://" + base.host_field();
        if (path.empty())
            whole.append(base.path()).append(location.empty() ? base.query() : "");
        else if (!path.starts_with('/'))
            whole.append(base.path(), 0, base.path().rfind('/') + 1);
        whole.append(location);
    }
    auto made = url::parse(whole);
    if (!made)
        return made.error();
    made->path_ = without_dot_segments(made->path_);
    if (made->userinfo())
    {
        auto origin = std::make_shared<url::origin>(*made->origin_);
        origin->userinfo.reset();
        made->origin_ = std::move(origin);
    }
    if (made->full().size() > location_size_max)
        return error_code(errc::url_invalid);
    return made;
}

} // namespace webseed::http
