// The public handle of a download: takes completion handlers in, and hands the work to the session.
#include "engine/front.hpp"
#include "engine/reader_front.hpp"
#include "engine/session.hpp"

#include <webseed/download.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace webseed {

namespace asio = boost::asio;

namespace {

// Lives on the embedder's executor, and is all of a download that does.
asio::awaitable<std::tuple<error_code>> run_session(std::shared_ptr<core::session> session)
{
    co_await core::run_to_end(session);
    co_return std::tuple(session->ending().error);
}

// Keeps the session, and with it the queue, for as long as somebody waits.
asio::awaitable<std::tuple<error_code, event>> next_event(std::shared_ptr<core::session> session)
{
    auto next = co_await session->events().pop();
    co_return next;
}

asio::awaitable<std::tuple<error_code, piece_report>> explain(std::shared_ptr<core::session> session, piece_index piece)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    if (to_number(piece) >= session->torrent().piece_count())
        co_return std::tuple(error_code(errc::option_invalid), piece_report());
    auto const asked = session->explain(piece);
    co_await asked->wait();
    if (!asked->is_answered())
        co_return std::tuple(error_code(asio::error::operation_aborted), piece_report());
    co_return std::tuple(error_code(), asked->take());
}

asio::awaitable<std::tuple<error_code, std::vector<piece_report>>>
explain_missing(std::shared_ptr<core::session> session, std::size_t count_max)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    core::missing_walk walk;
    walk.count_max = count_max;
    while (!walk.is_over)
    {
        auto const asked = session->explain_missing(std::move(walk));
        co_await asked->wait();
        if (!asked->is_answered())
            co_return std::tuple(error_code(asio::error::operation_aborted), std::vector<piece_report>());
        walk = asked->take();
        co_await asio::post(asio::use_awaitable); // once all has ended, each step is answered at once
        auto const state = co_await asio::this_coro::cancellation_state;
        if (!walk.is_over && state.cancelled() != asio::cancellation_type::none)
            co_return std::tuple(error_code(asio::error::operation_aborted), std::vector<piece_report>());
    }
    co_return std::tuple(error_code(), std::move(walk.found));
}

} // namespace

download::download(std::shared_ptr<core::session> session) noexcept
    : session_(std::move(session))
{}

download& download::operator=(download&& other) noexcept
{
    download old(std::exchange(session_, std::move(other.session_)));
    return *this;
}

download::~download()
{
    if (session_)
        close();
}

download::executor_type download::get_executor() const noexcept
{
    return session_->front();
}

std::optional<event> download::try_next_event()
{
    return session_->events().try_pop();
}

error_code download::add_seed(std::string url)
{
    return session_->add_seed(std::move(url));
}

void download::remove_seed(std::string url)
{
    session_->close_seed(std::move(url));
}

boost::system::result<reader> download::open_reader(file_index file, reader_options options)
{
    auto const& files = session_->torrent().files();
    if (to_number(file) >= files.size() || files[to_number(file)].pad)
        return errc::option_invalid;
    return reader(std::make_shared<core::reader_front>(session_, session_->place_of(file, options)));
}

error_code download::set_wanted(file_index file, bool is_wanted)
{
    auto const& files = session_->torrent().files();
    if (to_number(file) >= files.size() || files[to_number(file)].pad)
        return errc::option_invalid;
    session_->set_wanted(file, is_wanted);
    return {};
}

void download::close() noexcept
{
    session_->close(errc::closed);
}

stats download::stats() const
{
    return session_->snapshot();
}

std::vector<bool> download::verified_pieces() const
{
    return session_->ending().known.verified;
}

diagnostics download::diagnosis() const
{
    return session_->ending().cause;
}

void download::start_run(std::shared_ptr<core::session> session, run_handler handler)
{
    core::complete_with(session->front(), run_session(session), std::move(handler));
}

void download::start_next_event(std::shared_ptr<core::session> session, event_handler handler)
{
    core::complete_with(session->front(), next_event(session), std::move(handler));
}

void download::start_explain(std::shared_ptr<core::session> session, piece_index piece, explain_handler handler)
{
    core::complete_with(session->front(), explain(session, piece), std::move(handler));
}

void download::start_explain_missing(
    std::shared_ptr<core::session> session, std::size_t count_max, missing_handler handler)
{
    core::complete_with(session->front(), explain_missing(session, count_max), std::move(handler));
}

} // namespace webseed
