#include "commands.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "interruption.hpp"
#include "json_output.hpp"
#include "live_line.hpp"
#include "probe_table.hpp"
#include "running.hpp"
#include "source.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <optional>
#include <span>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto show_interval = std::chrono::milliseconds(200);
constexpr std::size_t parallel_count_max = 16;

struct mirror
{
    std::string url;
    bool is_named_by_user = false;
    bool is_script = false;
    asio::cancellation_signal stop{};
    bool is_running = false;
    std::optional<probe_report> report{};
};

// A deque: nothing in it moves.
using mirrors = std::deque<mirror>;

// The user's first: what is also in the torrent is the user's.
mirrors mirrors_of(chosen_torrent const& chosen, std::vector<std::string> const& named)
{
    mirrors all;
    auto const add = [&all](std::span<std::string const> urls, bool is_named_by_user, bool is_script) {
        for (auto const& url : urls)
        {
            auto const is_known = std::ranges::any_of(all, [&](mirror const& known) { return known.url == url; });
            if (is_known)
                continue;
            auto& added = all.emplace_back();
            added.url = url;
            added.is_named_by_user = is_named_by_user;
            added.is_script = is_script;
        }
    };
    add(named, true, false);
    add(chosen.torrent.web_seeds(), false, false);
    add(chosen.torrent.http_seeds(), false, true);
    add(chosen.mirrors, false, false);
    return all;
}

boost::json::value json_if_known(std::optional<bool> is_so)
{
    return is_so ? boost::json::value(*is_so) : boost::json::value();
}

void print_report(probe_report const& report, mirror const& probed)
{
    auto line = json_line("mirror");
    line["ok"] = !report.error;
    line["verdict"] = verdict_of(report);
    line["url"] = to_utf8(report.url);
    line["named_by_user"] = probed.is_named_by_user;
    line["script"] = probed.is_script;
    if (report.error)
    {
        line["error"] = report.error.message();
        line["message"] = to_utf8(report.cause.message);
        line["exit"] = static_cast<int>(exit_code_of(report.error, report.cause));
        if (report.cause.http_status != 0)
            line["status"] = report.cause.http_status;
    }
    line["final_url"] = to_utf8(report.final_url);
    line["redirects"] = report.redirects;
    line["reachable"] = report.is_reachable;
    line["address"] = report.address;
    line["tls"] = report.tls;
    line["ranges"] = json_if_known(report.has_ranges);
    line["right_size"] = json_if_known(report.has_right_size);
    line["first_byte_ms"] = std::chrono::ceil<std::chrono::milliseconds>(report.first_byte_time).count();
    line["bytes_received"] = report.bytes_received;
    line["bytes_per_second"] = rate_of(report);
    line["requests"] = report.requests;
    line["pieces_asked"] = report.pieces_asked;
    line["pieces_right"] = report.pieces_right;
    line["pieces_wrong"] = report.pieces_wrong;
    line["files_missing"] = report.files_missing;
    print_json(line);
}

// Everything that happens, on the program's one thread.
class probe_task
{
public:
    probe_task(asio::io_context& context, engine& on, metainfo torrent, mirrors& all, probe_options how, bool as_json)
        : on_(on)
        , torrent_(std::move(torrent))
        , mirrors_(all)
        , how_(std::move(how))
        , as_json_(as_json)
        , ticker_(context)
    {}

