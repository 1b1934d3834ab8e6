// The command line.
#include "commands.hpp"
#include "format.hpp"

#include <webseed/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using webseed::app::exit_code;

constexpr auto source_help = "A .torrent file, - for standard input, the http or https URL of one, or a magnet link";

std::uint64_t piece_length_of(std::string const& text)
{
    auto const length = webseed::app::parse_size(text);
    constexpr auto least = std::uint64_t(1) << 14;
    if (!length || !std::has_single_bit(*length) || *length < least || *length >> 30 > 1)
        throw CLI::ValidationError("--piece-length", "a power of two from 16K to 1024M");
    return *length;
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

void add_mirrors(CLI::App& command, std::vector<std::string>& mirrors)
{
    command.add_option("--mirror", mirrors, "One more web seed; may be given several times")
        ->expected(1)
        ->take_all()
        ->type_name("URL");
}

void add_no_server_notes(CLI::App& command, bool& notes)
{
    command.add_flag_callback(
        "--no-server-notes", [&notes] { notes = false; },
        "Keep no note of how quick and willing servers are, and read none");
}

void add_output(CLI::App& command, webseed::app::output_options& output, char const* quiet_help)
{
    command.add_flag("--json", output.json, "One JSON object a line on standard output");
    command.add_flag("-q,--quiet", output.quiet, quiet_help);
}

// Behind all that is special about the command.
void add_connecting(
    CLI::App& command, webseed::app::connecting_options& connecting, webseed::app::output_options& output)
{
    connecting.add_to(command);
    command.parse_complete_callback([&] { output.insecure = !connecting.tls.verify; });
}

CLI::App* add_get(CLI::App& cli, webseed::app::get_options& get)
{
    auto* const command = cli.add_subcommand("get", "Download and verify");
    command->add_option("SOURCE", get.sources, source_help)->required();
    command->add_option("-d,--dir", get.directory, "Where the files go, named as in the torrent")
        ->capture_default_str();
    add_mirrors(*command, get.mirrors);
    add_selection(*command, get.selection);
    command->add_option("-x,--per-seed", get.requesters_per_seed, "Connections to each seed at the most")
        ->check(CLI::Range(1u, 4096u))
        ->capture_default_str();
    command->add_flag("--links", get.make_links, "Make the torrent's symbolic links, those that stay inside of it");
    auto* const no_resume = command->add_flag_callback(
        "--no-resume", [&get] { get.writes_resume = get.notes_servers = false; },
        "Keep no notes of what is verified nor of servers, and read none: hash all that is there");
    command
        ->add_flag_callback(
            "--recheck", [&get] { get.reads_resume = false; },
            "Hash all that is there, whatever earlier runs have noted")
        ->excludes(no_resume);
    add_no_server_notes(*command, get.notes_servers);
    add_output(*command, get.output, "No progress and no summary; errors still");
    command->add_flag("-v,--verbose", get.output.verbose, "Tell what each seed does, or why it does nothing");
    add_connecting(*command, get.connecting, get.output);
    webseed::app::add_rate(*command, "--limit-rate-per-seed", get.seed_rate_max, "The same, of each seed");
    return command;
}

CLI::App* add_cat(CLI::App& cli, webseed::app::cat_options& cat)
{
    auto* const command =
        cli.add_subcommand("cat", "Write one file to standard output, verified, and nothing of it to the disk");
    command->add_option("SOURCE", cat.source, source_help)->required();
    add_mirrors(*command, cat.mirrors);
    add_selection(*command, cat.selection);
    command
        ->add_option_function<std::string>(
            "--range",
            [&cat](std::string const& text) {
                auto const parsed = webseed::app::byte_span::parse(text);
                if (!parsed)
                    throw CLI::ValidationError("--range", "as in 100-199, 100- or -100");
                cat.wanted = *parsed;
            },
            "Only these bytes: the first and the last, or from the first on, or the last so many")
        ->type_name("A-B");
    command->add_option("-x,--per-seed", cat.requesters_per_seed, "Connections to each seed at the most")
        ->check(CLI::Range(1u, 4096u))
        ->capture_default_str();
    add_no_server_notes(*command, cat.notes_servers);
    command->add_flag("-q,--quiet", cat.output.quiet, "No progress; errors still");
    add_connecting(*command, cat.connecting, cat.output);
    webseed::app::add_rate(*command, "--limit-rate-per-seed", cat.seed_rate_max, "The same, of each seed");
    return command;
}

CLI::App* add_show(CLI::App& cli, webseed::app::show_options& show, webseed::app::output_options& output)
{
    auto* const command =
        cli.add_subcommand("show", "Print what is in a torrent, or in a magnet link whose torrent isn't to be had");
    command->add_option("SOURCE", show.source, source_help)->required();
    command->add_flag("--json", show.json, "One JSON object");
    add_connecting(*command, show.connecting, output);
    return command;
}

CLI::App* add_check(CLI::App& cli, webseed::app::check_options& check)
{
    auto* const command = cli.add_subcommand("check", "Verify what is on the disk, and change nothing");
    command->add_option("SOURCE", check.source, source_help)->required();
    command->add_option("-d,--dir", check.directory, "Where the files are, named as in the torrent")
        ->capture_default_str();
    add_selection(*command, check.selection);
    add_output(*command, check.output, "No progress and no summary; what is wrong still");
    add_connecting(*command, check.connecting, check.output);
    return command;
}

CLI::App* add_probe(CLI::App& cli, webseed::app::probe_command& probe)
{
    auto* const command = cli.add_subcommand("probe", "Ask all seeds for some pieces, and tell what each is worth");
    command->add_option("SOURCE", probe.source, source_help)->required();
    add_mirrors(*command, probe.mirrors);
    command->add_option("--sample", probe.sample_count, "Pieces to ask each for")
        ->check(CLI::Range(1u, 1000000u))
        ->capture_default_str()
        ->type_name("COUNT");
    webseed::app::add_seconds(
        *command, "--request-timeout", {&probe.request_timeout},
        "For a request as a whole, after which a mirror is too slow; 30 unless given");
    add_output(*command, probe.output, "Nothing but what is wrong");
    add_connecting(*command, probe.connecting, probe.output);
    return command;
}

// What is wrong with the command line. What may hold a password isn't repeated: no value that has the form of a URL or
// a header, and of arguments that nobody knows, only names.
std::string message_of(CLI::Error const& error, std::span<char* const> arguments)
{
    std::string message = error.what();
    if (dynamic_cast<CLI::ConversionError const*>(&error) != nullptr)
        message = message.substr(0, message.find(" = "));
    auto const are_unknown = dynamic_cast<CLI::ExtrasError const*>(&error) != nullptr;
    std::string unknown = "not expected here:";
    for (std::string_view argument : arguments)
    {
        auto const name = argument.substr(0, argument.find('='));
        if (are_unknown && argument.starts_with('-') && message.find(argument) != message.npos)
            unknown.append(" ").append(argument.starts_with("--") ? name : argument.substr(0, 2));
        if (argument.starts_with("--"))
            argument.remove_prefix(std::min(name.size() + 1, argument.size()));
        else if (argument.starts_with('-'))
            argument.remove_prefix(std::min<std::size_t>(argument.size(), 2));
        if (argument.find_first_of(":@") == argument.npos)
            continue;
        for (auto at = message.find(argument); at != message.npos; at = message.find(argument, at))
            message.replace(at, argument.size(), "...");
    }
    if (!are_unknown)
        return message;
    return unknown.ends_with(':') ? "more arguments than expected" : unknown;
}

int run(int argc, char** argv)
{
    CLI::App cli("Downloads torrents from their web seeds and any other mirrors, and verifies every piece.", "webseed");
    cli.set_version_flag("--version", std::string(webseed::version));
    cli.require_subcommand(1);
    cli.failure_message([argc, argv](CLI::App const* app, CLI::Error const& error) {
        std::span<char* const> const arguments(argv, static_cast<std::size_t>(argc));
        return "webseed: " + message_of(error, arguments) + "\n\n" + app->help();
    });
    webseed::app::get_options get;
    auto* const get_command = add_get(cli, get);
    webseed::app::cat_options cat;
    auto* const cat_command = add_cat(cli, cat);
    webseed::app::show_options show;
    webseed::app::output_options shown;
    add_show(cli, show, shown);
    webseed::app::check_options check;
    auto* const check_command = add_check(cli, check);
    webseed::app::probe_command probe;
    auto* const probe_command = add_probe(cli, probe);
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
    if (cat_command->parsed())
        return static_cast<int>(webseed::app::cat(cat));
    if (check_command->parsed())
        return static_cast<int>(webseed::app::check(check));
    if (probe_command->parsed())
        return static_cast<int>(webseed::app::probe(probe));
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
