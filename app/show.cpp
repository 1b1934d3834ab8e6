#include "commands.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "json_output.hpp"
#include "running.hpp"
#include "source.hpp"

#include <webseed/shown_url.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <optional>
#include <tuple>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

void print_line(char const* label, std::string const& text)
{
    std::printf("%-13s %s\n", label, text.c_str());
}

void print(metainfo const& torrent)
{
    print_line("name", printable(torrent.name()));
    if (torrent.infohash_v1())
        print_line("infohash v1", to_hex(*torrent.infohash_v1()));
    if (torrent.infohash_v2())
        print_line("infohash v2", to_hex(*torrent.infohash_v2()));
    print_line("format", !torrent.infohash_v2() ? "v1" : torrent.infohash_v1() ? "hybrid of v1 and v2" : "v2");
    print_line("size", format_size(torrent.total_size()) + " (" + std::to_string(torrent.total_size()) + " bytes)");
    print_line("pieces", std::to_string(torrent.piece_count()) + " of " + format_size(torrent.piece_length()));
    for (auto const& url : torrent.web_seeds())
        print_line("web seed", printable(shown_url(url)));
    for (auto const& url : torrent.http_seeds())
        print_line("HTTP seed", printable(shown_url(url)));
    if (torrent.is_private())
        print_line("private", "yes");
    if (!torrent.comment().empty())
        print_line("comment", printable(torrent.comment()));
    if (!torrent.created_by().empty())
        print_line("created by", printable(torrent.created_by()));
    if (torrent.creation_date())
        print_line("created at", format_date(*torrent.creation_date()));
    for (auto const& warning : torrent.warnings())
        print_line("warning", printable(warning));
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const& file = torrent.files()[i];
        auto line = (file.pad ? "(padding)" : printable(file.path)) + "  " + format_size(file.size);
        if (file.executable)
            line += ", executable";
        if (file.hidden)
            line += ", hidden";
        auto const target = torrent.link_target(file_index{i});
        if (file.link)
            line += target.empty() ? ", a link to nowhere" : ", a link to " + printable(target);
        print_line(("file " + std::to_string(i)).c_str(), line);
    }
}

void print(magnet_link const& link)
{
    if (!link.name.empty())
        print_line("name", printable(link.name));
    if (link.infohash_v1)
        print_line("infohash v1", to_hex(*link.infohash_v1));
    if (link.infohash_v2)
        print_line("infohash v2", to_hex(*link.infohash_v2));
    if (link.size)
        print_line("size", format_size(*link.size) + " (" + std::to_string(*link.size) + " bytes)");
    for (auto const& url : link.exact_sources)
        print_line("torrent at", printable(shown_url(url)));
    for (auto const& url : link.acceptable_sources)
        print_line("perhaps at", printable(shown_url(url)));
    for (auto const& url : link.web_seeds)
        print_line("web seed", printable(shown_url(url)));
    for (auto const range : link.selection)
        print_line("selects file", std::to_string(range.first) + " to " + std::to_string(range.end - 1));
    for (auto const& warning : link.warnings)
        print_line("warning", printable(warning));
}

void print(loaded_torrent const& loaded)
{
    print(*loaded.torrent);
    for (auto const& url : loaded.mirrors)
        print_line("mirror", printable(shown_url(url)));
    for (auto const range : loaded.selection)
        print_line("selects file", std::to_string(range.first) + " to " + std::to_string(range.end - 1));
    for (auto const& warning : loaded.warnings)
        print_line("warning", printable(warning));
}

exit_code print(loaded_torrent const& shown, bool as_json)
{
    if (as_json)
        print_json(json_of(shown), *shown.torrent);
    else
        print(shown);
    return flush_output(exit_code::ok);
}

exit_code print(magnet_link const& shown, bool as_json)
{
    if (as_json)
        print_json(json_of(shown));
    else
        print(shown);
    return flush_output(exit_code::ok);
}

// Runs until the source has been read or fetched.
std::tuple<error_code, loaded_torrent> load(show_options const& options, diagnostics& cause)
{
    auto settings = make_settings(options.connecting, cause);
    if (!settings)
        return {settings.error(), {}};
    asio::io_context context{1};
    engine on(context.get_executor(), std::move(settings->engine));
    return run_to_end(context, load_source(on, options.source, std::move(settings->requests), cause));
}

} // namespace

exit_code show(show_options const& options)
{
    diagnostics cause;
    std::optional<magnet_link> link;
    if (is_magnet(options.source))
    {
        auto parsed = magnet_link::parse(options.source, {}, &cause);
        if (!parsed)
            return fail(parsed.error(), cause, {});
        if (parsed->exact_sources.empty() && parsed->acceptable_sources.empty())
            return print(*parsed, options.json);
        link = std::move(*parsed);
    }
    auto const [error, loaded] = load(options, cause);
    if (!error)
        return print(loaded, options.json);
    if (link)
        print(*link, options.json);
    return fail(error, cause, {});
}

} // namespace webseed::app