    /// Completes when all have been asked, or those have ended that were when it was interrupted.
    asio::awaitable<void> run(live_line* line)
    {
        start_more();
        while (running_count_ != 0)
        {
            if (line)
                line->show(progress(), steady::now());
            ticker_.expires_after(show_interval);
            co_await ticker_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (line)
            line->clear();
    }

    void interrupt()
    {
        is_interrupted_ = true;
        for (auto& each : mirrors_)
            if (each.is_running)
                each.stop.emit(asio::cancellation_type::terminal);
    }

private:
    void start_more()
    {
        for (; !is_interrupted_ && next_ != mirrors_.size() && running_count_ != parallel_count_max; ++next_)
            start(mirrors_[next_]);
    }

    void start(mirror& probed)
    {
        auto how = how_;
        how.is_named_by_user = probed.is_named_by_user;
        how.is_script = probed.is_script;
        auto done = [this, &probed](error_code error, probe_report report) {
            report.error = error;
            end(probed, std::move(report));
        };
        probed.is_running = true;
        ++running_count_;
        on_.async_probe(
            torrent_, probed.url, std::move(how), asio::bind_cancellation_slot(probed.stop.slot(), std::move(done)));
    }

    void end(mirror& probed, probe_report report)
    {
        probed.is_running = false;
        --running_count_;
        if (report.error != asio::error::operation_aborted)
        {
            if (as_json_)
                print_report(report, probed);
            probed.report = std::move(report);
        }
        start_more();
        if (running_count_ == 0)
            ticker_.cancel();
    }

    std::string progress() const
    {
        auto const ended = std::ranges::count_if(mirrors_, [](mirror const& each) { return each.report.has_value(); });
        return "probed " + std::to_string(ended) + " of " + std::to_string(mirrors_.size());
    }

    engine& on_;
    metainfo torrent_;
    mirrors& mirrors_;
    probe_options how_;
    bool as_json_;
    asio::steady_timer ticker_;
    std::size_t next_ = 0;
    std::size_t running_count_ = 0;
    bool is_interrupted_ = false;
};

void print_table(std::vector<probe_report> const& reports, bool quiet)
{
    if (!quiet)
        for (auto const& line : table_of(reports))
            std::printf("%s\n", line.c_str());
    for (auto const& report : reports)
        if (report.error)
            std::printf("%s\n", problem_of(report).c_str());
}

exit_code conclude(mirrors const& all, output_options output)
{
    std::vector<probe_report> reports;
    for (auto const& each : all)
        if (each.report)
            reports.push_back(*each.report);
    auto const good = std::ranges::count_if(reports, [](probe_report const& each) { return !each.error; });
    auto const bad = std::ranges::find_if(reports, [](probe_report const& each) { return each.error.failed(); });
    error_code error;
    diagnostics cause;
    if (bad != reports.end())
    {
        error = bad->error;
        cause = bad->cause;
    }
    if (reports.size() != all.size())
    {
        error = asio::error::operation_aborted;
        cause = {};
        cause.message =
            "interrupted with " + std::to_string(reports.size()) + " of " + std::to_string(all.size()) + " probed";
        std::fprintf(stderr, "webseed: %s\n", cause.message.c_str());
    }
    auto const status = exit_code_of(error, cause);
    if (!output.json)
        print_table(reports, output.quiet);
    else
    {
        auto line = done_line(error, status, cause);
        line["mirrors"] = all.size();
        line["good"] = good;
        line["bad"] = reports.size() - static_cast<std::size_t>(good);
        print_json(line);
    }
    return flush_output(status);
}

asio::awaitable<exit_code>
run_probe(asio::io_context& context, probe_command const& command, connection_settings settings)
{
    engine on(context.get_executor(), std::move(settings.engine));
    interruption signals(context);
    diagnostics cause;
    std::vector<std::string> const everything;
    auto const chosen = co_await choose(on, command.source, settings.requests, everything, signals, cause);
    if (!chosen)
        co_return fail(chosen.error(), cause, command.output);
    auto all = mirrors_of(*chosen, command.mirrors);
    if (all.empty())
    {
        cause.message = "the torrent names no web seeds, and no --mirror is given";
        co_return fail(errc::no_seeds, cause, command.output);
    }
    if (command.output.json)
    {
        auto line = json_of(chosen->torrent);
        line["v"] = 1;
        line["ev"] = "start";
        if (command.output.insecure)
            line["insecure"] = true;
        print_json(line);
    }
    probe_options how;
    static_cast<request_options&>(how) = std::move(settings.requests);
    how.sample_count = command.sample_count;
    how.request_timeout = command.request_timeout;
    probe_task task(context, on, chosen->torrent, all, std::move(how), command.output.json);
    signals.watch([&task] { task.interrupt(); });
    live_line line(steady::now());
    auto* const shown = command.output.quiet || !line.is_terminal() ? nullptr : &line; // cron mails what is printed
    co_await task.run(shown);
    signals.watch({});
    signals.stop();
    co_return conclude(all, command.output);
}

} // namespace

exit_code probe(probe_command const& command)
{
    diagnostics cause;
    if (auto const error = check_mirrors(command.mirrors, cause))
        return fail(error, cause, command.output);
    auto settings = make_settings(command.connecting, cause);
    if (!settings)
        return fail(settings.error(), cause, command.output);
    asio::io_context context{1};
    return run_to_end(context, run_probe(context, command, std::move(*settings)));
}

} // namespace webseed::app
