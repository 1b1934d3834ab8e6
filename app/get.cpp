#include "commands.hpp"
#include "download_task.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "resume_place.hpp"
#include "running.hpp"
#include "server_notes.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

void print_done(metainfo const& torrent, error_code error, exit_code status, download const& ended)
{
    auto const cause = ended.diagnosis();
    auto line = done_line(error, status, cause);
    if (cause.piece)
        line["piece"] = to_number(*cause.piece);
    if (cause.file)
        line["path"] = to_utf8(torrent.files()[to_number(*cause.file)].path);
    if (!cause.url.empty())
        line["url"] = to_utf8(cause.url);
    for (auto const& member : json_of(ended.stats()))
        line[member.key()] = member.value();
    print_json(line);
}

// Whether what is missing is so because of the seeds.
bool is_for_seeds(exit_code status)
{
    return status != exit_code::ok && status != exit_code::interrupted && status != exit_code::disk_full &&
           status != exit_code::file_io;
}

asio::awaitable<exit_code> get_one(
    asio::io_context& context, engine& on, std::string source, get_options const& options, request_options requests,
    interruption& signals)
{
    diagnostics cause;
    auto chosen = co_await choose(on, source, requests, options.selection, signals, cause);
    if (!chosen)
        co_return fail(chosen.error(), cause, options.output);
    download_options settings;
    static_cast<request_options&>(settings) = std::move(requests);
    settings.requesters_per_seed = options.requesters_per_seed;
    settings.seed_rate_max = options.seed_rate_max;
    settings.more_torrent_seeds = std::move(chosen->mirrors);
    auto const torrent = chosen->torrent;
    if (options.output.json)
        settings.event_count_max += torrent.files().size(); // many may be whole at once
    file_storage_options how;
    how.make_links = options.make_links;
    how.recheck = !options.reads_resume;
    if (options.writes_resume)
        how.resume_file = resume_file_of(torrent, options.directory);
    auto storage = make_file_storage(torrent, options.directory, std::move(how));
    auto started = on.add(torrent, std::move(storage), options.mirrors, std::move(settings));
    download_task task(context, options.output, torrent, std::move(started));
    signals.watch([&task] { task.interrupt(); });
    auto const error = co_await task.run();
    if (is_for_seeds(exit_code_of(error, task.result().diagnosis())))
        co_await task.tell_missing();
    signals.watch({});
    auto const told = task.result().diagnosis();
    auto const last = task.result().stats();
    auto const status = exit_code_of(error, told);
    task.summarise();
    if (options.output.json)
        print_done(torrent, error, status, task.result());
    if (status == exit_code::interrupted)
        std::fprintf(
            stderr, "webseed: interrupted with %u of %u pieces verified; the same command goes on from there\n",
            last.pieces_verified, last.pieces);
    else if (error)
        std::fprintf(stderr, "webseed: %s\n", printable(told.message).c_str());
    co_return status;
}

asio::awaitable<exit_code> get_all(asio::io_context& context, get_options const& options, connection_settings settings)
{
    server_notes servers(options.notes_servers);
    settings.engine.known_servers = servers.read();
    engine on(context.get_executor(), std::move(settings.engine));
    interruption signals(context);
    auto told = exit_code::ok; // the first failure; but that it was interrupted says more than any
    for (auto const& source : options.sources)
    {
        if (signals.has_come())
        {
            diagnostics cause;
            cause.message = source + ": interrupted before it was begun";
            told = fail(boost::asio::error::operation_aborted, cause, options.output);
            break;
        }
        auto const status = co_await get_one(context, on, source, options, settings.requests, signals);
        if (told == exit_code::ok || status == exit_code::interrupted)
            told = status;
        if (status == exit_code::interrupted)
            break; // it has been said
    }
    servers.write(on);
    signals.stop();
    co_return told == exit_code::ok ? flush_output(told) : told;
}

} // namespace

exit_code get(get_options const& options)
{
    diagnostics cause;
    if (auto const error = check_mirrors(options.mirrors, cause))
        return fail(error, cause, options.output);
    auto settings = make_settings(options.connecting, cause);
    if (!settings)
        return fail(settings.error(), cause, options.output);
    asio::io_context context{1};
    return run_to_end(context, get_all(context, options, std::move(*settings)));
}

} // namespace webseed::app
