#include "commands.hpp"
#include "format.hpp"
#include "json_output.hpp"
#include "source.hpp"

#include <cstdio>

namespace webseed::app {

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
    print_line("size", format_size(torrent.total_size()) + " (" + std::to_string(torrent.total_size()) + " bytes)");
    print_line("pieces", std::to_string(torrent.piece_count()) + " of " + format_size(torrent.piece_length()));
    for (auto const& url : torrent.web_seeds())
        print_line("web seed", printable(url));
    for (auto const& warning : torrent.warnings())
        print_line("warning", printable(warning));
    std::size_t index = 0;
    for (auto const& file : torrent.files())
    {
        auto const number = "file " + std::to_string(index++);
        auto const name = file.pad ? std::string("(padding)") : printable(file.path);
        print_line(number.c_str(), name + "  " + format_size(file.size));
    }
}

} // namespace

exit_code show(show_options const& options)
{
    diagnostics cause;
    auto const torrent = load_source(options.source, cause);
    if (!torrent)
    {
        std::fprintf(stderr, "webseed: %s\n", printable(cause.message).c_str());
        return exit_code_of(torrent.error());
    }
    if (options.json)
        print_json(json_of(*torrent));
    else
        print(*torrent);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
        return exit_code::ok;
    std::fprintf(stderr, "webseed: standard output can't be written\n");
    return exit_code::file_io;
}

} // namespace webseed::app
