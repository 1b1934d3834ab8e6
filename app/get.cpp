#include "commands.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "progress.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>

namespace webseed::app {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator&&;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr auto show_interval = std::chrono::milliseconds(200);
constexpr auto json_interval = std::chrono::seconds(1);

// One source: everything that happens with it, on the program's one thread.
class get_task
{
public:
    get_task(asio::io_context& context, get_options const& options, metainfo torrent, download started)
        : options_(options)
        , torrent_(std::move(torrent))
        , download_(std::move(started))
        , ticker_(context)
    {
        if (!options_.quiet)
            view_.emplace(torrent_, steady::now());
    }

    /// Also ends when interrupted.
    asio::awaitable<error_code> run()
    {
        if (options_.json)
        {
            auto line = json_of(torrent_);
            line["v"] = 1;
            line["ev"] = "start";
            print_json(line);
        }
        auto error = co_await (run_download() && tell_events() && show_progress());
        co_return error;
    }

    void interrupt() { download_.close(); }
    diagnostics diagnosis() const { return download_.diagnosis(); }

    void finish(error_code error, exit_code status)
    {
        auto const last = download_.stats();
        auto const cause = download_.diagnosis();
        if (view_)
            view_->summarise(last, steady::now());
        if (options_.json)
        {
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
                line["path"] = to_utf8(torrent_.files()[to_number(*cause.file)].path);
            if (!cause.url.empty())
                line["url"] = to_utf8(cause.url);
            for (auto const& member : json_of(last))
                line[member.key()] = member.value();
            print_json(line);
        }
        if (status == exit_code::interrupted)
            std::fprintf(
                stderr, "webseed: interrupted with %u of %u pieces verified; the same command goes on from there\n",
                last.pieces_verified, last.pieces);
        else if (error)
            std::fprintf(stderr, "webseed: %s\n", printable(cause.message).c_str());
    }

private:
    asio::awaitable<error_code> run_download()
    {
        auto const [error] = co_await download_.async_run(use_tuple);
        is_done_ = true;
        ticker_.cancel();
        co_return error;
    }

    asio::awaitable<void> tell_events()
    {
        for (;;)
        {
            auto const [error, happened] = co_await download_.async_next_event(use_tuple);
            if (error)
                co_return;
            if (view_)
                view_->tell(torrent_, happened);
            if (options_.json)
                print_json(json_of(torrent_, happened));
        }
    }

    asio::awaitable<void> show_progress()
    {
        auto next_json = steady::now() + json_interval;
        while (!is_done_)
        {
            ticker_.expires_after(show_interval);
            co_await ticker_.async_wait(use_tuple);
            auto const now = steady::now();
            if (view_ && !is_done_)
                view_->show(download_.stats(), now);
            if (options_.json && now >= next_json)
            {
                next_json = now + json_interval;
                auto line = json_line("progress");
                for (auto const& member : json_of(download_.stats()))
                    line[member.key()] = member.value();
                print_json(line);
            }
        }
    }

    get_options const& options_;
    metainfo torrent_;
    download download_;
    asio::steady_timer ticker_;
    std::optional<progress_view> view_;
    bool is_done_ = false;
};

asio::awaitable<exit_code>
get_one(asio::io_context& context, engine& on, std::string source, get_options const& options, interruption& signals)
{
    diagnostics cause;
    asio::cancellation_signal stop;
    signals.watch([&stop] { stop.emit(asio::cancellation_type::terminal); });
    auto const [failure, loaded] = co_await load_source(on, source, cause, stop.slot());
    signals.watch({});
    if (failure)
    {
        auto const status = exit_code_of(failure, cause);
        std::fprintf(stderr, "webseed: %s\n", printable(cause.message).c_str());
        if (options.json)
        {
            auto line = json_line("done");
            line["ok"] = false;
            line["exit"] = static_cast<int>(status);
            line["error"] = failure.message();
            line["message"] = to_utf8(cause.message);
            print_json(line);
        }
        co_return status;
    }
    download_options settings;
    settings.requesters_per_seed = options.requesters_per_seed;
    auto mirrors = options.mirrors;
    mirrors.insert(mirrors.end(), loaded.mirrors.begin(), loaded.mirrors.end());
    auto const torrent = loaded.torrent.value();
    auto storage = make_file_storage(torrent, options.directory);
    auto started = on.add(torrent, std::move(storage), std::move(mirrors), settings);
    get_task task(context, options, torrent, std::move(started));
    signals.watch([&task] { task.interrupt(); });
    auto const error = co_await task.run();
    signals.watch({});
    auto const status = exit_code_of(error, task.diagnosis());
    task.finish(error, status);
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
