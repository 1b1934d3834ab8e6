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
            error = co_await consume();
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
    if (has_head_ && !parser_ && !place_.is_followed)
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
    if (!has_head_ || parser_ || plan_.length || !may_end())
        return errc::body_truncated;
    end_ = taken_;
    return {};
}

asio::awaitable<error_code> exchange::consume()
{
    if (!has_head_)
    {
        auto const read = parse_head();
        if (!read)
            co_return read.error();
        if (*read == head::partial)
            co_return error_code();
        auto const error = begin_body();
        if (error)
            co_return error;
    }
    auto bytes = in_.unread();
    auto const size = bytes.size();
    error_code error;
    if (parser_)
        error = co_await decode(bytes);
    else
    {
        auto const body = bytes.first(std::min<std::uint64_t>(size, left()));
        bytes = bytes.subspan(body.size());
        is_clean_ = (bytes.empty() || place_.is_followed) && plan_.length == end_;
        if (!body.empty())
            error = co_await take(body);
    }
    in_.use(size - bytes.size());
    co_return error;
}

// Once the head is whole, what stands behind it is unread. The parser gets whole heads alone: what it says of parts
// depends on where they were cut, and its limit is for each part.
auto exchange::parse_head() -> boost::system::result<head>
{
    for (;;)
    {
        auto const bytes = in_.unread();
        auto const size = size_of_head(bytes.first(std::min(bytes.size(), head_size_max - head_size_)));
        if (!size)
            return size.error();
        if (*size == 0 && bytes.size() >= head_size_max - head_size_)
            return error_code(errc::head_too_large);
        if (*size == 0)
            return head::partial;
        parser_ = std::make_unique<response_parser>();
        parser_->header_limit(head_size_max);
        parser_->body_limit(boost::none);
        error_code error;
        auto const used = parser_->put(asio::buffer(bytes.data(), *size), error);
        if (error || used != *size || !parser_->is_header_done())
            return error_code(errc::response_invalid);
        auto const lines = std::ranges::count(bytes.first(used), std::byte{'\n'}) - 2; // its first and the empty one
        field_count_ += static_cast<std::size_t>(lines);
        if (field_count_ > field_count_max)
            return error_code(errc::head_too_large);
        in_.use(used);
        head_size_ += used;
        auto const status = parser_->get().result_int();
        if (status >= 200)
            return head::whole;
        parser_.reset();
        if (status < 100 || status == 101 || ++interims_ > interim_count_max)
            return error_code(errc::response_invalid);
    }
}

// Decides from the head how the body is to be read.
error_code exchange::begin_body()
{
    has_head_ = true;
    auto const facts = response_facts_of(*parser_);
    result_.status = facts.status;
    if (auto const field = field_of(parser_->get(), beast_http::field::retry_after))
        result_.retry_after = parse_retry_after(*field, facts.date);
    plan_ = plan_for(facts);
    keeps_alive_ = parser_->keep_alive();
    result_.is_last = !keeps_alive_;
    result_.may_be_followed = keeps_alive_ && parser_->get().version() == 11 && !plan_.error && plan_.length;
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
    if (!parser_->chunked() || parser_->is_done()) // a status may forbid the body that the fields promise
        parser_.reset();
    return {};
}

body_plan exchange::plan_for(response_facts const& facts)
{
    auto plan = judge(facts, request_);
    auto const is_conditional = has_range(request_) && !request_.validator.empty();
    auto const brings_file = facts.status == 206 || facts.status == 200;
    if (brings_file && is_other_version(facts, request_.validator, is_conditional))
        plan.error = errc::content_changed;
    else if (is_redirect(facts.status))
        plan.error = read_redirect();
    else if (facts.status == 407 && parts_.peer.proxy_authorization)
        plan.error = errc::proxy_unauthorized;
    else if (!plan.error)
        result_.validator = validator_of(facts);
    return plan;
}

error_code exchange::read_redirect()
{
    auto const asked = url::parse(parts_.to.scheme + "://" + request_.host_field + request_.target);
    if (!asked)
        return errc::redirect_refused;
    auto moved = http::read_redirect(redirect_facts_of(*parser_), *asked, result_.detail);
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

// @param bytes  must outlive the operation; what of them the parser wants to see again, with more behind it, is left.
asio::awaitable<error_code> exchange::decode(std::span<std::byte const>& bytes)
{
    // Of an empty body the parser asserts that it is there as a whole when it looks for the second time.
    if (!has_chunk_ && bytes.size() < chunked_size_min)
        co_return error_code();
    buffer_lease const decoded(parts_.buffers);
    // Once all that is wanted has come, only to see whether the response ends there.
    while (!is_decoded_ && !bytes.empty())
    {
        auto& body = parser_->get().body();
        body.data = decoded.bytes().data();
        body.size = decoded.bytes().size();
        body.more = true;
        error_code error;
        auto const used = parser_->put(asio::buffer(bytes.data(), bytes.size()), error);
        bytes = bytes.subspan(used);
        has_chunk_ = has_chunk_ || used != 0;
        auto const size = decoded.bytes().size() - parser_->get().body().size;
        auto const is_partial = error == beast_http::error::need_more;
        auto const framing = used - size + (is_partial ? bytes.size() : 0);
        if (left() == 0 && (size != 0 || error || framing > chunk_head_size_max))
            co_return error_code();
        // The parser has no limit to a chunk's head, or to a trailer.
        if ((error && !is_partial && error != beast_http::error::need_buffer) || framing > chunk_head_size_max)
            co_return errc::response_invalid;
        is_decoded_ = parser_->is_done();
        if (size != 0)
        {
            auto const wanted = std::min<std::uint64_t>(size, left());
            auto const failure = co_await take(decoded.bytes().first(wanted));
            if (failure || wanted != size)
                co_return failure;
        }
        if (is_partial)
            break;
    }
    if (is_decoded_ && !may_end())
        co_return request_.kind == answer_kind::exact ? errc::range_mismatch : errc::body_truncated;
    if (is_decoded_)
        end_ = taken_;
    is_clean_ = is_decoded_ && bytes.empty();
    co_return error_code();
}

asio::awaitable<error_code> exchange::take(std::span<std::byte const> bytes)
{
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
    auto const wanted = bytes.subspan(skipped, bytes.size() - skipped - behind);
    error_code error;
    if (!wanted.empty())
        error = co_await sink_.accept(wanted);
    if (!error)
        result_.delivered += wanted.size();
    if (!error && !plan_.error && taken_ > allowed_)
        error = request_.kind == answer_kind::document ? errc::document_too_large : errc::range_mismatch;
    if (error)
        keeps_alive_ = false; // even after the last byte
    co_return error;
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
