#include "http/exchange.hpp"

#include "http/validator.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace webseed::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace {

// Of all heads of a response, the interim ones counted.
constexpr std::size_t head_size_max = 16 * 1024;
constexpr std::size_t field_count_max = 100;
constexpr std::size_t chunk_head_size_max = 16 * 1024;
// "0" CR LF CR LF: no chunked body is shorter.
constexpr std::size_t chunked_size_min = 5;
constexpr unsigned interim_count_max = 8;
// A body of no use up to this size is read and thrown away, which costs less than a new connection.
constexpr std::uint64_t drain_size_max = 16 * 1024;
// As long as it comes quickly: the answer is known, and somebody waits for it.
constexpr auto drain_time_max = std::chrono::seconds(1);
constexpr auto without_end = std::numeric_limits<std::uint64_t>::max();

body_plan judge(response_facts const& facts, range_request const& request)
{
    if (request.kind == answer_kind::exact)
        return judge_exact(facts, request.range, request.file_size, request.is_all_asked);
    if (request.kind == answer_kind::document)
        return judge_document(facts, request.range.size);
    return judge(facts, request.range, request.file_size, request.is_page, request.skip_max);
}

// Whether the body is worth to be read even over a connection that is closed afterwards.
bool may_tell_wait(response_facts const& facts, answer_kind kind)
{
    return kind == answer_kind::exact && facts.status == 503 && !facts.content_encoding &&
           facts.content_length.value_or(0) <= refusal_size_max;
}

} // namespace

exchange::exchange(
    exchange_parts const& parts, std::unique_ptr<stream> line, inbox in, exchange_place place,
    range_request const& request, body_sink& sink, range_result& result)
    : parts_(parts)
    , place_(std::move(place))
    , request_(request)
    , sink_(sink)
    , result_(result)
    , stream_(std::move(line))
    , in_(std::move(in))
{}

std::unique_ptr<stream> exchange::take_reusable() noexcept
{
    if (!keeps_alive_ || left() != 0 || !is_clean_)
        return nullptr;
    return std::move(stream_);
}

inbox exchange::take_inbox() noexcept
{
    if (in_.empty())
        in_.clear();
    return std::move(in_);
}

asio::awaitable<error_code> exchange::run()
{
    auto const& options = parts_.options;
    start_ = parts_.time.now();
    deadline_ = options.range_timeout.count() == 0 ? time_point::max() : start_ + options.range_timeout;
    head_deadline_ = std::min(start_ + place_.head_timeout, deadline_);
    has_come_ = !in_.empty();
    if (has_come_)
        hear();
    error_code error;
    if (!place_.text.empty())
        error = co_await stream_->write(asio::buffer(place_.text), head_deadline_);
    error = meaning_of(error, errc::head_timed_out);
    if (!error && !has_come_ && !place_.text.empty())
        error = co_await wait(); // no answer comes that fast, unless it was asked for long ago
    while (!error && !is_done())
    {
        auto const buffer = in_.is_open() ? std::span<std::byte>() : parts_.buffers.try_borrow();
        if (!buffer.empty())
            in_.open(buffer);
        if (!in_.is_open())
        {
            error = co_await parts_.buffers.wait();
            continue;
        }
        error = read();
        while (!error)
        {
            error = has_head_ ? error_code() : read_head();
            if (!error && chunks_)
                error = co_await decode();
            else if (!error && has_head_)
            {
                auto const body = next_of_body();
                auto const wanted = begin_taking(body);
                if (!wanted.empty())
                    error = co_await sink_.accept(wanted);
                error = end_taking(wanted.size(), error);
                in_.use(body.size());
            }
            if (error)
                co_return error;
            if (is_done())
                co_return plan_.error;
            if (is_late())
                error = errc::range_timed_out;
            if (error || (has_head_ && sink_.is_due()))
                break;
            error = read();
        }
        in_.shut();
        if (error == asio::error::would_block)
            error = co_await wait();
        else if (!error)
            error = co_await sink_.breathe();
    }
    if (has_head_ && plan_.error && error != asio::error::operation_aborted)
        co_return plan_.error;
    co_return error;
}

void exchange::hear()
{
    if (!std::exchange(has_heard_, true))
        result_.head_time = parts_.time.now() - place_.sent_at.value_or(start_);
}

// Takes in what has arrived; would_block where nothing has. What comes behind the body is read with it where others
// follow: several small responses at once cost one read, and one wait.
error_code exchange::read()
{
    if (std::exchange(has_come_, false))
        return {};
    auto room = in_.room();
    room = room.first(std::min(room.size(), std::max<std::size_t>(sink_.size_max(), 1)));
    if (has_head_ && !chunks_ && !place_.is_followed)
        room = room.first(std::min<std::uint64_t>(room.size(), left()));
    auto const got = stream_->read_some(asio::buffer(room.data(), room.size()));
    if (got)
    {
        in_.add(*got);
        hear();
        return {};
    }
    if (got.error() != asio::error::eof)
        return got.error();
    if (!has_head_ || chunks_ || plan_.length || !may_end())
        return errc::body_truncated;
    end_ = taken_;
    return {};
}

