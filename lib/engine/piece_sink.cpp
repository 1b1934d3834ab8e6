#include "engine/piece_sink.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// The plan is told of progress after this many bytes or this long, whichever comes first: a turn on its strand costs
// microseconds. It is also where a requester whose socket always has bytes lets others run.
constexpr std::uint64_t tell_size = 1u << 20;
constexpr auto tell_interval = std::chrono::milliseconds(100);

// Pad bytes are zeros: they are digested a stretch at a time, so that a huge pad file holds up nobody.
constexpr std::uint64_t pad_stretch = 1u << 20;

} // namespace

piece_sink::piece_sink(
    download_parts const& parts, requester_link& link, planning::requester_id requester, planning::piece_run pieces,
    torrent::sha1_digest& digest)
    : parts_(parts)
    , link_(link)
    , requester_(requester)
    , digest_(digest)
    , position_(parts.layout.range_of(pieces).offset)
    , end_(parts.layout.range_of(pieces).end())
    , piece_end_(parts.layout.range_of(static_cast<piece_index>(pieces.first)).end())
    , piece_(pieces.first)
    , told_position_(position_)
    , told_at_(parts.time.now())
{
}

asio::awaitable<error_code> piece_sink::accept(std::span<std::byte const> bytes)
{
    accepted_ += bytes.size();
    untold_.bytes += bytes.size();
    if (link_.is_stopped())
        co_return asio::error::operation_aborted;
    link_.set_storing(true);
    storage_error_ = co_await parts_.store.write(position_, bytes);
    link_.set_storing(false);
    if (link_.is_closed())
        co_return asio::error::operation_aborted;
    if (storage_error_)
        co_return storage_error_;
    while (!bytes.empty())
    {
        auto const part = bytes.first(std::min<std::uint64_t>(bytes.size(), piece_end_ - position_));
        digest_.update(part);
        position_ += part.size();
        bytes = bytes.subspan(part.size());
        if (position_ == piece_end_)
        {
            auto const error = co_await end_piece();
            if (error)
                co_return error;
        }
    }
    if (link_.is_stopped())
        co_return asio::error::operation_aborted;
    auto const is_due = position_ - told_position_ >= tell_size;
    if (is_due || parts_.time.now() - told_at_ >= tell_interval)
        co_return co_await tell();
    co_return error_code();
}

asio::awaitable<error_code> piece_sink::accept_pad(std::uint64_t size)
{
    while (size != 0)
    {
        auto const part = std::min({size, piece_end_ - position_, pad_stretch});
        digest_.update_zeros(part);
        position_ += part;
        size -= part;
        if (position_ == piece_end_)
        {
            auto const error = co_await end_piece();
            if (error)
                co_return error;
        }
        if (position_ - told_position_ >= tell_size)
        {
            auto const error = co_await tell();
            if (error)
                co_return error;
        }
    }
    co_return error_code();
}

void piece_sink::count_response(std::uint64_t skipped, unsigned requests, unsigned connections) noexcept
{
    untold_.bytes += skipped;
    untold_.requests += requests;
    untold_.connections += connections;
}

// The verdict on a piece. A wrong one is told at once, so that others can fetch it.
asio::awaitable<error_code> piece_sink::end_piece()
{
    auto const& torrent = parts_.layout.torrent();
    auto const is_right = digest_.finish() == torrent.piece_hash(static_cast<piece_index>(piece_));
    ++piece_;
    piece_end_ = std::min(piece_end_ + torrent.piece_length(), end_);
    if (is_right)
    {
        ++untold_.good;
        co_return error_code();
    }
    untold_.then_bad = true;
    co_return co_await tell();
}

asio::awaitable<error_code> piece_sink::tell()
{
    told_position_ = position_;
    told_at_ = parts_.time.now();
    auto report = [requester = requester_, done = take_progress(), now = told_at_](download_state& state) {
        return state.report(requester, done, now);
    };
    auto const go_on = co_await parts_.state.with(report);
    if (!go_on || link_.is_stopped())
        co_return asio::error::operation_aborted;
    co_return error_code();
}

} // namespace webseed::core
