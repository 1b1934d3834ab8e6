#include "http/seed_url.hpp"

#include "http/text.hpp"

#include <utility>

namespace webseed::http {

boost::system::result<seed_url> seed_url::parse(std::string_view text)
{
    auto parsed = url::parse(text);
    if (!parsed)
        return parsed.error();
    return seed_url(std::move(*parsed));
}

url seed_url::of(metainfo const& torrent, file_index file) const
{
    auto const& query = base_.query();
    auto const is_in_query = query.ends_with('=') || query.ends_with('/');
    auto target = is_in_query ? base_.target() : base_.path();
    auto const is_directory = target.ends_with('/');
    if (!torrent.is_multi_file() && !is_directory && !is_in_query)
        return base_;
    while (target.ends_with('/'))
        target.pop_back();
    auto const* separator = is_in_query && !is_directory ? "" : "/";
    auto elements = torrent.raw_path(file);
    if (torrent.is_multi_file())
        elements.insert(elements.begin(), torrent.name());
    for (auto const element : elements)
        target.append(std::exchange(separator, "/")).append(escape_element(element));
    return base_.with(is_in_query ? target : target + query);
}

url seed_url::of(script_query const& asked) const
{
    auto target = base_.target();
    auto const& query = base_.query();
    if (query.empty())
        target += '?';
    else if (query != "?" && !query.ends_with('&'))
        target += '&';
    std::string_view const infohash(reinterpret_cast<char const*>(asked.infohash.data()), asked.infohash.size());
    target.append("info_hash=").append(escape_element(infohash));
    target.append("&piece=").append(std::to_string(to_number(asked.piece)));
    if (asked.part.size != asked.piece_size && !asked.is_whole)
        target.append("&ranges=")
            .append(std::to_string(asked.part.offset))
            .append("-")
            .append(std::to_string(asked.part.end() - 1));
    return base_.with(target);
}

std::string escape_element(std::string_view raw)
{
    std::string escaped;
    escaped.reserve(raw.size());
    for (auto const c : raw)
        if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~')
            escaped += c;
        else
            append_escaped(escaped, c);
    return escaped;
}

} // namespace webseed::http
