// One download on the program's one thread: runs it, and shows how it goes.
#pragma once

#include "failure.hpp"
#include "progress.hpp"

#include <webseed/download.hpp>
#include <webseed/metainfo.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>

namespace webseed::app {

class download_task
{
public:
    download_task(boost::asio::io_context& context, output_options output, metainfo torrent, download started);

    /// Completes when the download has ended, also when interrupted.
    boost::asio::awaitable<error_code> run();

    void interrupt() { download_.close(); }
    download const& result() const noexcept { return download_; }
    /// Who sent what, and how long it took; nothing if quiet.
    void summarise();

private:
    boost::asio::awaitable<error_code> run_download();
    boost::asio::awaitable<void> tell_events();
    void tell(event const& happened);
    boost::asio::awaitable<void> show_progress();

    output_options output_;
    metainfo torrent_;
    download download_;
    boost::asio::steady_timer ticker_;
    std::optional<progress_view> view_;
    bool is_done_ = false;
};

} // namespace webseed::app
