#include "engine/requester.hpp"

#include "engine/connection_options.hpp"
#include "engine/trial_sink.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;
using planning::outcome_kind;

namespace {

// A response that broke off after this much is continued at once over a new connection; one that brought less is a
// failure, lest a server make us connect for every byte.
constexpr std::uint64_t continue_size_min = 16 * 1024;
// So many responses that broke off are continued at once in one claim; those that brought a lot don't count.
constexpr int continue_count_max = 3;
constexpr std::uint64_t continue_size_plenty = 1u << 20;

// What a failed response says about the seed.
outcome_kind kind_of(error_code error)
{
    if (error == asio::error::operation_aborted)
        return outcome_kind::stopped;
    if (error == errc::overloaded)
        return outcome_kind::busy;
    if (error == errc::not_found || error == errc::unauthorized || error == errc::range_mismatch ||
        error == errc::range_ignored || error == errc::encoding_refused)
        return outcome_kind::file_missing;
    return outcome_kind::failed;
}

// Whether the next try may well get further: the line broke, or the server sent less than was asked for.
bool is_interruption(error_code error)
{
    return !error || error == errc::body_truncated || error == errc::stalled ||
           error == asio::error::connection_reset || error == asio::error::connection_aborted ||
           error == asio::error::broken_pipe || error == asio::error::timed_out;
}

// Whether the seed has answered, and not what a seed of this form answers: it may be of the other form. A server that
// is in trouble says nothing about that.
bool is_of_other_form(http::range_result const& response)
{
    auto const error = response.error;
    return response.status >= 200 && response.status < 500 && response.status != 408 &&
           (error == errc::not_found || error == errc::unauthorized || error == errc::status_unexpected ||
            error == errc::range_mismatch || error == errc::range_ignored || error == errc::encoding_refused ||
            error == errc::page_instead || error == errc::redirect_refused);
}

// A script says in the body how long to wait.
std::optional<std::chrono::seconds> wait_of(http::range_result const& response)
{
    auto const wait = http::parse_wait(response.refusal);
    return wait ? wait : response.retry_after;
}

result_of_claim stopped()
{
    result_of_claim result;
    result.outcome.kind = outcome_kind::stopped;
    result.error = asio::error::operation_aborted;
    return result;
}

result_of_claim copy_failed()
{
    result_of_claim result;
    result.outcome.kind = outcome_kind::copy_failed;
    return result;
}

result_of_claim internal_failure(char const* what)
{
    result_of_claim result;
    result.outcome.kind = outcome_kind::failed;
    result.error = errc::internal;
    result.cause.message = std::string("unexpected: ") + what;
    return result;
}

} // namespace

requester::requester(
    download_parts const& parts, planning::requester_id id, std::shared_ptr<requester_link> link,
    std::shared_ptr<web_seed> seed)
    : parts_(parts)
    , id_(id)
    , link_(std::move(link))
    , seed_(std::move(seed))
    , connection_(parts.net, parts.time, parts.buffers, seed_->url().where(), connection_options_of(parts.options))
    , digest_(parts.layout)
{}

asio::awaitable<void> requester::run()
{
    while (!link_->is_closed())
    {
        auto ask = [id = id_, now = parts_.time.now()](download_state& state) { return state.next(id, now); };
        auto const action = co_await parts_.state.with(ask);
        if (std::holds_alternative<planning::leave>(action))
            break;
        if (auto const* const pause = std::get_if<planning::wait>(&action))
            co_await link_->waker().wait(parts_.time, pause->until);
        else
            co_await serve(std::get<planning::fetch>(action).work);
    }
    connection_.close();
}

