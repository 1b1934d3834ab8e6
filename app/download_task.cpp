#include "download_task.hpp"

#include "json_output.hpp"
#include "piece_words.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace webseed::app {

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator&&;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr auto show_interval = std::chrono::milliseconds(200);
constexpr auto json_interval = std::chrono::seconds(1);
// After so long without a verified byte it is told why, and again if that changes, so often at the most.
constexpr auto still_time = std::chrono::seconds(10);
constexpr auto still_interval = std::chrono::seconds(1);
constexpr int stillness_count_max = 20;
constexpr int events_at_once_max = 64;
// Runs of pieces that are told in the end.
constexpr std::size_t missing_count_max = 10;

} // namespace

download_task::download_task(asio::io_context& context, output_options output, metainfo torrent, download started)
    : output_(output)
    , torrent_(std::move(torrent))
    , download_(std::move(started))
    , ticker_(context)
    , still_look_(steady::now() + still_time)
{
    if (!output_.quiet)
        view_.emplace(torrent_, steady::now(), output_.verbose);
}

asio::awaitable<error_code> download_task::run()
{
    if (output_.json)
    {
        auto line = json_of(torrent_);
        line["v"] = 1;
        line["ev"] = "start";
        if (output_.insecure)
            line["insecure"] = true;
        print_json(line, torrent_);
    }
    auto error = co_await (run_download() && tell_events() && show_progress());
    co_return error;
}

void download_task::summarise()
{
    if (view_)
        view_->summarise(download_.stats(), steady::now());
}

asio::awaitable<error_code> download_task::run_download()
{
    auto const [error] = co_await download_.async_run(use_tuple);
    is_done_ = true;
    ticker_.cancel();
    co_return error;
}

asio::awaitable<void> download_task::tell_events()
{
    for (;;)
    {
        auto const [error, happened] = co_await download_.async_next_event(use_tuple);
        if (error)
            co_return;
        tell(happened);
        for (auto left = events_at_once_max; left != 0; --left) // others are to have a turn
        {
            auto const another = download_.try_next_event();
            if (!another)
                break;
            tell(*another);
        }
    }
}

void download_task::tell(event const& happened)
{
    if (view_)
        view_->tell(torrent_, happened, steady::now());
    if (output_.json)
        print_json(json_of(torrent_, happened));
}

// When nothing gets on, what comes first and isn't there tells why.
asio::awaitable<void> download_task::tell_stillness(steady::time_point now)
{
    auto const figures = download_.stats();
    if (figures.bytes_verified != still_bytes_ || figures.checking)
    {
        still_bytes_ = figures.bytes_verified;
        still_look_ = now + still_time;
    }
    if (now < still_look_ || is_done_ || stillness_count_ == stillness_count_max)
        co_return;
    still_look_ = now + still_interval;
    auto const [error, missing] = co_await download_.async_explain_missing(1, use_tuple);
    if (error || missing.empty() || is_done_)
        co_return;
    if (gist_of(missing.front()) == stillness_)
    {
        still_look_ = now + still_time; // it may be many pieces that are looked at
        co_return;
    }
    stillness_ = gist_of(missing.front());
    ++stillness_count_;
    view_->tell_missing(torrent_, missing.front(), steady::now());
}

asio::awaitable<void> download_task::tell_missing()
{
    if (!output_.json && !(output_.verbose && view_))
        co_return;
    auto const [error, missing] = co_await download_.async_explain_missing(missing_count_max, use_tuple);
    if (error)
        co_return;
    for (auto const& each : missing)
    {
        if (output_.verbose && view_)
            view_->tell_missing(torrent_, each, steady::time_point::max()); // no wait ends any more
        if (output_.json)
            print_json(json_of(torrent_, each));
    }
}

asio::awaitable<void> download_task::show_progress()
{
    auto next_json = steady::now() + json_interval;
    while (!is_done_)
    {
        ticker_.expires_after(show_interval);
        co_await ticker_.async_wait(use_tuple);
        auto const now = steady::now();
        if (view_ && !is_done_)
            view_->show(download_.stats(), now);
        if (output_.verbose && view_)
            co_await tell_stillness(now);
        if (output_.json && now >= next_json)
        {
            next_json = now + json_interval;
            auto line = json_line("progress");
            for (auto const& member : json_of(download_.stats()))
                line[member.key()] = member.value();
            print_json(line);
        }
    }
}

} // namespace webseed::app
