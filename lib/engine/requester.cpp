#include "engine/requester.hpp"

#include "engine/claim_ends.hpp"
#include "engine/claim_note.hpp"
#include "engine/joined_piece.hpp"
#include "engine/message_of.hpp"
#include "engine/response_meaning.hpp"
#include "engine/trial_sink.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
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
// A piece that has begun is worth so much patience with a host that has no room for its rest, and so many looks.
constexpr auto patience = std::chrono::seconds(5);
constexpr int patience_count_max = 3;

client_parts asking_with(client_parts const& parts, http::buffer_lender& buffers)
{
    return {parts.net, parts.time, buffers, parts.addresses, parts.options};
}

} // namespace

requester::requester(
    download_parts const& parts, planning::requester_id id, std::shared_ptr<requester_link> link,
    std::shared_ptr<web_seed> seed)
    : parts_(parts)
    , id_(id)
    , link_(std::move(link))
    , seed_(std::move(seed))
    , buffers_(parts.buffers, link_, &parts, parts.time, parts.held)
    , client_(asking_with(parts.asking, buffers_), seed_->is_named_by_user())
    , pass_(parts.hosts, parts.time, link_, &parts, std::max(1u, parts.options.requesters_per_seed))
    , throttle_(seed_->limit(), parts.limit, parts.engine_limit)
    , ahead_(parts.layout, *seed_, std::max(1u, parts.options.pipelined_requests_max))
    , digest_(parts.layout)
{}

asio::awaitable<void> requester::run()
{
    while (!link_->is_closed())
    {
        auto const action = co_await next();
        if (std::holds_alternative<planning::leave>(action))
            break;
        if (auto const* const pause = std::get_if<planning::wait>(&action))
            co_await link_->waker().wait(parts_.time, pause->until);
        else if (auto const* const joined = std::get_if<planning::judge>(&action))
            co_await judge(*joined);
        else
            co_await serve(std::get<planning::fetch>(action).work);
    }
    pass_.give_up();
    client_.close();
}

// Asks for work only when its host has room for it: a claim that waited for that would keep others from the pieces.
asio::awaitable<planning::next_action> requester::next()
{
    auto const busy_until = pass_.enter(refused_at_.value_or(seed_->likely_host()));
    if (busy_until)
    {
        leave_room();
        auto decline = [id = id_, now = parts_.time.now(), until = *busy_until](download_state& state) {
            return state.decline(id, now, until);
        };
        co_return co_await parts_.state.with(decline);
    }
    auto ask = [id = id_, now = parts_.time.now()](download_state& state) { return state.next(id, now); };
    auto const action = co_await parts_.state.with(ask);
    if (!std::holds_alternative<planning::fetch>(action))
    {
        leave_room();
        pass_.give_up();
    }
    co_return action;
}

// Some hosts count connections, and an idle one would keep somebody else from being served.
void requester::leave_room()
{
    if (pass_.is_strict())
        client_.close();
}

// Every way out of the work on a claim leads through its settlement: success, failure, cancellation, exception.
asio::awaitable<void> requester::serve(planning::claim work)
{
    piece_sink sink(parts_, *link_, pass_, id_, work, digest_);
    has_ranges_.reset();
    auto const start = parts_.time.now();
    result_of_claim result;
    pass_.set_fresh(client_.response_count() == 0);
    link_->begin(work.id);
    try
    {
        if (work.copy_of)
            result = co_await copy(sink, work);
        else
            result = co_await fetch(sink, work.from_start);
    }
    catch (boost::system::system_error const& error)
    {
        if (error.code() == asio::error::operation_aborted)
            result = stopped();
        else
            result = internal_failure(error.what());
    }
    catch (...)
    {
        result = internal_failure(message_of(std::current_exception()));
    }
    auto const was_taken = link_->is_stopped() && !link_->is_closed();
    link_->end();
    link_->set_storing(false);
    ahead_.forget();
    client_.close_ahead(); // however it ended: answers that came ahead lie in a borrowed buffer
    if (sink.is_in_doubt())
        seed_->learn([](planning::pipelining& known) { known.fail(); });
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    result.outcome.took = parts_.time.now() - start;
    result.outcome.waited = sink.waited();
    result.outcome.bytes = sink.received();
    result.outcome.has_ranges = has_ranges_;
    result.outcome.sends_whole_pieces = seed_->sends_whole_pieces() && seed_->form() == seed_form::script;
    result.outcome.is_doubtful = sink.is_doubtful();
    if (has_ranges_ == false && !result.error)
        result.cause = ranges_cause_;
    auto said = visit_of(result, sink.received(), was_taken && !work.copy_of, parts_.options.retry_after_max);
    said.random = parts_.time.random();
    pass_.leave(said);
    if (!work.copy_of)
        take_note(seed_->server(), result, seed_->pipelined(), throttle_.is_limited(), parts_.time.now());
    co_await settle(sink.take_progress(), std::move(result));
}

