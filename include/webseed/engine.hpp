// Many downloads that share workers. Needs no globals: a process may have several.
#pragma once

#include <webseed/download.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/options.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace webseed {

namespace core {
class engine_core;
}

class engine
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// @param executor  where completions without an executor of their own run, on however many threads it has; its
    ///                  context must outlive the engine. Nothing else runs there: bytes are carried and hashed on the
    ///                  workers.
    explicit engine(boost::asio::any_io_executor executor, engine_options options = {});

    /// Closes all downloads. With workers of its own it waits until they have ended, which takes as long as the
    /// storage takes to finish what it is doing. On an executor of the embedder's they end by themselves, but later, or
    /// with its context: unless that is `executor`'s, too, complete async_stop() before either context is destroyed.
    ~engine();

    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    executor_type get_executor() const noexcept;

    /// Prepares a download; async_run() starts it. Its seeds are those of the torrent and `mirrors`; those that
    /// can't be used are given up at once, with an event. Any thread.
    download
    add(metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors = {},
        download_options options = {});

    /// Closes all downloads, and completes with void(error_code) when they have ended. Idempotent.
    /// Cancellation: terminal, partial and total end the wait, not the closing.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_stop(CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::engine_core> core) {
            start_stop(std::move(core), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code)>(std::move(start), token, core_);
    }

private:
    using stop_handler = boost::asio::any_completion_handler<void(error_code)>;
    static void start_stop(std::shared_ptr<core::engine_core> core, stop_handler handler);

    std::shared_ptr<core::engine_core> core_;
};

} // namespace webseed
