#include "http/seed_url.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace webseed::http {

namespace {

// Beside the names: separators, a few escapes.
constexpr std::size_t path_room = 64;

// By the value of a byte: whether it stands for itself in a URL.
constexpr auto plain = [] {
    std::array<bool, 256> known{};
    for (std::size_t i = 0; i != known.size(); ++i)
    {
        auto const c = static_cast<char>(i);
        known[i] = is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
    }
    return known;
}();

void append_element(std::string& text, std::string_view raw)
{
    auto const is_odd = [](char c) { return !plain[static_cast<unsigned char>(c)]; };
    while (!raw.empty())
    {
        auto const odd = std::ranges::find_if(raw, is_odd);
        text.append(raw.begin(), odd);
        raw.remove_prefix(static_cast<std::size_t>(odd - raw.begin()));
        if (raw.empty())
            break;
        append_escaped(text, raw.front());
        raw.remove_prefix(1);
    }
}

} // namespace

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
    target.reserve(target.size() + torrent.files()[to_number(file)].path.size() + path_room);
    auto const add = [&](std::string_view element) {
        target.append(std::exchange(separator, "/"));
        append_element(target, element);
    };
    if (torrent.is_multi_file())
        add(torrent.name());
    for (auto const element : torrent.raw_path(file))
        add(element);
    return base_.with(is_in_query ? target : target.append(query));
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
    append_element(escaped, raw);
    return escaped;
}

} // namespace webseed::http