// Whatever happens, the piece isn't lost: somebody else judges it if this one can't.
asio::awaitable<void> requester::judge(planning::judge work)
{
    auto seen = co_await examine(parts_, work, digest_, buffers_, *link_);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    auto turn = [piece = work.piece, seen = std::move(seen), now = parts_.time.now()](download_state& state) {
        state.judged(piece, seen.found, seen.digests, now);
        if (seen.error)
            state.close(seen.error, seen.cause);
        return true;
    };
    co_await parts_.state.with(std::move(turn));
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
    auto const target = work.range.offset;
    auto const source = parts_.layout.range_of(static_cast<piece_index>(*work.copy_of)).offset;
    while (sink.left() != 0)
    {
        auto const slice = parts_.layout.slice_at(sink.position(), sink.left());
        error_code error;
        if (slice.pad)
            error = co_await sink.accept_pad(slice.size);
        else
        {
            auto const room = co_await http::borrow_in_turn(buffers_);
            if (room.empty())
                co_return stopped();
            http::buffer_lease const lease(buffers_, room);
            auto const part = lease.bytes().first(std::min<std::uint64_t>(lease.bytes().size(), slice.size));
            error = co_await parts_.store.read(source + (sink.position() - target), part);
            if (error)
                co_return copy_failed();
            error = co_await sink.keep(part);
        }
        if (!error && sink.is_due())
            error = co_await sink.breathe();
        if (error && sink.storage_error())
            co_return storage_failure({seed_form::files, slice, {}}, sink);
        if (error)
            co_return stopped();
    }
    co_return result_of_claim();
}

asio::awaitable<result_of_claim> requester::fetch(piece_sink& sink, bool from_start)
{
    auto continued = 0;
    short_responses shorter;
    auto refused = 0;
    held_of_.reset();
    while (sink.left() != 0)
    {
        if (link_->is_stopped())
            co_return stopped();
        auto const asked = ahead_.end() > sink.position() ? ahead_.end() - sink.position() : sink.left();
        auto wanted = next_request(parts_.layout, form(), sink.position(), std::min(asked, sink.left()));
        wanted.query.is_whole = seed_->sends_whole_pieces();
        if (wanted.is_pad())
        {
            auto const error = co_await sink.accept_pad(wanted.size());
            if (error)
                co_return stopped();
            continue;
        }
        auto const position = sink.position();
        auto const begun_at = parts_.time.now();
        auto const request = request_for(wanted, sink, from_start);
        client_result got(request.where);
        auto const& response = got.response;
        sink.expect(wanted.size(), ahead_.end(), ahead_.is_among_others());
        if (may_be_other(wanted))
            co_await try_out(sink, request, got);
        else
            co_await client_.fetch(request, sink, got);
        auto const took = parts_.time.now() - begun_at;
        ahead_.note(response, took);
        sink.count_response(response);
        refused_at_.reset();
        if (!got.was_admitted)
        {
            ahead_.forget();
            client_.close_ahead();
            refused_at_ = got.where.where();
            if (!sink.is_within_piece() || ++refused == patience_count_max)
                co_return stopped();
            auto const has_room = co_await wait_for_room();
            if (!has_room)
                co_return stopped();
            continue;
        }
        learn(wanted, got, sink);
        learn_ranges(wanted, got);
        learn_pipelining(wanted, got, took);
        if (sink.is_in_doubt())
            co_return stopped();
        if (sink.is_past_end() || shorter.may_go_on(response, wanted.size()))
            continue;
        auto const is_for_files = form() != wanted.form && is_of_other_form(response);
        auto const is_whole = wanted.is_part_asked() && seed_->sends_whole_pieces();
        if (is_for_files || (is_whole && response.error == errc::range_mismatch))
        {
            // It counts for nothing; but bytes that aren't the piece's can't be taken back within the claim.
            if (sink.position() != position)
                co_return stopped();
            sink.end_trial();
            continue;
        }
        if (response.delivered < continue_size_plenty)
            ++continued;
        // What breaks off among others is given up as such before it is for ever.
        auto const brought_enough = (response.delivered >= continue_size_min && continued <= continue_count_max) ||
                                    (response.delivered != 0 && response.was_among_others);
        auto const is_surely_part = response.has_length || !wanted.is_part_asked();
        if (!brought_enough || !is_surely_part || !is_interruption(response.error))
        {
            tries_files_ = false;
            co_return judge(got, wanted, sink);
        }
    }
    co_return result_of_claim();
}