// Every way out of the work on a claim leads through its settlement: success, failure, cancellation, exception.
asio::awaitable<void> requester::serve(planning::claim work)
{
    piece_sink sink(parts_, *link_, id_, work.pieces, digest_);
    auto const start = parts_.time.now();
    result_of_claim result;
    link_->begin(work.id);
    try
    {
        if (work.copy_of)
            result = co_await copy(sink, work);
        else
            result = co_await fetch(sink);
    }
    catch (boost::system::system_error const& error)
    {
        if (error.code() == asio::error::operation_aborted)
            result = stopped();
        else
            result = internal_failure(error.what());
    }
    catch (std::exception const& error)
    {
        result = internal_failure(error.what());
    }
    catch (...)
    {
        result = internal_failure("an exception of an unknown type");
    }
    link_->end();
    link_->set_storing(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    result.outcome.took = parts_.time.now() - start;
    result.outcome.bytes = sink.accepted();
    co_await settle(sink.take_progress(), std::move(result));
}

// A failure of the storage ends the download in the same turn, before anybody claims the pieces again.
asio::awaitable<void> requester::settle(progress done, result_of_claim result)
{
    auto turn = [id = id_, done, result = std::move(result), now = parts_.time.now(),
                 random = parts_.time.random()](download_state& state) {
        auto const counted = state.settle(id, done, result, now, random);
        if (result.outcome.kind == outcome_kind::storage_failed)
            state.close(result.error, result.cause);
        return counted;
    };
    co_await parts_.state.with(std::move(turn));
}

// From pieces with the same content, which are verified, into those of the claim.
asio::awaitable<result_of_claim> requester::copy(piece_sink& sink, planning::claim work)
{
    auto const target = parts_.layout.range_of(work.pieces).offset;
    auto const source = parts_.layout.range_of(static_cast<piece_index>(*work.copy_of)).offset;
    while (sink.left() != 0)
    {
        auto const slice = parts_.layout.slice_at(sink.position(), sink.left());
        error_code error;
        if (slice.pad)
            error = co_await sink.accept_pad(slice.size);
        else
        {
            http::buffer_lease const lease(parts_.buffers);
            auto const part = lease.bytes().first(std::min<std::uint64_t>(lease.bytes().size(), slice.size));
            error = co_await parts_.store.read(source + (sink.position() - target), part);
            if (error)
                co_return copy_failed();
            error = co_await sink.keep(part);
        }
        if (!error && sink.is_due())
            error = co_await sink.breathe();
        if (error && sink.storage_error())
            co_return judge({}, {seed_form::files, slice, {}}, sink);
        if (error)
            co_return stopped();
    }
    co_return result_of_claim();
}

asio::awaitable<result_of_claim> requester::fetch(piece_sink& sink)
{
    auto continued = 0;
    while (sink.left() != 0)
    {
        if (link_->is_stopped())
            co_return stopped();
        auto const wanted = next_request(parts_.layout, form(), sink.position(), sink.left());
        if (wanted.is_pad())
        {
            auto const error = co_await sink.accept_pad(wanted.size());
            if (error)
                co_return stopped();
            continue;
        }
        auto const position = sink.position();
        auto const response = co_await fetch_part(sink, wanted);
        auto const is_whole = !response.error && response.delivered == wanted.size();
        learn(wanted, response);
        if (is_whole)
            continue;
        if (form() != wanted.form && is_of_other_form(response))
        {
            // It counts for nothing; but bytes that aren't the piece's can't be taken back within the claim.
            if (sink.position() == position)
                continue;
            co_return stopped();
        }
        if (response.delivered < continue_size_plenty)
            ++continued;
        auto const brought_enough = response.delivered >= continue_size_min && continued <= continue_count_max;
        if (!brought_enough || !is_interruption(response.error))
        {
            tries_files_ = false;
            co_return judge(response, wanted, sink);
        }
    }
    co_return result_of_claim();
}

asio::awaitable<http::range_result> requester::fetch_part(piece_sink& sink, seed_request wanted)
{
    auto request = http_request_of(wanted, seed_->url(), parts_.layout.torrent());
    auto const accepted_before = sink.accepted();
    http::range_result response;
    if (wanted.form == seed_form::script && seed_->form() == seed_form::undecided)
        response = co_await try_script(sink, std::move(request));
    else
        response = co_await connection_.fetch(std::move(request), sink);
    auto const accepted = sink.accepted() - accepted_before;
    sink.count_response(response.received - accepted, response.requests, response.connects);
    co_return response;
}

asio::awaitable<http::range_result> requester::try_script(piece_sink& sink, http::range_request request)
{
    trial_sink trial(sink, request.range.size);
    auto response = co_await connection_.fetch(std::move(request), trial);
    if (response.error)
        co_return response;
    response.error = co_await trial.end();
    co_return response;
}

// What to ask for next.
seed_form requester::form() const noexcept
{
    auto const decided = seed_->form();
    if (decided != seed_form::undecided)
        return decided;
    return tries_files_ ? seed_form::files : seed_form::script;
}

// What a response says about the seed's form, for all its requesters or for the next try of this one.
void requester::learn(seed_request const& wanted, http::range_result const& response)
{
    if (response.delivered != 0 && !is_of_other_form(response))
    {
        if (wanted.form == seed_form::files || !response.error)
            seed_->decide(wanted.form);
    }
    else if (wanted.form == seed_form::script && is_of_other_form(response))
        tries_files_ = true;
}

result_of_claim
requester::judge(http::range_result const& response, seed_request const& wanted, piece_sink const& sink) const
{
    auto const& torrent = parts_.layout.torrent();
    auto const& slice = wanted.slice;
    auto const& file = torrent.files()[to_number(slice.file)];
    result_of_claim result;
    result.error = response.error ? response.error : error_code(errc::response_invalid);
    result.cause.file = slice.file;
    if (sink.storage_error())
    {
        result.outcome.kind = outcome_kind::storage_failed;
        result.error = sink.storage_error();
        result.cause.message =
            std::string(file.path) + " at " + std::to_string(slice.offset) + ": " + result.error.message();
        return result;
    }
    result.outcome.kind = kind_of(result.error);
    result.outcome.file = slice.file;
    if (wanted.form == seed_form::script)
    {
        result.cause.piece = wanted.query.piece;
        if (result.outcome.kind == outcome_kind::file_missing)
            result.outcome.kind = outcome_kind::failed; // a script knows pieces, not files
    }
    if (auto const wait = wait_of(response))
        result.outcome.retry_after = *wait;
    result.cause.url = url_of(wanted, seed_->url(), torrent);
    result.cause.http_status = response.status;
    result.cause.message = result.cause.url + ": ";
    if (response.status != 0)
        result.cause.message += "status " + std::to_string(response.status) + ", ";
    result.cause.message += result.error.message();
    return result;
}

asio::awaitable<void> run_requester(std::unique_ptr<requester> owned)
{
    co_await owned->run();
}

} // namespace webseed::core
