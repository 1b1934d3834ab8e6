#include "commands.hpp"
#include "download_task.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "selection.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>

namespace webseed::app {

namespace asio = boost::asio;

namespace {

void print_done(metainfo const& torrent, error_code error, exit_code status, download const& ended)
{
    auto const cause = ended.diagnosis();
    auto line = json_line("done");
    line["ok"] = !error;
    line["exit"] = static_cast<int>(status);
    if (error)
    {
        line["error"] = error.message();
        line["message"] = to_utf8(cause.message);
    }
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

asio::awaitable<exit_code>
get_one(asio::io_context& context, engine& on, std::string source, get_options const& options, interruption& signals)
{
    diagnostics cause;
    asio::cancellation_signal stop;
    signals.watch([&stop] { stop.emit(asio::cancellation_type::terminal); });
    auto const [failure, loaded] = co_await load_source(on, source, cause, stop.slot());
    signals.watch({});
    if (failure)
        co_return fail(failure, cause, {options.json, options.quiet});
    auto const chosen = select_files(loaded, options.selection, cause);
    if (!chosen)
        co_return fail(chosen.error(), cause, {options.json, options.quiet});
    download_options settings;
    settings.requesters_per_seed = options.requesters_per_seed;
    auto mirrors = options.mirrors;
    mirrors.insert(mirrors.end(), loaded.mirrors.begin(), loaded.mirrors.end());
    auto const torrent = *chosen;
    file_storage_options how;
    how.make_links = options.make_links;
    auto storage = make_file_storage(torrent, options.directory, how);
    auto started = on.add(torrent, std::move(storage), std::move(mirrors), settings);
    download_task task(context, {options.json, options.quiet}, torrent, std::move(started));
    signals.watch([&task] { task.interrupt(); });
    auto const error = co_await task.run();
    signals.watch({});
    auto const told = task.result().diagnosis();
    auto const last = task.result().stats();
    auto const status = exit_code_of(error, told);
    task.summarise();
    if (options.json)
        print_done(torrent, error, status, task.result());
    if (status == exit_code::interrupted)
        std::fprintf(
            stderr, "webseed: interrupted with %u of %u pieces verified; the same command goes on from there\n",
            last.pieces_verified, last.pieces);
    else if (error)
        std::fprintf(stderr, "webseed: %s\n", printable(told.message).c_str());
    co_return status;
}

asio::awaitable<exit_code> get_all(asio::io_context& context, get_options const& options)
{
    engine on(context.get_executor());
    interruption signals(context);
    auto first_failure = exit_code::ok;
    for (auto const& source : options.sources)
    {
        if (signals.has_come())
            break;
        auto const status = co_await get_one(context, on, source, options, signals);
        if (first_failure == exit_code::ok)
            first_failure = status;
    }
    signals.stop();
    co_return first_failure;
}

} // namespace

exit_code get(get_options const& options)
{
    asio::io_context context{1};
    auto status = exit_code::other;
    std::exception_ptr failure;
    auto const done = [&](std::exception_ptr thrown, exit_code result) {
        failure = thrown;
        status = result;
    };
    asio::co_spawn(context, get_all(context, options), done);
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return status;
}

} // namespace webseed::app
