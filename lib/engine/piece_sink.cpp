#include "engine/piece_sink.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// The plan is told of progress after this many bytes or this long, whichever comes first: a turn on its strand costs
// microseconds.
constexpr std::uint64_t tell_size = 1u << 20;
constexpr auto tell_interval = std::chrono::milliseconds(100);
// Of a response of which the end is others' by now, so much is read and dropped rather than the connection closed, if
// it should come in this time.
constexpr std::uint64_t drop_size_max = 128 * 1024;
constexpr auto drop_time_max = std::chrono::milliseconds(100);

} // namespace

piece_sink::piece_sink(
    download_parts const& parts, requester_link& link, host_pass& pass, planning::requester_id requester,
    planning::claim const& work, torrent::piece_digest& digest)
    : parts_(parts)
    , link_(link)
    , pass_(pass)
    , requester_(requester)
    , digest_(digest)
    , position_(work.range.offset)
    , end_(work.range.end())
    , is_tentative_(work.is_tentative)
    , piece_(to_number(parts.layout.piece_at(work.range.offset)))
    , breathed_position_(position_)
    , told_position_(position_)
    , told_at_(parts.time.now())
    , begun_at_(told_at_)
{
    begin_piece();
}

// Where each file begins with a piece of its own, the next one is further on.
void piece_sink::begin_piece()
{
    auto const piece = parts_.layout.range_of(static_cast<piece_index>(piece_));
    position_ = std::max(position_, piece.offset);
    begun_ = position_;
    piece_end_ = piece.end();
    is_from_start_ = position_ == piece.offset;
    is_doubtful_ = is_among_others_ && judges();
    digest_.begin(static_cast<piece_index>(piece_));
}

// A visit to the state that tells it what it hasn't been told.
auto piece_sink::report_of_news()
{
    told_position_ = position_;
    skipped_since_told_ = 0;
    told_at_ = parts_.time.now();
    return [requester = requester_, done = take_progress(), now = told_at_](download_state& state) {
        return state.report(requester, done, now);
    };
}

progress piece_sink::take_progress() noexcept
{
    // What is wrong, or may be, isn't stored.
    untold_.until = untold_.then_bad || is_in_doubt_ ? bad_begin_ : trial_begin_.value_or(position_);
    return std::exchange(untold_, {});
}

// What is right is told in passing: nothing that the plan could answer would matter.
void piece_sink::tell()
{
    pass_.progressed(received_);
    parts_.state.post(report_of_news());
}

// Nearly all goes the short way: one coroutine for each few kilobytes of a small file, and not three.
asio::awaitable<error_code> piece_sink::accept(std::span<std::byte const> bytes)
{
    received_ += bytes.size();
    untold_.bytes += bytes.size();
    auto const is_plain = !is_tentative_ && !link_.is_asked() && bytes.size() <= left() && response_end_ <= end_;
    return is_plain ? keep(bytes) : accept_with_care(bytes);
}

asio::awaitable<error_code> piece_sink::accept_with_care(std::span<std::byte const> bytes)
{
    if (left() == 0)
        co_return after_end();
    auto const is_ours = co_await secure();
    if (!is_ours)
        co_return asio::error::operation_aborted;
    if (!trial_begin_ && link_.take_ask())
        co_await share();
    auto const own = bytes.first(std::min<std::uint64_t>(bytes.size(), left()));
    auto const error = co_await keep(own);
    if (error || !is_past_end())
        co_return error;
    tell();
    co_return after_end();
}

error_code piece_sink::after_end() const noexcept
{
    auto const more = response_end_ - position_;
    auto const time = parts_.time.now() - begun_at_;
    auto const is_soon = more <= drop_size_max && more * time <= received_ * drop_time_max;
    return is_soon ? error_code() : error_code(asio::error::operation_aborted);
}

void piece_sink::expect(std::uint64_t size, std::uint64_t kept_end, bool is_among_others) noexcept
{
    received_before_ = received_;
    response_end_ = position_ + size;
    kept_end_ = kept_end;
    is_among_others_ = is_among_others;
    is_doubtful_ = is_doubtful_ || (is_among_others && judges());
}

std::uint64_t piece_sink::judged_end() const noexcept
{
    if (!judges())
        return position_;
    auto const last = parts_.layout.range_of(parts_.layout.piece_at(end_ - 1));
    return last.end() <= end_ ? end_ : last.offset;
}