// Takes in what there is of heads, as far as the one that counts. The parser gets whole heads alone: what it says of
// parts depends on where they were cut.
error_code exchange::read_head()
{
    while (!has_head_)
    {
        auto const room = head_size_max - head_size_;
        auto const bytes = in_.unread();
        auto const size = size_of_head(bytes.first(std::min(bytes.size(), room)));
        if (!size)
            return size.error();
        if (*size == 0)
            return bytes.size() >= room ? error_code(errc::head_too_large) : error_code();
        response_parser head;
        if (auto const error = head.read_head(bytes.first(*size)))
            return error;
        head_size_ += *size;
        field_count_ += head.field_count();
        if (field_count_ > field_count_max)
            return errc::head_too_large;
        auto const status = head.facts().status;
        auto const is_interim = status < 200;
        if (status < 100 || status == 101 || (is_interim && ++interims_ > interim_count_max))
            return errc::response_invalid;
        auto const error = is_interim ? error_code() : begin_body(head);
        if (error)
            return error;
        in_.use(*size);
    }
    return {};
}

// Decides from the head how the body is to be read.
error_code exchange::begin_body(response_parser& head)
{
    has_head_ = true;
    auto const& facts = head.facts();
    result_.status = facts.status;
    if (head.retry_after())
        result_.retry_after = parse_retry_after(*head.retry_after(), facts.date);
    plan_ = plan_for(head);
    keeps_alive_ = head.keep_alive();
    result_.is_last = !keeps_alive_;
    result_.may_be_followed = keeps_alive_ && head.is_http11() && !plan_.error && plan_.length;
    if (plan_.error)
    {
        auto const error = begin_refusal(facts);
        if (error)
            return error;
    }
    else
    {
        most_ = plan_.skip + request_.range.size;
        end_ = std::min(plan_.length.value_or(without_end), most_);
        // That it is all of the file shows in its length alone.
        allowed_ = !plan_.length && request_.is_all_asked ? request_.file_size : most_;
        least_ = plan_.length ? end_ : allowed_;
        result_.has_length = plan_.length.has_value();
        result_.brought_all = request_.kind == answer_kind::exact && !request_.is_all_asked && plan_.length &&
                              *plan_.length != request_.range.size;
        if (!plan_.length && request_.kind != answer_kind::range)
            end_ = allowed_ + (allowed_ != without_end ? 1 : 0);
        if (!plan_.length && request_.kind == answer_kind::document)
            least_ = 0;
    }
    if (head.chunked() && !head.is_done()) // a status may forbid the body that the fields promise
        chunks_ = std::make_unique<response_parser>(std::move(head));
    return {};
}

body_plan exchange::plan_for(response_parser const& head)
{
    auto const& facts = head.facts();
    auto plan = judge(facts, request_);
    auto const is_conditional = has_range(request_) && !request_.validator.empty();
    auto const brings_file = facts.status == 206 || facts.status == 200;
    if (brings_file && is_other_version(facts, request_.validator, is_conditional))
        plan.error = errc::content_changed;
    else if (is_redirect(facts.status))
        plan.error = read_redirect(head);
    else if (facts.status == 407 && parts_.peer.proxy_authorization)
        plan.error = errc::proxy_unauthorized;
    else if (!plan.error)
        result_.validator = validator_of(facts);
    return plan;
}

error_code exchange::read_redirect(response_parser const& head)
{
    auto const asked = url::parse(parts_.to.scheme + "://" + request_.host_field + request_.target);
    if (!asked)
        return errc::redirect_refused;
    auto moved = http::read_redirect(head.redirect(), *asked, result_.detail);
    if (!moved)
        return moved.error();
    result_.moved = std::move(*moved);
    return errc::status_unexpected;
}

// A body of no use, but for the first bytes of one that may tell how long to wait.
error_code exchange::begin_refusal(response_facts const& facts)
{
    auto const is_bodiless = facts.status == 204 || facts.status == 304; // whatever its Content-Length says
    auto const length = is_bodiless ? 0 : facts.content_length.value_or(without_end);
    // Other bytes than asked may be the answer to something else, sent unasked, and the next would be, too.
    auto const is_misfit = plan_.error == errc::range_mismatch || plan_.error == errc::range_ignored ||
                           plan_.error == errc::document_too_large || plan_.error == errc::content_changed ||
                           plan_.error == errc::page_instead;
    auto const is_drained = keeps_alive_ && length <= drain_size_max && !is_misfit;
    if (!is_drained && !may_tell_wait(facts, request_.kind))
        return plan_.error;
    if (is_drained)
        plan_.length = length;
    else
        plan_.length = facts.content_length;
    end_ = is_drained ? length : std::min<std::uint64_t>(length, refusal_size_max);
    plan_.skip = end_;
    least_ = plan_.length ? end_ : 0;
    deadline_ = std::min(deadline_, parts_.time.now() + drain_time_max);
    return {};
}

