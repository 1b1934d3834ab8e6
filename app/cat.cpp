#include "byte_output.hpp"
#include "byte_span.hpp"
#include "commands.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "live_line.hpp"
#include "running.hpp"
#include "server_notes.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace webseed::app {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator&&;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr auto show_interval = std::chrono::milliseconds(200);
// What is kept in memory, unless the pieces are so long that some of them need more.
constexpr std::uint64_t kept_size = 64u << 20;
constexpr std::uint64_t kept_piece_count = 4;
// Whoever reads a file from its beginning will go on.
constexpr std::uint64_t read_ahead_first = 4u << 20;
constexpr std::size_t read_size = 256 * 1024;

// The one file that is wanted.
boost::system::result<file_index> only_file_of(metainfo const& torrent, diagnostics& cause)
{
    std::optional<file_index> found;
    std::size_t count = 0;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const& file = torrent.files()[i];
        if (file.pad || file.link || !torrent.is_wanted(file_index{i}))
            continue;
        found = file_index{i};
        ++count;
    }
    if (count == 1)
        return *found;
    cause.message = count == 0 ? "no file is selected" : std::to_string(count) + " files are selected";
    cause.message += ": name one with --select, as 'webseed show' names it";
    return errc::option_invalid;
}

// One file on its way to standard output.
class streaming
{
public:
    streaming(asio::io_context& context, download from, reader bytes, byte_span::bounds wanted, bool is_quiet)
        : download_(std::move(from))
        , reader_(std::move(bytes))
        , wanted_(wanted)
        , output_(context)
        , ticker_(context)
    {
        if (!is_quiet)
            line_.emplace(steady::now());
        if (line_ && !line_->is_terminal())
            line_.reset();
    }

    /// What ended it: no error if all was written, or nobody wants the rest.
    asio::awaitable<error_code> run()
    {
        co_await (run_download() && copy() && watch() && show_progress());
        co_return error_;
    }

    void interrupt() { end(errc::closed); }
    diagnostics cause() const { return failed_output_ ? output_cause() : download_.diagnosis(); }

private:
    asio::awaitable<void> run_download()
    {
        auto const [error] = co_await download_.async_run(use_tuple);
        end(error);
    }

    asio::awaitable<void> copy()
    {
        std::vector<std::byte> buffer(read_size);
        auto error = error_code();
        while (!error && at() != wanted_.end)
        {
            auto const size = std::min<std::uint64_t>(buffer.size(), wanted_.end - at());
            auto const into = asio::buffer(buffer.data(), static_cast<std::size_t>(size));
            auto const [failed, count] = co_await reader_.async_read_some_at(at(), into, use_tuple);
            error = failed;
            if (error)
                break;
            error = co_await output_.write(std::span<std::byte const>(buffer.data(), count));
            written_ += count;
            failed_output_ = error.failed();
        }
        if (error == boost::system::errc::broken_pipe)
            error = {}; // as whoever reads it wants no more of it
        // The download ends by itself where it is why; then it knows more.
        if (!error || failed_output_ || error == errc::storage_failed)
            end(error);
    }

    asio::awaitable<void> watch()
    {
        if (!output_.can_be_unread())
            co_return;
        co_await output_.wait_until_unread();
        end({});
    }

    asio::awaitable<void> show_progress()
    {
        auto const start = steady::now();
        while (line_ && !is_over_)
        {
            ticker_.expires_after(show_interval);
            co_await ticker_.async_wait(use_tuple);
            auto const now = steady::now();
            auto const seconds = std::chrono::duration<double>(now - start).count();
            auto const rate = static_cast<std::uint64_t>(static_cast<double>(written_) / seconds);
            auto const size = wanted_.end - wanted_.begin;
            line_->show(format_size(written_) + '/' + format_size(size) + ' ' + format_size(rate) + "/s", now);
        }
        if (line_)
            line_->clear();
    }

    std::uint64_t at() const { return wanted_.begin + written_; }

    diagnostics output_cause() const
    {
        diagnostics cause;
        cause.message = "standard output: " + error_.message();
        return cause;
    }

    // Once; all else ends by itself then.
    void end(error_code error)
    {
        if (std::exchange(is_over_, true))
            return;
        error_ = error;
        output_.stop();
        ticker_.cancel();
        download_.close();
    }

    download download_;
    reader reader_;
    byte_span::bounds wanted_;
    byte_output output_;
    asio::steady_timer ticker_;
    std::optional<live_line> line_;
    std::uint64_t written_ = 0; // bytes
    bool is_over_ = false;
    bool failed_output_ = false;
    error_code error_;
};

asio::awaitable<exit_code> cat_one(asio::io_context& context, cat_options const& options, connection_settings settings)
{
    server_notes servers(options.notes_servers);
    settings.engine.known_servers = servers.read();
    engine on(context.get_executor(), std::move(settings.engine));
    interruption signals(context);
    diagnostics cause;
    auto chosen = co_await choose(on, options.source, settings.requests, options.selection, signals, cause);
    if (!chosen)
    {
        signals.stop();
        co_return fail(chosen.error(), cause, options.output);
    }
    auto const torrent = chosen->torrent;
    auto const file = only_file_of(torrent, cause);
    if (!file)
    {
        signals.stop();
        co_return fail(file.error(), cause, options.output);
    }
    auto const wanted = options.wanted.of(torrent.files()[to_number(*file)].size);
    download_options how;
    static_cast<request_options&>(how) = std::move(settings.requests);
    how.requesters_per_seed = options.requesters_per_seed;
    how.seed_rate_max = options.seed_rate_max;
    how.more_torrent_seeds = std::move(chosen->mirrors);
    auto storage = make_memory_storage(torrent, std::max(kept_size, kept_piece_count * torrent.piece_length()));
    auto started = on.add(torrent, std::move(storage), options.mirrors, std::move(how));
    reader_options ahead;
    ahead.read_ahead_min = read_ahead_first;
    ahead.read_ahead_end = wanted.end;
    auto bytes = started.open_reader(*file, ahead).value();
    streaming task(context, std::move(started), std::move(bytes), wanted, options.output.quiet);
    signals.watch([&task] { task.interrupt(); });
    auto const error = co_await task.run();
    signals.watch({});
    servers.write(on);
    signals.stop();
    auto const told = task.cause();
    auto const status = exit_code_of(error, told);
    if (status == exit_code::interrupted)
        std::fprintf(stderr, "webseed: interrupted\n");
    else if (error)
        std::fprintf(stderr, "webseed: %s\n", printable(told.message).c_str());
    co_return status;
}

} // namespace

exit_code cat(cat_options const& options)
{
    diagnostics cause;
    if (auto const error = check_mirrors(options.mirrors, cause))
        return fail(error, cause, options.output);
    auto settings = make_settings(options.connecting, cause);
    if (!settings)
        return fail(settings.error(), cause, options.output);
    asio::io_context context{1};
    return run_to_end(context, cat_one(context, options, std::move(*settings)));
}

} // namespace webseed::app
