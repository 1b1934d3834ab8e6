#include "download_task.hpp"

#include "json_output.hpp"

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

} // namespace

download_task::download_task(asio::io_context& context, output_options output, metainfo torrent, download started)
    : output_(output)
    , torrent_(std::move(torrent))
    , download_(std::move(started))
    , ticker_(context)
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
        while (auto const another = download_.try_next_event())
            tell(*another);
    }
}

void download_task::tell(event const& happened)
{
    if (view_)
        view_->tell(torrent_, happened);
    if (output_.json)
        print_json(json_of(torrent_, happened));
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
