// One download that many threads use, and what is known of it without asking it.
#pragma once

#include <webseed/download.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace webseed::test {

/// What came of all downloads together.
struct tally
{
    std::atomic<int> runs_begun = 0;
    std::atomic<int> runs_ended = 0;
    std::atomic<int> complete = 0;
    std::atomic<int> cancelled = 0;
    std::atomic<int> closed = 0;
    std::atomic<int> failed = 0;
    std::atomic<int> waits_begun = 0;
    std::atomic<int> waits_ended = 0;
    std::atomic<int> drained = 0; // queues of events read to their end
    std::atomic<int> stops_begun = 0;
    std::atomic<int> stops_ended = 0;
    std::atomic<int> loads_begun = 0;
    std::atomic<int> loads_ended = 0;
    std::atomic<int> loaded = 0;

    // What must never be:
    std::atomic<int> ended_twice = 0;
    std::atomic<int> wrong_bytes = 0;
    std::atomic<int> wrong_torrents = 0;
    std::atomic<int> storage_left_open = 0;
    std::atomic<int> too_many_events = 0;
};

/// Outlives the handle: belongs to whoever waits for the download.
struct ledger
{
    std::shared_ptr<std::string const> wanted;
    std::string stored;
    bool is_open = false;
    std::atomic<int> ended = 0;
    boost::asio::cancellation_signal cancel_run; // emitted on cancel_home
    boost::asio::any_io_executor cancel_home;    // empty: can't be cancelled
};

struct guest
{
    download handle;
    std::shared_ptr<ledger> book;
    std::mutex mutex; // for what only one thread at a time may do with the handle
    bool is_begun = false;
};

/// Keeps the bytes in the ledger, where they can be looked at when the download has ended: without a lock, so that a
/// write after that is a race.
class ledger_storage final : public storage
{
public:
    /// @param holds_something  whether it says that all may be there already.
    ledger_storage(std::shared_ptr<ledger> book, bool holds_something)
        : book_(std::move(book))
        , holds_something_(holds_something)
    {}

    boost::asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override;
    boost::asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override;
    boost::asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override;
    boost::asio::awaitable<error_code> close(diagnostics& cause) override;

private:
    std::shared_ptr<ledger> book_;
    bool holds_something_;
};

/// Looks at a download that has ended, and counts what it sees.
void count_end(tally& count, ledger& book, error_code error);

/// Takes events until there are none, or until the handle is gone. Holds it for nobody.
void listen(tally& count, std::shared_ptr<guest> const& to);

/// Takes the events that are left, and then the end of them. Blocks; only when the download has ended.
/// @param event_count_max  as in the options of the download.
void drain(tally& count, guest& of, std::size_t event_count_max);

} // namespace webseed::test
