#include "http/seed_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <utility>

namespace webseed::http {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void append_escaped(std::string& text, char c)
{
    auto const byte = static_cast<unsigned char>(c);
    text += '%';
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
}

// Makes a URL of what people write: escapes the bytes that can't stand in one, and a '%' that begins no escape.
std::string repair(std::string_view text)
{
    constexpr std::string_view never = " <>\"{}|\\^`";
    auto const authority = text.find("://");
    auto const path = authority == text.npos ? text.npos : text.find_first_of("/?", authority + 3);
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        auto const c = text[i];
        auto const begins_escape = i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        auto const brackets = i >= path && (c == '[' || c == ']'); // they stand around IPv6 addresses only
        if (static_cast<unsigned char>(c) >= 0x7f || never.find(c) != never.npos || brackets ||
            (c == '%' && !begins_escape))
            append_escaped(repaired, c);
        else
            repaired += c;
    }
    return repaired;
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_host_name(std::string_view host)
{
    return !host.empty() && host.size() <= 253 &&
           std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

constexpr std::string_view scheme_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

// Whether it may be a host with a port, and not the beginning of a name and a password.
bool is_plain_authority(std::string_view text)
{
    if (text.starts_with('['))
        text.remove_prefix(std::min(text.find(']'), text.size()));
    auto const colon = text.find(':');
    return text.find('@') == text.npos &&
           (colon == text.npos ||
            (colon + 1 != text.size() && text.find_first_not_of("0123456789", colon + 1) == text.npos));
}

std::string to_lower(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(
        lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return lower;
}

} // namespace

boost::system::result<seed_url> seed_url::parse(std::string_view text)
{
    if (std::ranges::any_of(text, is_control))
        return error_code(errc::url_invalid);
    text = text.substr(0, text.find('#'));
    // Not absolute; and Boost.URL 1.81 fails an assertion of its own over one byte behind a scheme, as in "a:]".
    if (text.find("://") == text.npos)
        return error_code(errc::url_invalid);
    auto const repaired = repair(text);
    auto const parsed = boost::urls::parse_uri(repaired);
    if (!parsed || !parsed->has_authority() || parsed->has_userinfo())
        return error_code(errc::url_invalid);
    if (parsed->scheme_id() != boost::urls::scheme::http)
        return error_code(errc::scheme_unsupported);

    seed_url url;
    url.where_.scheme = "http";
    url.where_.host = to_lower(std::string(parsed->host_address()));
    if (parsed->host_type() == boost::urls::host_type::ipvfuture ||
        (parsed->host_type() == boost::urls::host_type::name && !is_host_name(url.where_.host)))
        return error_code(errc::url_invalid);
    url.where_.port = 80;
    if (!parsed->port().empty())
    {
        url.where_.port = parsed->port_number(); // 0 also if there is no such port
        if (url.where_.port == 0)
            return error_code(errc::url_invalid);
    }
    // A name without its escapes, which it needs none of; an IPv6 address with its brackets.
    url.host_field_ = url.where_.host;
    if (parsed->host_type() == boost::urls::host_type::ipv6)
        url.host_field_ = '[' + url.host_field_ + ']';
    if (url.where_.port != 80)
        url.host_field_ += ':' + std::to_string(url.where_.port);
    url.path_ = std::string(parsed->encoded_path());
    if (url.path_.empty())
        url.path_ = "/";
    if (!url.path_.starts_with('/')) // Boost.URL takes what is no port for a path: "http://host:port/"
        return error_code(errc::url_invalid);
    if (parsed->has_query())
        url.query_ = '?' + std::string(parsed->encoded_query());
    url.text_ = "http://" + url.host_field_ + url.path_ + url.query_;
    return url;
}

std::string seed_url::target_of(metainfo const& torrent, file_index file) const
{
    auto const is_in_query = query_.ends_with('=') || query_.ends_with('/');
    auto base = is_in_query ? path_ + query_ : path_;
    auto const is_directory = base.ends_with('/');
    while (base.ends_with('/'))
        base.pop_back();
    if (!torrent.is_multi_file() && !is_directory && !is_in_query)
        return base + query_;
    auto const* separator = is_in_query && !is_directory ? "" : "/";
    auto elements = torrent.raw_path(file);
    if (torrent.is_multi_file())
        elements.insert(elements.begin(), torrent.name());
    for (auto const element : elements)
        base.append(std::exchange(separator, "/")).append(escape_element(element));
    return is_in_query ? base : base + query_;
}

std::string seed_url::url_of(metainfo const& torrent, file_index file) const
{
    return "http://" + host_field_ + target_of(torrent, file);
}

std::string seed_url::target_of(script_query const& asked) const
{
    auto target = path_ + query_;
    if (query_.empty())
        target += '?';
    else if (query_ != "?" && !query_.ends_with('&'))
        target += '&';
    std::string_view const infohash(reinterpret_cast<char const*>(asked.infohash.data()), asked.infohash.size());
    target.append("info_hash=").append(escape_element(infohash));
    target.append("&piece=").append(std::to_string(to_number(asked.piece)));
    if (asked.part.size != asked.piece_size)
        target.append("&ranges=")
            .append(std::to_string(asked.part.offset))
            .append("-")
            .append(std::to_string(asked.part.end() - 1));
    return target;
}

std::string seed_url::url_of(script_query const& asked) const
{
    return "http://" + host_field_ + target_of(asked);
}

std::string without_credentials(std::string_view url)
{
    // A scheme is one only before a slash: "me:secret@host" has none. One slash will do, as it does for browsers.
    auto begin = std::min(url.find_first_not_of(scheme_letters), url.size());
    if (url.substr(begin).starts_with(":/"))
        ++begin;
    else
        begin = 0;
    begin = std::min(url.find_first_not_of('/', begin), url.size());
    auto const rest = url.substr(begin);
    auto const at = rest.rfind('@');
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    if (at == rest.npos || (at > authority.size() && is_plain_authority(authority)))
        return std::string(url);
    return std::string(url.substr(0, begin)).append(rest.substr(at + 1));
}

std::string escape_element(std::string_view raw)
{
    std::string escaped;
    escaped.reserve(raw.size());
    for (auto const c : raw)
        if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~')
            escaped += c;
        else
            append_escaped(escaped, c);
    return escaped;
}

} // namespace webseed::http
