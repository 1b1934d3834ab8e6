// One download on the program's one thread: runs it, and shows how it goes.
#pragma once

#include "failure.hpp"
#include "progress.hpp"

#include <webseed/download.hpp>
#include <webseed/metainfo.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

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
    /// The first pieces that aren't there, and why: to people who want to know more, and to scripts. Once it has ended.
    boost::asio::awaitable<void> tell_missing();

private:
    boost::asio::awaitable<error_code> run_download();
    boost::asio::awaitable<void> tell_events();
    void tell(event const& happened);
    boost::asio::awaitable<void> show_progress();
    boost::asio::awaitable<void> tell_stillness(std::chrono::steady_clock::time_point now);

    output_options output_;
    metainfo torrent_;
    download download_;
    boost::asio::steady_timer ticker_;
    std::optional<progress_view> view_;
    bool is_done_ = false;
    // When nothing was verified any more, when that is looked at next, and what was told of it.
    std::uint64_t still_bytes_ = 0;
    std::chrono::steady_clock::time_point still_look_;
    std::string stillness_;
    int stillness_count_ = 0;
};

} // namespace webseed::app