// Whether what comes is still to be kept: others may have answered sooner.
asio::awaitable<bool> piece_sink::secure()
{
    if (!std::exchange(is_tentative_, false))
        co_return true;
    auto turn = [requester = requester_, now = parts_.time.now()](download_state& state) {
        return state.secure(requester, now);
    };
    auto const end = co_await parts_.state.with(std::move(turn));
    end_ = end.value_or(position_);
    co_return end.has_value();
}

// The part under way stays one's own, and so do the pieces of which anything is asked for among others.
asio::awaitable<void> piece_sink::share()
{
    auto begun = std::max(is_doubtful_ ? piece_end_ : position_ + 1, kept_end_);
    if (kept_end_ > piece_end_)
        begun = parts_.layout.range_of(parts_.layout.piece_at(kept_end_ - 1)).end();
    begun = std::min(begun, end_);
    auto turn = [requester = requester_, done = take_progress(), begun,
                 now = parts_.time.now()](download_state& state) { return state.share(requester, done, begun, now); };
    end_ = co_await parts_.state.with(std::move(turn));
}

void piece_sink::skipped(std::size_t size)
{
    received_ += size;
    untold_.bytes += size;
    skipped_since_breath_ += size;
    skipped_since_told_ += size;
    if (skipped_since_told_ >= tell_size)
        tell();
}

asio::awaitable<error_code> piece_sink::keep(std::span<std::byte const> bytes)
{
    if (link_.is_stopped())
        co_return asio::error::operation_aborted;
    link_.set_storing(true);
    {
        hold_up const mark(parts_.held, parts_.time);
        storage_error_ = co_await parts_.store.write(position_, bytes);
    }
    link_.set_storing(false);
    if (link_.is_closed())
        co_return asio::error::operation_aborted;
    if (storage_error_)
        co_return storage_error_;
    while (!bytes.empty())
    {
        auto const part = bytes.first(std::min<std::uint64_t>(bytes.size(), piece_end_ - position_));
        if (judges())
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
    if (position_ - told_position_ >= tell_size || parts_.time.now() - told_at_ >= tell_interval)
        tell();
    co_return error_code();
}

asio::awaitable<error_code> piece_sink::breathe()
{
    breathed_position_ = position_;
    skipped_since_breath_ = 0;
    co_await asio::post(asio::use_awaitable);
    if (link_.is_stopped())
        co_return asio::error::operation_aborted;
    co_return error_code();
}

asio::awaitable<error_code> piece_sink::accept_pad(std::uint64_t size)
{
    auto const is_ours = co_await secure();
    if (!is_ours)
        co_return asio::error::operation_aborted;
    size = std::min(size, left());
    while (size != 0)
    {
        auto const part = std::min({size, piece_end_ - position_, breathe_size});
        if (judges())
            digest_.update_zeros(part);
        position_ += part;
        size -= part;
        if (position_ == piece_end_)
        {
            auto const error = co_await end_piece();
            if (error)
                co_return error;
        }
        if (is_due())
        {
            auto const error = co_await breathe();
            if (error)
                co_return error;
        }
    }
    co_return error_code();
}

void piece_sink::count_response(http::range_result const& response) noexcept
{
    untold_.bytes += response.received - (received_ - received_before_);
    untold_.requests += response.requests;
    untold_.connections += response.connects;
    if (!waited_ && !response.was_among_others) // else it is the time for the responses before, too
        waited_ = response.head_time;
}

// The verdict on a piece, if all of it was seen. A wrong one is told at once, so that others can fetch it.
asio::awaitable<error_code> piece_sink::end_piece()
{
    auto const is_right = !judges() || digest_.finish();
    auto const was_doubtful = std::exchange(is_doubtful_, false);
    if (!is_right)
        bad_begin_ = begun_;
    else if (judges())
        trial_begin_.reset();
    if (!is_right && was_doubtful)
    {
        is_in_doubt_ = true;
        co_return asio::error::operation_aborted;
    }
    ++piece_;
    if (position_ != end_)
        begin_piece();
    else
        begun_ = position_;
    if (is_right)
        co_return error_code();
    untold_.then_bad = true;
    co_return co_await tell_bad();
}

// What is wrong may be the end of the seed.
asio::awaitable<error_code> piece_sink::tell_bad()
{
    auto report = report_of_news();
    auto const go_on = co_await parts_.state.with(std::move(report));
    if (!go_on || link_.is_stopped())
        co_return asio::error::operation_aborted;
    co_return error_code();
}

} // namespace webseed::core