// Whether it may go on where it was refused.
asio::awaitable<bool> requester::wait_for_room()
{
    auto const end = parts_.time.now() + patience;
    pass_.leave({});
    for (;;)
    {
        auto const busy_until = pass_.enter(*refused_at_);
        if (!busy_until)
            co_return true;
        auto const is_soon = *busy_until == time_point::max() || *busy_until <= end;
        if (!is_soon || link_->is_stopped() || parts_.time.now() >= end)
            co_return false;
        leave_room();
        co_await link_->waker().wait(parts_.time, std::min(*busy_until, end));
    }
}

client_request requester::request_for(seed_request const& wanted, piece_sink const& sink, bool from_start)
{
    auto const& torrent = parts_.layout.torrent();
    client_request request{url_of(wanted, seed_->url(), torrent), http_request_of(wanted, torrent)};
    request.has_own_query = seed_->url().base().has_query();
    request.pass = &pass_;
    request.limits = &throttle_;
    if (wanted.form == seed_form::files)
    {
        request.known = &seed_->redirects();
        request.file = to_number(wanted.slice.file);
        if (from_start)
            request.asked.skip_max = std::numeric_limits<std::uint64_t>::max();
        if (held_of_ == wanted.slice.file && sink.is_within_piece())
            request.asked.validator = validator_;
    }
    ahead_.look_at(wanted, sink.position());
    if (link_->is_doubted())
        seed_->learn([](planning::pipelining& known) { known.fail(); });
    auto const pipelined = seed_->pipelined();
    if (wanted.form == seed_form::files && seed_->form() == seed_form::files && !from_start &&
        request.asked.validator.empty() && pass_.is_at_ease())
    {
        // Of pieces that are judged elsewhere a seed is asked for parts ahead when it has often done well.
        auto const end = pipelined.goes_well() == true ? sink.end() : sink.judged_end();
        auto const depth = pipelined.depth(client_.response_count());
        request.ahead = ahead_.look(wanted, sink.position(), end, depth, parts_.time.now());
    }
    request.patience = std::chrono::duration_cast<std::chrono::milliseconds>(pipelined.patience());
    return request;
}

// Whether other bytes than those may come.
bool requester::may_be_other(seed_request const& wanted) const noexcept
{
    auto const is_undecided = wanted.form == seed_form::script && seed_->form() == seed_form::undecided;
    return is_undecided || wanted.is_part_asked();
}

asio::awaitable<void> requester::try_out(piece_sink& sink, client_request const& request, client_result& got)
{
    trial_sink trial(sink, request.asked.range.size);
    sink.begin_trial();
    co_await client_.fetch(request, trial, got);
    if (!got.response.error && got.was_admitted)
    {
        sink.end_trial(); // for the last byte may end a piece
        got.response.error = co_await trial.end();
    }
}

// What to ask for next.
seed_form requester::form() const noexcept
{
    auto const decided = seed_->form();
    if (decided != seed_form::undecided)
        return decided;
    return tries_files_ ? seed_form::files : seed_form::script;
}

// What a response says about where and what the seed is, for all its requesters or for the next try of this one.
void requester::learn(seed_request const& wanted, client_result const& got, piece_sink const& sink)
{
    auto const& response = got.response;
    seed_->expect_at(got.where.where());
    held_of_.reset();
    if (response.delivered != 0 && wanted.form == seed_form::files && sink.is_within_piece())
    {
        held_of_ = wanted.slice.file;
        validator_ = response.validator;
    }
    auto const is_whole_piece = wanted.is_part_asked() && brings_whole_piece(response, wanted.size());
    if (is_whole_piece)
        seed_->learn_whole_pieces();
    if (response.delivered != 0 && !is_of_other_form(response))
    {
        if (wanted.form == seed_form::files || !response.error)
            seed_->decide(wanted.form);
    }
    else if (wanted.form == seed_form::script && is_of_other_form(response) && !is_whole_piece)
        tries_files_ = true;
}

