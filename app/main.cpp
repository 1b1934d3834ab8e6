// The command line.
#include "commands.hpp"

#include <webseed/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <bit>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

namespace {

using webseed::app::exit_code;

constexpr auto source_help = "A .torrent file, - for standard input, the http URL of one, or a magnet link";

// Reads 262144, 256K or 1M.
std::uint64_t piece_length_of(std::string text)
{
    unsigned shift = 0;
    if (!text.empty() && (text.back() == 'K' || text.back() == 'k'))
        shift = 10;
    if (!text.empty() && (text.back() == 'M' || text.back() == 'm'))
        shift = 20;
    if (shift != 0)
        text.pop_back();
    std::uint64_t number = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    constexpr auto least = std::uint64_t(1) << 14;
    bool const is_number = failed == std::errc() && end == text.data() + text.size() && number >> 40 == 0;
    number <<= shift;
    if (!is_number || !std::has_single_bit(number) || number < least || number >> 30 > 1)
        throw CLI::ValidationError("--piece-length", "a power of two from 16K to 1024M");
    return number;
}

CLI::App* add_make(CLI::App& cli, webseed::app::make_command& make)
{
    auto* const command = cli.add_subcommand("make", "Make a torrent of a file or directory");
    command->add_option("PATH", make.path, "The file or directory")->required();
    command->add_option("-o,--output", make.output, "The torrent, or - for standard output; NAME.torrent unless given");
    command->add_option("-w,--web-seed", make.options.web_seeds, "A URL that serves it; may be given several times")
        ->expected(1)
        ->take_all();
    auto const add_format = [&](char const* name, webseed::torrent_format format, char const* help) {
        return command->add_flag_callback(
            name, [&make, format] { make.options.format = format; }, help);
    };
    using webseed::torrent_format;
    auto* const v1 = add_format("--v1", torrent_format::v1, "BitTorrent v1, which every client reads; the default");
    auto* const v2 = add_format("--v2", torrent_format::v2, "BitTorrent v2 alone (BEP 52)");
    auto* const hybrid = add_format(
        "--hybrid", torrent_format::hybrid,
        "Both; clients that don't know pad files (BEP 47) fail to download several files");
    v1->excludes(v2)->excludes(hybrid);
    v2->excludes(hybrid);
    command->add_option_function<std::string>(
        "--piece-length", [&make](std::string const& text) { make.options.piece_length = piece_length_of(text); },
        "In bytes, or as 256K or 1M; chosen by the size unless given");
    command->add_flag("--private", make.options.is_private, "Ask clients to find peers at trackers alone");
    command->add_option("--comment", make.options.comment, "A text for people");
    command->add_option("--name", make.options.name, "What the file or directory is called, if not as on the disk");
    command->add_flag("--force", make.force, "Replace a torrent that is there already");
    command->add_flag("--json", make.json, "One JSON object a line on standard output");
    command->add_flag("-q,--quiet", make.quiet, "No progress and no summary; errors still");
    return command;
}

void add_selection(CLI::App& command, std::vector<std::string>& wanted)
{
    command
        .add_option(
            "-s,--select", wanted,
            "Only these files: indices as shown, as in 0,3-5, or a pattern, as in '*.txt'; may be given several times")
        ->expected(1)
        ->take_all();
}

int run(int argc, char** argv)
{
    CLI::App cli("Downloads torrents from their web seeds and any other mirrors, and verifies every piece.", "webseed");
    cli.set_version_flag("--version", std::string(webseed::version));
    cli.require_subcommand(1);
    cli.failure_message(CLI::FailureMessage::help);

    webseed::app::get_options get;
    auto* const get_command = cli.add_subcommand("get", "Download and verify");
    get_command->add_option("SOURCE", get.sources, source_help)->required();
    get_command->add_option("-d,--dir", get.directory, "Where the files go, named as in the torrent")
        ->capture_default_str();
    get_command->add_option("--mirror", get.mirrors, "One more web seed; may be given several times")
        ->expected(1)
        ->take_all();
    add_selection(*get_command, get.selection);
    get_command->add_option("-x,--per-seed", get.requesters_per_seed, "Connections to each seed")
        ->check(CLI::Range(1u, 4096u))
        ->capture_default_str();
    get_command->add_flag("--links", get.make_links, "Make the torrent's symbolic links, those that stay inside of it");
    get_command->add_flag("--json", get.json, "One JSON object a line on standard output");
    get_command->add_flag("-q,--quiet", get.quiet, "No progress and no summary; errors still");

    webseed::app::show_options show;
    auto* const show_command =
        cli.add_subcommand("show", "Print what is in a torrent, or in a magnet link whose torrent isn't to be had");
    show_command->add_option("SOURCE", show.source, source_help)->required();
    show_command->add_flag("--json", show.json, "One JSON object");

    webseed::app::check_options check;
    auto* const check_command = cli.add_subcommand("check", "Verify what is on the disk, and change nothing");
    check_command->add_option("SOURCE", check.source, source_help)->required();
    check_command->add_option("-d,--dir", check.directory, "Where the files are, named as in the torrent")
        ->capture_default_str();
    add_selection(*check_command, check.selection);
    check_command->add_flag("--json", check.json, "One JSON object a line on standard output");
    check_command->add_flag("-q,--quiet", check.quiet, "No progress and no summary; what is wrong still");

    webseed::app::make_command make;
    auto* const make_command = add_make(cli, make);

    try
    {
        cli.parse(argc, argv);
        if (make.json && make.output == "-")
            throw CLI::ValidationError("--json", "the torrent goes to standard output");
    }
    catch (CLI::ParseError const& error)
    {
        return cli.exit(error) == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    if (get_command->parsed())
        return static_cast<int>(webseed::app::get(get));
    if (check_command->parsed())
        return static_cast<int>(webseed::app::check(check));
    if (make_command->parsed())
        return static_cast<int>(webseed::app::make(make));
    return static_cast<int>(webseed::app::show(show));
}

} // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN); // a reader of our output that leaves is no reason to stop downloading
    try
    {
        return run(argc, argv);
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "webseed: unexpected: %s\n", error.what());
        return static_cast<int>(exit_code::other);
    }
}
