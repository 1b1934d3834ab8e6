// URLs of seeds, and what is sent for them. Paragraphs, with an empty line between them: a URL, then names of a path,
// which are taken for Locations, too.
#include "fuzz/exchange.hpp"
#include "http/seed_url.hpp"
#include "http/shown_url.hpp"
#include "support/torrents.hpp"
#include "torrent/disk_name.hpp"
#include "torrent/url_list.hpp"

#include <set>

namespace webseed::test {

namespace {

bool is_visible(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string unescaped(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (std::size_t i = 0; i != text.size(); ++i)
        if (text[i] != '%')
            made += text[i];
        else
        {
            require(i + 2 < text.size(), "an escape is whole");
            made += static_cast<char>(digits.find(text[i + 1]) * 16 + digits.find(text[i + 2]));
            i += 2;
        }
    return made;
}

void check_head(http::seed_url const& url, std::string const& target)
{
    auto const head = request_head_of(url.host_field(), target);
    input lines(head);
    require(lines.until("\r\n") == "GET " + target + " HTTP/1.1", "the first line asks for the target");
    require(lines.until("\r\n") == "Host: " + url.host_field(), "the second line names the host");
    auto count = 2;
    auto has_ended = false;
    while (!lines.empty())
    {
        require(!has_ended, "only the last line is empty");
        auto const line = lines.until("\r\n");
        has_ended = line.empty();
        require(has_ended || line.find(": ") != line.npos, "all other lines are fields");
        ++count;
    }
    require(has_ended, "the last line is empty");
    require(std::ranges::count(head, '\r') == count && std::ranges::count(head, '\n') == count, "one CR LF a line");
}

metainfo torrent_of_one_file(bool is_multi_file, std::vector<std::string> const& path)
{
    std::string const name = is_multi_file || path.empty() ? "root" : path.front();
    std::map<std::string, std::string> info{
        {"name", encoded(name)}, {"piece length", encoded(16)}, {"pieces", encoded(std::string(20, 'h'))}};
    if (is_multi_file)
        info["files"] = list_of({dictionary_of({{"length", encoded(1)}, {"path", list_of_strings(path)}})});
    else
        info["length"] = encoded(1);
    return metainfo::parse(bytes_of(dictionary_of({{"info", dictionary_of(info)}}))).value();
}

void check_target(http::seed_url const& url, metainfo const& torrent)
{
    constexpr auto file = file_index{0};
    auto const target = url.target_of(torrent, file);
    require(target.starts_with('/') && is_visible(target), "a target has visible bytes alone");
    require(target.find('#') == target.npos, "a target has no fragment");
    auto const whole = url.of(torrent, file).full();
    require(whole == url.where().scheme + "://" + url.host_field() + target, "of() is where target_of() is asked for");
    auto const again = http::seed_url::parse(whole);
    require(again && again->where() == url.where() && again->full() == whole, "of() is a URL of the same seed");
    check_head(url, target);

    auto const base = url.target();
    auto const query = std::min(base.find('?'), base.size());
    auto const is_in_query = query != base.size() && (base.back() == '=' || base.back() == '/');
    auto path = is_in_query ? base : base.substr(0, query);
    auto const behind = is_in_query ? std::string() : base.substr(query);
    if (!torrent.is_multi_file() && !is_in_query && !path.ends_with('/'))
    {
        require(target == base, "the URL of a single file is asked for as it is");
        return;
    }
    auto const is_value = is_in_query && base.back() == '=';
    while (path.ends_with('/'))
        path.pop_back();
    require(target.starts_with(path) && target.ends_with(behind), "the path goes between base and query, or behind it");
    input elements(std::string_view(target).substr(path.size(), target.size() - path.size() - behind.size()));
    if (!is_value)
        require(elements.until("/").empty(), "the path begins with a slash");
    auto names = torrent.raw_path(file);
    if (torrent.is_multi_file())
        names.insert(names.begin(), torrent.name());
    for (auto const name : names)
        require(unescaped(elements.until("/")) == name, "every name is there, escaped");
    require(elements.empty(), "no more names are there");
}

// What may be made of a Location can be asked for, and again leads to itself.
void check_location(http::url const& base, std::string_view location)
{
    auto const got = http::resolve(base, location);
    if (!got)
    {
        require(got.error() == errc::url_invalid || got.error() == errc::scheme_unsupported, "a refusal has a cause");
        return;
    }
    auto const whole = got->full();
    require(whole.starts_with("http://") || whole.starts_with("https://"), "a Location leads to http or https");
    require(is_visible(whole) && whole.size() <= http::location_size_max, "it has visible bytes alone, and not many");
    require(!got->userinfo(), "it has no credentials");
    require(got->path().starts_with('/') && whole.find('#') == whole.npos, "it has a path and no fragment");
    auto const segments = got->path() + '/';
    require(segments.find("/./") == segments.npos && segments.find("/../") == segments.npos, "it has no dots");
    auto const again = http::resolve(*got, whole);
    require(again && again->full() == whole && is_same_origin(*again, *got), "it leads to itself");
    auto const from_path = http::resolve(*got, got->path().starts_with("//") ? whole : got->target());
    require(from_path && from_path->full() == whole, "so does its target");
}

void check_url(std::string_view text, std::vector<std::string> const& names)
{
    auto const url = http::seed_url::parse(text);
    if (!url)
    {
        require(url.error() == errc::url_invalid || url.error() == errc::scheme_unsupported, "a refusal has a cause");
        return;
    }
    require(!url->host_field().empty() && is_visible(url->host_field()), "the Host field has visible bytes alone");
    require(url->host_field().find_first_of("/?#@") == std::string::npos, "the Host field is a host");
    require(is_visible(url->text()), "the text has visible bytes alone");
    auto const& where = url->where();
    require(!where.host.empty() && where.port != 0, "it has a place");
    require(where.scheme == "http" || where.scheme == "https", "it has a scheme that is spoken");
    auto const again = http::seed_url::parse(url->full());
    require(again && again->full() == url->full() && again->where() == where, "what was read is read the same");
    require(again->host_field() == url->host_field(), "also its Host field");
    require(http::without_credentials(url->text()) == url->text(), "its text has no credentials");

    for (auto const is_multi_file : {false, true})
    {
        auto const torrent = torrent_of_one_file(is_multi_file, names);
        if (!torrent.files().front().pad) // as a name can make it; nobody asks for those
            check_target(*url, torrent);
    }
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() < 256 && text != "." && !torrent::is_traversal(text) &&
           text.find_first_of(std::string_view("/\0", 2)) == text.npos;
}

// Nothing of what stands before the '@' gets through, whatever stands there.
void check_credentials(std::string_view text)
{
    constexpr std::string_view secret = "s3cr3t";
    for (auto const before : {"http://", "https://user:", "//"})
        for (auto const behind : {"@host/path", "@host"})
        {
            auto url = std::string(before).append(text);
            url.append(secret).append(behind);
            auto const is_inside = text.find_first_of("/?#") == text.npos && text.find(secret) == text.npos;
            if (is_inside)
                require(http::without_credentials(url).find(secret) == std::string::npos, "credentials don't leak");
        }
    auto const once = http::without_credentials(text);
    require(http::without_credentials(once) == once, "taking credentials away twice is the same");
    auto const query = std::min(text.find('?'), text.size());
    require(once.size() <= text.size() + 3 * (text.size() - query), "only a query gets anything added");
}

void check_list(std::string_view text, std::vector<std::string> const& more)
{
    auto strings = more;
    strings.insert(strings.begin(), std::string(text));
    auto const list = list_of_strings(strings);
    auto const document = torrent::bencode::document::parse(bytes_of(list)).value();
    metainfo_limits limits;
    limits.seed_count_max = 4;
    limits.seed_url_size_max = 64;
    std::vector<std::string> warnings;
    auto const urls = torrent::read_url_list("url-list", document.root(), limits, warnings);
    require(urls.size() <= limits.seed_count_max, "there are not more URLs than allowed");
    require(std::set(urls.begin(), urls.end()).size() == urls.size(), "none is there twice");
    for (auto const& url : urls)
    {
        require(url.size() <= limits.seed_url_size_max, "none is longer than allowed");
        require(std::ranges::any_of(strings, [&](auto const& s) { return s.find(url) != s.npos; }), "it was given");
        require(std::ranges::none_of(url, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }), "it's a line");
        require(http::seed_url::parse(url).error() != errc::scheme_unsupported || url[4] != ':', "it's for HTTP");
    }
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    input paragraphs(without_last_newline(text_of(bytes)));
    auto const url = paragraphs.until("\n\n");
    std::vector<std::string> all;
    std::vector<std::string> names;
    while (!paragraphs.empty() && all.size() < 8)
    {
        all.emplace_back(paragraphs.until("\n\n"));
        if (is_name(all.back()))
            names.push_back(all.back());
    }
    if (names.empty())
        names.emplace_back("file");
    check_url(url, names);
    if (auto const base = http::url::parse(url))
        for (auto const& each : all)
            check_location(*base, each);
    check_credentials(url);
    check_list(url, all);
}

} // namespace webseed::test
