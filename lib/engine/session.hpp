// One download from its start to its end: owns the guarded state and everything that the coroutines share, starts
// them, and joins them all.
#pragma once

#include "engine/activity.hpp"
#include "engine/download_parts.hpp"
#include "engine/download_state.hpp"
#include "engine/engine_parts.hpp"
#include "engine/event_queue.hpp"
#include "engine/guarded.hpp"
#include "engine/missing_walk.hpp"
#include "engine/published.hpp"
#include "engine/question.hpp"
#include "engine/read_request.hpp"
#include "engine/task_group.hpp"
#include "engine/wakeup.hpp"
#include "engine/web_seed.hpp"

#include <webseed/options.hpp>
#include <webseed/reader.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace webseed::core {

class session final : public activity, public std::enable_shared_from_this<session>
{
public:
    session(
        engine_parts shared, metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors,
        download_options options);

    boost::asio::any_io_executor const& front() const noexcept { return shared_.front; }
    event_queue& events() noexcept { return events_; }

    // From any thread:

    void start() override;
    void close(error_code reason) override;
    error_code add_seed(std::string url);
    /// The seed's requesters leave, whatever they are doing; the others take over.
    void close_seed(std::string url);
    stats snapshot() const;
    download_state::ending ending() const { return ending_.get(); }

    /// @param file  there is one.
    reader_place place_of(file_index file, reader_options const& options);
    /// Begins to read. @param range  of the torrent's bytes; not empty, inside the reader's.
    std::shared_ptr<read_request> read(reader_place const& by, byte_range range);
    void close_reader(std::uint64_t reader);
    void set_wanted(file_index file, bool is_wanted);
    /// @param piece  there is one.
    std::shared_ptr<question<piece_report>> explain(piece_index piece);
    /// Goes on with the walk.
    std::shared_ptr<question<missing_walk>> explain_missing(missing_walk so_far);
    metainfo const& torrent() const noexcept { return layout_.torrent(); }

    /// For those who need to look at or act on the state itself.
    guarded<download_state>& state() noexcept { return state_; }

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<error_code> open(diagnostics& cause);
    void start_remembering();
    boost::asio::awaitable<void> stop_remembering();
    boost::asio::awaitable<error_code> leave_storage(bool is_complete, known_content known, diagnostics& cause);
    struct named_seed
    {
        std::string url;
        bool is_named_by_user = true;
        seed_kind kind = seed_kind::getright;
    };
    struct prepared_seed
    {
        std::string key;    // see download_state::add_seed()
        std::string text;   // of the URL, for people
        error_code refusal; // of a URL that can't be used
        planning::seed_hints known{};
        std::shared_ptr<web_seed> seed; // of one that can
        std::vector<std::shared_ptr<requester_link>> links;
        std::vector<planning::requester_id> ids; // none: it is there already
    };
    std::vector<prepared_seed> prepare_seeds(std::vector<named_seed> const& named);
    planning::seed_hints hints_of(server_record const& server) const;
    static std::vector<named_seed>
    seeds_of(metainfo const& torrent, download_options const& options, std::vector<std::string> mirrors);
    /// @param seeds  must outlive the operation.
    boost::asio::awaitable<void> make_known(std::vector<prepared_seed>& seeds);
    void start_seed(prepared_seed const& seed);
    boost::asio::awaitable<void> serve_late_seed(std::string url);
    boost::asio::awaitable<void> stay(std::shared_ptr<requester_link> link);
    void look(std::function<void(download_state const&, time_point)> visit);
    void take_reads();
    void end_reads();
    error_code error_of_late_reads() const;
    void fail(std::exception_ptr failure);
    void end_as(download_state::ending how);

    engine_parts shared_;
    torrent::layout layout_;
    download_options options_;
    std::unique_ptr<storage> store_;
    event_queue events_;
    published<stats> board_;
    published<download_state::ending> ending_;
    boost::asio::any_io_executor home_; // of run(), the group, and what they alone touch
    hold_ups held_;
    guarded<download_state> state_;
    download_parts parts_;
    task_group group_;
    task_group remembering_; // who ends after all others
    boost::asio::any_io_executor remembers_on_;
    wakeup end_of_remembering_; // there
    std::atomic<bool> is_remembered_ = false;
    // The seeds that were named and not taken back. Posts whatever follows from a change while it is held, so that
    // nothing overtakes it, and naming something twice posts nothing.
    std::mutex names_mutex_;
    std::map<std::string, std::string> names_; // their keys, and what they are called for people
    std::atomic<bool> is_closing_ = false;
    std::atomic<std::uint64_t> readers_opened_ = 0;
    std::mutex reads_mutex_;                           // as names_mutex_
    std::vector<std::shared_ptr<read_request>> reads_; // that nobody serves yet
    bool reads_over_ = false;
    // At home only:
    enum class stage
    {
        preparing, // seeds that come are added to seeds_
        working,   // and start at once
        over,      // and are late
    };
    stage stage_ = stage::preparing;
    std::vector<named_seed> seeds_; // a URL may stand there twice: the first counts
    bool is_open_ = false;          // the storage
    bool remembers_ = false;        // likewise
    bool are_seeds_known_ = false;
    std::vector<std::pair<file_index, bool>> selections_; // that came before they were
};

} // namespace webseed::core
