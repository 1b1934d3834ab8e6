// Many downloads that share workers, and the loading of torrents. Needs no globals: a process may have several.
#pragma once

#include <webseed/download.hpp>
#include <webseed/known_server.hpp>
#include <webseed/loaded_torrent.hpp>
#include <webseed/make.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/options.hpp>
#include <webseed/probe.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <filesystem>
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

    /// Closes all downloads, and ends all loading, making and probing. With workers of its own it waits until they
    /// have ended, which takes as long as the storage takes to finish what it is doing. On an executor of the
    /// embedder's they end by themselves, but later, or with its context: unless that is `executor`'s, too, complete
    /// async_stop() before either context is destroyed.
    ~engine();

    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    executor_type get_executor() const noexcept;

    /// Bytes of buffers in use at the moment, as engine_options::buffered_size_max bounds them. Any thread.
    std::uint64_t buffered_size() const;

    /// What is known of servers by now: as engine_options::known_servers told it, and what has been found out since; at
    /// most known_server_count_max. Also while downloads run; what they are in the middle of isn't counted. Any thread.
    /// @param now  of the clock by which seen_at is told.
    std::vector<known_server> known_servers(std::chrono::sys_seconds now) const;

    /// Prepares a download; async_run() starts it. Its seeds are those of the torrent and `mirrors`; those that
    /// can't be used are given up at once, with an event. Any thread.
    download
    add(metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors = {},
        download_options options = {});

    /// Fetches a torrent that isn't at hand: the .torrent file that an http URL names, or the torrent of a magnet link
    /// (BEP 9), from the link's exact sources and then its acceptable ones, one after the other, until one of them
    /// sends a torrent with all info-hashes that the link gives. Several may run at once.
    /// An acceptable source may also be the content itself: those that sent something else than a torrent become
    /// mirrors, and so do those that weren't needed, but for URLs that end in ".torrent". Any thread.
    /// @param source  the URL or the link.
    /// @param cause   if not null, told why it failed, before the completion: what each source said. Must outlive the
    ///                operation.
    /// Completes with void(error_code, loaded_torrent), on failure with an empty one.
    /// Errors: errc::magnet_invalid, errc::no_source; if all sources fail, that of the first that could be asked:
    /// errc::infohash_mismatch, errc::document_too_large, those of metainfo::parse(), of network and stream, of
    /// HTTP, errc::url_invalid, errc::scheme_unsupported. errc::closed when the engine stops, errc::internal.
    /// Cancellation: terminal, partial and total all end it, with operation_aborted.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_load(
        std::string source, load_options options = {}, diagnostics* cause = nullptr, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::engine_core> core, std::string from, load_options how,
                        diagnostics* told) {
            start_load(std::move(core), std::move(from), std::move(how), told, std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, loaded_torrent)>(
            std::move(start), token, core_, std::move(source), std::move(options), cause);
    }

    /// Makes a torrent of a file, or of all files below a directory, empty ones and hidden ones included; symbolic
    /// links and what else is no file are left out, with a warning. Hashes on all workers, in the memory of a buffer
    /// for each and a hash for each piece. Any thread. A web seed of a directory's torrent gets a '/' at its end,
    /// without which some clients don't find the files.
    /// @param path  the file or directory; links in it are followed.
    /// Completes with void(error_code, made_torrent); after a failure the torrent has nothing but its cause.
    /// Errors: errc::option_invalid; errc::files_unsuitable for what is neither a file nor a directory, or has no
    /// bytes, or gives a torrent that metainfo_limits doesn't allow; errc::file_changed; errc::closed; errc::internal;
    /// any code of the system for a file that can't be read. Cancellation: terminal, partial and total end it; it
    /// completes with operation_aborted once everything has ended.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_make_torrent(std::filesystem::path path, make_options options = {}, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::engine_core> core, std::filesystem::path from,
                        make_options how) {
            start_make(std::move(core), std::move(from), std::move(how), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, made_torrent)>(
            std::move(start), token, core_, std::move(path), std::move(options));
    }

    /// Asks one mirror of a torrent for a few pieces, verifies them, and tells how it answered. Nothing is stored.
    /// Several may run at once. Any thread.
    /// @param url  as a web seed's.
    /// Completes with void(error_code, probe_report); the error is the report's, and it is whole in any case.
    /// Errors: as in download events; errc::no_correct_data for wrong bytes, errc::range_ignored for a mirror that
    /// sends whole files only. errc::closed when the engine stops, errc::internal.
    /// Cancellation: terminal, partial and total all end it, with operation_aborted.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_probe(metainfo torrent, std::string url, probe_options options = {}, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::engine_core> core, metainfo what, std::string whom,
                        probe_options how) {
            start_probe(std::move(core), std::move(what), std::move(whom), std::move(how), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, probe_report)>(
            std::move(start), token, core_, std::move(torrent), std::move(url), std::move(options));
    }

    /// Closes all downloads, ends all loading, making and probing, and completes with void(error_code) when they
    /// have ended. Idempotent. Cancellation: terminal, partial and total end the wait, not the closing.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_stop(CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::engine_core> core) {
            start_stop(std::move(core), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code)>(std::move(start), token, core_);
    }

private:
    using load_handler = boost::asio::any_completion_handler<void(error_code, loaded_torrent)>;
    static void start_load(
        std::shared_ptr<core::engine_core> core, std::string source, load_options options, diagnostics* cause,
        load_handler handler);
    using probe_handler = boost::asio::any_completion_handler<void(error_code, probe_report)>;
    static void start_probe(
        std::shared_ptr<core::engine_core> core, metainfo torrent, std::string url, probe_options options,
        probe_handler handler);
    using stop_handler = boost::asio::any_completion_handler<void(error_code)>;
    using make_handler = boost::asio::any_completion_handler<void(error_code, made_torrent)>;
    static void start_make(
        std::shared_ptr<core::engine_core> core, std::filesystem::path path, make_options options,
        make_handler handler);
    static void start_stop(std::shared_ptr<core::engine_core> core, stop_handler handler);

    std::shared_ptr<core::engine_core> core_;
};

} // namespace webseed
