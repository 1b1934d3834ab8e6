// The command line.
#include "commands.hpp"

#include <webseed/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using webseed::app::exit_code;

constexpr auto source_help = "A .torrent file, - for standard input, the http URL of one, or a magnet link";

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
    get_command->add_option("-x,--per-seed", get.requesters_per_seed, "Connections to each seed")
        ->check(CLI::Range(1u, 4096u))
        ->capture_default_str();
    get_command->add_flag("--json", get.json, "One JSON object a line on standard output");
    get_command->add_flag("-q,--quiet", get.quiet, "No progress and no summary; errors still");

    webseed::app::show_options show;
    auto* const show_command =
        cli.add_subcommand("show", "Print what is in a torrent, or in a magnet link whose torrent isn't to be had");
    show_command->add_option("SOURCE", show.source, source_help)->required();
    show_command->add_flag("--json", show.json, "One JSON object");

    try
    {
        cli.parse(argc, argv);
    }
    catch (CLI::ParseError const& error)
    {
        return cli.exit(error) == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    if (get_command->parsed())
        return static_cast<int>(webseed::app::get(get));
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
