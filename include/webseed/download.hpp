// One torrent on its way into a storage.
#pragma once

#include <webseed/error.hpp>
#include <webseed/events.hpp>
#include <webseed/explain.hpp>
#include <webseed/reader.hpp>
#include <webseed/stats.hpp>
#include <webseed/types.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace webseed {

namespace core {
class session;
}

/// A handle, made by engine::add(). Moving it is cheap; destroying it closes the download. It may outlive its engine,
/// but not the context of the engine's executor.
/// Distinct handles may be used at once; one handle only from one thread at a time, but for the functions that say
/// "any thread".
class download
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Has no download: only to be assigned or destroyed.
    download() = default;
    download(download&&) noexcept = default;
    download& operator=(download&& other) noexcept;
    ~download();

    /// The executor given to the engine, on which completions without an executor of their own run.
    executor_type get_executor() const noexcept;

    /// Fetches what the storage hasn't got, from all seeds, until every piece is verified or nobody is left who could
    /// have the rest. Once for each download.
    /// Completes with void(error_code), after everything that the download started has ended and the storage is
    /// closed: no error when all is verified, else the reason; see diagnosis().
    /// Errors: errc::no_correct_data, errc::no_seeds, the last error of the last seed, errc::disk_full,
    /// errc::storage_failed, errc::closed, errc::internal.
    /// Cancellation: terminal, partial and total all end the download; it completes with operation_aborted once
    /// everything has ended, and what was verified stays in the storage.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_run(CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::session> session) {
            start_run(std::move(session), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code)>(std::move(start), token, session_);
    }

    /// Waits for the next event. Several may wait; each event goes to one.
    /// Completes with void(error_code, event); after the last event of an ended download with errc::closed.
    /// Cancellation: terminal, partial and total, with operation_aborted; no event is lost.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_next_event(CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::session> session) {
            start_next_event(std::move(session), std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, event)>(std::move(start), token, session_);
    }

    /// The next event, if one has happened that nobody has taken yet. So that many at once cost one wait. Any thread.
    std::optional<event> try_next_event();

    /// Tells where a piece is, and if it isn't there, why: who is at it, and why each of the others isn't. Before the
    /// start, while the download runs, and after its end. Any thread; any number at once.
    /// Completes with void(error_code, piece_report). Errors: errc::option_invalid if there is no such piece.
    /// Cancellation: terminal, partial and total, with operation_aborted.
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_explain(piece_index piece, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::session> session, piece_index index) {
            start_explain(std::move(session), index, std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, piece_report)>(
            std::move(start), token, session_, piece);
    }

    /// The same of the first pieces that are wanted and not there, each with those behind it that are so for the same
    /// reasons. Of a download that runs, pieces that are far apart may be looked at a moment apart.
    /// @param count_max  of reports.
    /// Completes with void(error_code, std::vector<piece_report>), otherwise as async_explain().
    template <class CompletionToken = boost::asio::use_awaitable_t<>>
    auto async_explain_missing(std::size_t count_max, CompletionToken&& token = {})
    {
        auto start = [](auto handler, std::shared_ptr<core::session> session, std::size_t most) {
            start_explain_missing(std::move(session), most, std::move(handler));
        };
        return boost::asio::async_initiate<CompletionToken, void(error_code, std::vector<piece_report>)>(
            std::move(start), token, session_, count_max);
    }

    /// Adds a web seed; used at once if the download runs. Any thread.
    /// Errors: errc::url_invalid, errc::scheme_unsupported; errc::closed when the download has ended.
    error_code add_seed(std::string url);

    /// Stops using a seed, whatever it is doing; the others take over its work. Any thread.
    /// @param url  as in seed_stats::url. Without effect if there is no such seed.
    void remove_seed(std::string url);

    /// For reading a file while the download runs, whether it is wanted or not: of a file that isn't, what is read is
    /// fetched and stored, and nothing else. (File storage then makes the file, sparse, with what was read.) Any
    /// thread. Errors: errc::option_invalid if there is no such file, or if it is padding.
    boost::system::result<reader> open_reader(file_index file, reader_options options = {});

    /// Selects a file from now on, or gives it up: what of it is verified by then stays, also in the storage. Has no
    /// effect once the download has ended, or where the storage keeps a limited number of bytes. Any thread.
    /// Errors: errc::option_invalid if there is no such file, or if it is padding.
    error_code set_wanted(file_index file, bool is_wanted);

    /// Ends the download: async_run() completes with errc::closed soon after, or without an error if all that is wanted
    /// is verified. Any thread.
    void close() noexcept;

    /// A consistent picture, at most a moment old; exact once async_run() has completed. Any thread.
    webseed::stats stats() const;

    /// Which pieces are verified, one for each, once async_run() has completed; empty before. Any thread.
    std::vector<bool> verified_pieces() const;

    /// Why the download ended as it did; empty before that, and when all was verified. Any thread.
    diagnostics diagnosis() const;

private:
    friend class engine;
    explicit download(std::shared_ptr<core::session> session) noexcept;

    using run_handler = boost::asio::any_completion_handler<void(error_code)>;
    using event_handler = boost::asio::any_completion_handler<void(error_code, event)>;
    static void start_run(std::shared_ptr<core::session> session, run_handler handler);
    static void start_next_event(std::shared_ptr<core::session> session, event_handler handler);
    using explain_handler = boost::asio::any_completion_handler<void(error_code, piece_report)>;
    using missing_handler = boost::asio::any_completion_handler<void(error_code, std::vector<piece_report>)>;
    static void start_explain(std::shared_ptr<core::session> session, piece_index piece, explain_handler handler);
    static void
    start_explain_missing(std::shared_ptr<core::session> session, std::size_t count_max, missing_handler handler);

    std::shared_ptr<core::session> session_;
};

} // namespace webseed