void requester::learn_pipelining(seed_request const& wanted, client_result const& got, planning::duration took)
{
    auto const& response = got.response;
    if (wanted.form != seed_form::files || wanted.size() > lookahead::part_size_max)
        return;
    planning::shown_response shown;
    auto const is_whole = !response.error && response.delivered == wanted.size();
    shown.is_clean = response.may_be_followed && is_whole && got.redirects == 0;
    shown.was_among_others = response.was_among_others;
    shown.is_doubtful = response.is_doubtful ||
                        (response.was_among_others && response.delivered != 0 && is_interruption(response.error));
    shown.is_last = response.is_last;
    shown.response_count = response.response_count;
    shown.head_time = response.head_time;
    shown.whole_time = took;
    // Redirects, refusals and less than asked for are no faults, but there is no use in asking such a seed for more.
    auto const is_of_no_use = got.redirects != 0 || response.error == errc::overloaded ||
                              (response.was_among_others && !response.error && !is_whole);
    seed_->learn([&](planning::pipelining& known) {
        known.learn(shown, parts_.time.now());
        if (is_of_no_use)
            known.give_up();
    });
}

void requester::learn_ranges(seed_request const& wanted, client_result const& got)
{
    auto const& response = got.response;
    auto const is_part = wanted.size() != parts_.layout.torrent().files()[to_number(wanted.slice.file)].size;
    if (response.delivered == 0 || wanted.form != seed_form::files)
        return;
    if (response.status == 206)
        has_ranges_ = true;
    else if (response.status == 200 && is_part)
    {
        has_ranges_ = false;
        ranges_cause_ = cause_of(got, wanted, errc::range_ignored);
    }
}

result_of_claim requester::judge(client_result const& got, seed_request const& wanted, piece_sink const& sink) const
{
    if (sink.storage_error())
        return storage_failure(wanted, sink);
    auto const& response = got.response;
    result_of_claim result;
    result.error = response.error ? response.error : error_code(errc::body_truncated);
    result.cause = cause_of(got, wanted, result.error);
    result.outcome.kind = kind_of(result.error);
    result.outcome.file = wanted.slice.file;
    if (wanted.form == seed_form::script && result.outcome.kind == outcome_kind::file_missing)
        result.outcome.kind = outcome_kind::failed; // a script knows pieces, not files
    result.outcome.is_for_file = wanted.form == seed_form::files && response.status >= 400;
    if (auto const wait = wait_of(response))
        result.outcome.retry_after = *wait;
    if (got.redirects != 0 && (result.error == errc::address_refused || result.error == errc::certificate_refused))
        result.outcome.kind = outcome_kind::file_missing; // others may be elsewhere
    return result;
}

diagnostics requester::cause_of(client_result const& got, seed_request const& wanted, error_code error) const
{
    auto const& response = got.response;
    diagnostics cause;
    cause.file = wanted.slice.file;
    if (wanted.form == seed_form::script)
        cause.piece = wanted.query.piece;
    cause.url = got.where.text();
    cause.http_status = response.status;
    cause.message = cause.url + ": ";
    if (got.redirects != 0)
    {
        auto const origin = url_of(wanted, seed_->url(), parts_.layout.torrent());
        cause.message = origin.text() + " redirects to " + cause.message;
    }
    if (response.status != 0)
        cause.message += "status " + std::to_string(response.status) + ", ";
    cause.message += error.message();
    if (!response.detail.empty())
        cause.message += ": " + response.detail;
    else if (!response.error && error == errc::body_truncated)
        cause.message += ": " + told_of_short(response, wanted.size());
    return cause;
}

result_of_claim requester::storage_failure(seed_request const& wanted, piece_sink const& sink) const
{
    auto const& file = parts_.layout.torrent().files()[to_number(wanted.slice.file)];
    result_of_claim result;
    result.outcome.kind = outcome_kind::storage_failed;
    result.error = sink.storage_error();
    result.cause.file = wanted.slice.file;
    result.cause.message =
        std::string(file.path) + " at " + std::to_string(wanted.slice.offset) + ": " + result.error.message();
    return result;
}

asio::awaitable<void> run_requester(std::unique_ptr<requester> owned)
{
    co_await owned->run();
}

} // namespace webseed::core