// What has come of a body that isn't chunked.
std::span<std::byte const> exchange::next_of_body()
{
    auto const bytes = in_.unread();
    auto const body = bytes.first(std::min<std::uint64_t>(bytes.size(), left()));
    is_clean_ = (body.size() == bytes.size() || place_.is_followed) && plan_.length == end_;
    return body;
}

// What has come of a chunked body.
asio::awaitable<error_code> exchange::decode()
{
    // Of an empty body the parser asserts that it is there as a whole when it looks for the second time.
    if (!has_chunk_ && in_.unread().size() < chunked_size_min)
        co_return error_code();
    // Once all that is wanted has come, only to see whether the response ends there.
    auto is_partial = false;
    while (!is_decoded_ && !is_partial && !in_.empty())
    {
        auto const coded = in_.unread();
        error_code error;
        auto const used = chunks_->decode(coded, error);
        auto const part = chunks_->decoded();
        has_chunk_ = has_chunk_ || used != 0;
        is_partial = error == beast_http::error::need_more;
        auto const framing = (is_partial ? coded.size() : used) - part.size();
        if (left() == 0 && (!part.empty() || error || framing > chunk_head_size_max))
            co_return error_code();
        // The parser has no limit to a chunk's head, or to a trailer.
        if ((error && !is_partial) || framing > chunk_head_size_max)
            co_return errc::response_invalid;
        is_decoded_ = chunks_->is_done();
        auto const body = part.first(std::min<std::uint64_t>(part.size(), left()));
        auto const wanted = begin_taking(body);
        error_code failure;
        if (!wanted.empty())
            failure = co_await sink_.accept(wanted);
        failure = end_taking(wanted.size(), failure);
        if (failure || body.size() != part.size())
            co_return failure;
        in_.use(used);
    }
    if (is_decoded_ && !may_end())
        co_return request_.kind == answer_kind::exact ? errc::range_mismatch : errc::body_truncated;
    if (is_decoded_)
        end_ = taken_;
    is_clean_ = is_decoded_ && in_.empty();
    co_return error_code();
}

// What the sink is to have of the next bytes of the body.
std::span<std::byte const> exchange::begin_taking(std::span<std::byte const> bytes)
{
    if (bytes.empty())
        return bytes;
    result_.received += bytes.size();
    taken_while_waiting_ += bytes.size();
    auto const skipped = std::min<std::uint64_t>(bytes.size(), plan_.skip - std::min(plan_.skip, taken_));
    has_begun_ = has_begun_ || !plan_.error;
    if (plan_.error)
        keep_refusal(bytes);
    else if (skipped != 0)
        sink_.skipped(skipped);
    taken_ += bytes.size();
    auto const behind = plan_.error ? 0 : std::min(taken_ - std::min(taken_, most_), bytes.size() - skipped);
    return bytes.subspan(skipped, bytes.size() - skipped - behind);
}

// What it comes to. @param error  what the sink said.
error_code exchange::end_taking(std::size_t delivered, error_code error)
{
    if (!error)
        result_.delivered += delivered;
    if (!error && !plan_.error && taken_ > allowed_)
        error = request_.kind == answer_kind::document ? errc::document_too_large : errc::range_mismatch;
    if (error)
        keeps_alive_ = false; // even after the last byte
    return error;
}

void exchange::keep_refusal(std::span<std::byte const> bytes)
{
    if (request_.kind != answer_kind::exact || result_.status != 503)
        return;
    auto const size = std::min(bytes.size(), refusal_size_max - result_.refusal.size());
    result_.refusal.append(reinterpret_cast<char const*>(bytes.data()), size);
}

asio::awaitable<error_code> exchange::wait()
{
    auto const& options = parts_.options;
    if (!has_head_)
    {
        auto const error = co_await stream_->wait_readable(head_deadline_);
        co_return meaning_of(error, errc::head_timed_out);
    }
    if (taken_while_waiting_ >= options.stall_size_min)
    {
        waited_ = {};
        taken_while_waiting_ = 0;
    }
    auto const start = parts_.time.now();
    auto const stalled_at = start + options.stall_timeout - waited_;
    auto const error = co_await stream_->wait_readable(std::min(stalled_at, deadline_));
    waited_ += parts_.time.now() - start;
    co_return meaning_of(error, errc::stalled);
}

error_code exchange::meaning_of(error_code error, errc timed_out) const noexcept
{
    if (error != errc::stalled)
        return error;
    return is_late() ? errc::range_timed_out : timed_out;
}

} // namespace webseed::http
