#include "http/shown_url.hpp"

#include "http/text.hpp"

#include <webseed/shown_url.hpp>

#include <algorithm>
#include <array>

namespace webseed::http {

namespace {

constexpr std::string_view scheme_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

// Whether it may be a host with a port, and not the beginning of a name and a password.
bool is_plain_authority(std::string_view text)
{
    if (text.find('@') != text.npos)
        return false;
    if (text.starts_with('['))
    {
        auto const end = text.find_first_not_of("0123456789abcdefABCDEF:.", 1);
        if (end == text.npos || text[end] != ']')
            return false;
        text.remove_prefix(end + 1);
        if (!text.empty() && text.front() != ':')
            return false;
    }
    auto const colon = text.find(':');
    return colon == text.npos ||
           (colon + 1 != text.size() && text.find_first_not_of("0123456789", colon + 1) == text.npos);
}

bool is_public_field(std::string_view name)
{
    constexpr std::array<std::string_view, 6> known{"dir", "file", "info_hash", "path", "piece", "ranges"};
    return std::ranges::any_of(known, [name](std::string_view each) { return is_word(name, each); });
}

void append_shown(std::string& shown, std::string_view field)
{
    auto const equals = field.find('=');
    if (equals == field.npos)
        shown += field.empty() ? "" : "...";
    else if (equals + 1 == field.size() || is_public_field(field.substr(0, equals)))
        shown += field;
    else
        shown.append(field.substr(0, equals + 1)).append("...");
}

} // namespace

std::string shown_query(std::string_view query)
{
    if (query.empty())
        return {};
    std::string shown = "?";
    for (std::size_t at = 1; at <= query.size();)
    {
        // What some servers take for a separator, too, may not bring in anything behind a value that is shown.
        auto const end = std::min(query.find_first_of("&;#?", at), query.size());
        append_shown(shown, query.substr(at, end - at));
        if (end != query.size())
            shown += query[end];
        at = end + 1;
    }
    return shown;
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
    auto rest = url.substr(begin);
    auto const at = rest.rfind('@');
    auto const authority = rest.substr(0, rest.find_first_of("/?#"));
    auto const is_plain = at == rest.npos || (at > authority.size() && is_plain_authority(authority));
    // With an '@' in front as well, what is behind the last one may belong to a query or a fragment.
    if (!is_plain && at > rest.find_first_of("?#") && authority.find('@') != authority.npos)
        return std::string(url.substr(0, begin)) + "...";
    if (!is_plain)
        rest.remove_prefix(at + 1);
    rest = rest.substr(0, rest.find('#'));
    auto const query = std::min(rest.find('?'), rest.size());
    return std::string(url.substr(0, begin)).append(rest.substr(0, query)) + shown_query(rest.substr(query));
}

} // namespace webseed::http

std::string webseed::shown_url(std::string_view url)
{
    return http::without_credentials(url);
}
