// One read of a reader, on its way from the embedder's side to a worker and back.
#pragma once

#include "engine/front_bell.hpp"
#include "engine/wakeup.hpp"
#include "plan/read_ahead.hpp"

#include <webseed/error.hpp>
#include <webseed/types.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace webseed::core {

/// What a reader is, for all its reads.
struct reader_place
{
    std::uint64_t reader = 0;
    file_index file{};
    byte_range range;            // of the file
    std::uint64_t ahead_end = 0; // nothing behind it is read ahead
    planning::read_ahead_options ahead;
    std::shared_ptr<std::atomic<bool>> is_closed = std::make_shared<std::atomic<bool>>(false);
};

class read_request : public std::enable_shared_from_this<read_request>
{
public:
    /// @param front   where it is waited for.
    /// @param worker  serial: where it is served.
    /// @param what    of the torrent's bytes; not empty, inside the reader's.
    read_request(
        boost::asio::any_io_executor const& front, boost::asio::any_io_executor worker, reader_place const& of,
        byte_range what)
        : place(of)
        , range(what)
        , worker_(std::move(worker))
        , done_(front)
    {}

    reader_place const place;
    byte_range const range;

    // From any thread:

    /// Nobody waits for it any more. What it still does is of no use to anybody.
    void cancel();
    bool is_cancelled() const noexcept { return is_cancelled_ || *place.is_closed; }
    /// It may be possible to go on.
    void wake();

    // On the front executor:

    /// Completes once it is finished, or on cancellation. In a coroutine that doesn't throw when it is cancelled.
    boost::asio::awaitable<void> wait();
    bool is_finished() const noexcept { return is_finished_; }
    /// What came of it; only if it is finished.
    error_code error() const noexcept { return error_; }
    std::vector<std::byte> const& bytes() const noexcept { return bytes_; }

    // Where it is served:

    boost::asio::any_io_executor const& worker() const noexcept { return worker_; }
    wakeup& waker() noexcept { return wakeup_; }
    /// Once. @param bytes  as many as were asked for, unless there is an error.
    void finish(error_code error, std::vector<std::byte> bytes = {});

    /// The state's: how it knows it; nothing before it has seen it.
    std::optional<planning::read_ahead::read_id> known_as;

private:
    boost::asio::any_io_executor worker_;
    wakeup wakeup_; // there
    std::atomic<bool> is_cancelled_ = false;
    std::atomic<bool> is_finished_ = false;
    error_code error_;
    std::vector<std::byte> bytes_;
    front_bell done_; // closed at the end
};

} // namespace webseed::core
