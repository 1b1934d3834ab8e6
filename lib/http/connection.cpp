#include "http/connection.hpp"

#include "http/heads.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace webseed::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace {

using parser = response_parser;

// Of all heads of a response, the interim ones counted.
constexpr std::size_t head_size_max = 16 * 1024;
constexpr std::size_t chunk_head_size_max = 16 * 1024;
// "0" CR LF CR LF: no chunked body is shorter.
constexpr std::size_t chunked_size_min = 5;
constexpr unsigned interim_count_max = 8;
// A body of no use up to this size is read and thrown away, which costs less than a new connection.
constexpr std::uint64_t drain_size_max = 16 * 1024;
constexpr auto without_end = std::numeric_limits<std::uint64_t>::max();

body_plan judge(response_facts const& facts, range_request const& request)
{
    if (request.kind == answer_kind::exact)
        return judge_exact(facts, request.range.size);
    if (request.kind == answer_kind::document)
        return judge_document(facts, request.range.size);
    return judge(facts, request.range, request.file_size);
}

// Whether the body is worth to be read even over a connection that is closed afterwards.
bool may_tell_wait(response_facts const& facts, answer_kind kind)
{
    return kind == answer_kind::exact && facts.status == 503 && !facts.content_encoding &&
           facts.content_length.value_or(0) <= refusal_size_max;
}

// Whether it may be that the server had closed an idle connection just as we used it.
bool is_lost(error_code error)
{
    return error == errc::body_truncated || error == asio::error::connection_reset ||
           error == asio::error::connection_aborted || error == asio::error::broken_pipe;
}

} // namespace

// One request and its response. Owns the stream meanwhile, so that it is closed on every way out but a clean end.
class connection::exchange
{
public:
    exchange(connection& owner, range_request const& request, body_sink& sink, range_result& result)
        : owner_(owner)
        , request_(request)
        , sink_(sink)
        , result_(result)
        , stream_(std::move(owner.stream_))
    {}

    asio::awaitable<error_code> run();

    bool has_heard() const noexcept { return has_heard_; }
    /// The stream, if another request can follow on it.
    std::unique_ptr<stream> take_reusable() noexcept
    {
        if (!keeps_alive_ || left() != 0 || !is_clean_)
            return nullptr;
        return std::move(stream_);
    }

private:
    boost::system::result<std::span<std::byte const>> read_into(std::span<std::byte> buffer);
    asio::awaitable<error_code> consume(std::span<std::byte const> bytes);
    enum class head
    {
        partial,
        whole,
    };
    boost::system::result<head> parse_head(std::span<std::byte const>& bytes);
    error_code begin_body();
    error_code begin_refusal(response_facts const& facts);
    bool may_end() const noexcept { return taken_ >= least_; }
    asio::awaitable<error_code> decode(std::span<std::byte const> bytes);
    asio::awaitable<error_code> take(std::span<std::byte const> bytes);
    void keep_refusal(std::span<std::byte const> bytes);
    asio::awaitable<error_code> wait();

    /// Bytes of the body still to come, as far as it is read.
    std::uint64_t left() const noexcept { return end_ - taken_; }
    bool is_done() const noexcept { return has_head_ && (left() == 0 || is_decoded_); }

    connection& owner_;
    range_request const& request_;
    body_sink& sink_;
    range_result& result_;
    std::unique_ptr<stream> stream_;
    std::unique_ptr<parser> parser_; // while it reads a head, or a chunked body: it is large
    std::vector<std::byte> carried_; // what the parser wants to see again, with more behind it
    time_point head_deadline_;
    std::size_t head_size_ = 0; // with the interim heads before it
    unsigned interims_ = 0;
    bool has_heard_ = false;
    bool has_head_ = false;

    // The body: bytes [skip, most_) of it are wanted, and it is read as far as end_, which is a byte further where only
    // so it shows whether the body is longer than allowed. It mustn't end before least_.
    body_plan plan_;
    std::uint64_t most_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t least_ = 0;
    std::uint64_t taken_ = 0;
    bool has_chunk_ = false;  // chunked, and the head of the first chunk has come
    bool is_decoded_ = false; // chunked, and the last chunk has come
    bool keeps_alive_ = false;
    bool is_clean_ = false; // the response ended where we stopped reading
    // Stalling: only waiting counts, so that a slow disk isn't held against the seed.
    time_point::duration waited_{};
    std::uint64_t taken_while_waiting_ = 0;
};

asio::awaitable<error_code> connection::exchange::run()
{
    auto const text = request_head(request_, owner_.options_.user_agent);
    head_deadline_ = owner_.time_.now() + owner_.options_.head_timeout;
    ++result_.requests;
    auto error = co_await stream_->write(asio::buffer(text), head_deadline_);
    if (error == errc::stalled)
        co_return errc::head_timed_out;
    if (!error)
        error = co_await wait(); // no answer comes that fast
    while (!error && !is_done())
    {
        {
            buffer_lease const lease(owner_.buffers_);
            auto got = read_into(lease.bytes());
            while (got)
            {
                error = co_await consume(*got);
                if (error)
                    co_return error;
                if (is_done())
                    co_return plan_.error;
                if (sink_.is_due())
                    break;
                got = read_into(lease.bytes());
            }
            if (!got)
                error = got.error();
        }
        if (error == asio::error::would_block)
            error = co_await wait();
        else if (!error)
            error = co_await sink_.breathe();
    }
    if (has_head_ && plan_.error && error != asio::error::operation_aborted)
        co_return plan_.error;
    co_return error;
}

// What has arrived, behind what was carried; would_block where nothing has.
boost::system::result<std::span<std::byte const>> connection::exchange::read_into(std::span<std::byte> buffer)
{
    auto room = buffer.subspan(carried_.size());
    if (has_head_ && !parser_)
        room = room.first(std::min<std::uint64_t>(room.size(), left()));
    auto const got = stream_->read_some(asio::buffer(room.data(), room.size()));
    if (!got && got.error() == asio::error::eof)
    {
        if (!has_head_ || parser_ || plan_.length || !may_end())
            return error_code(errc::body_truncated);
        end_ = taken_;
        return std::span<std::byte const>();
    }
    if (!got)
        return got.error();
    has_heard_ = true;
    std::ranges::copy(carried_, buffer.begin());
    auto const size = std::exchange(carried_, {}).size() + *got;
    return std::span<std::byte const>(buffer.first(size));
}

asio::awaitable<error_code> connection::exchange::consume(std::span<std::byte const> bytes)
{
    if (!has_head_)
    {
        auto const read = parse_head(bytes);
        if (!read)
            co_return read.error();
        if (*read == head::partial)
            co_return error_code();
        auto const error = begin_body();
        if (error)
            co_return error;
    }
    if (parser_)
        co_return co_await decode(bytes);
    auto const body = bytes.first(std::min<std::uint64_t>(bytes.size(), left()));
    is_clean_ = body.size() == bytes.size() && plan_.length == end_;
    if (body.empty())
        co_return error_code();
    co_return co_await take(body);
}

// Once the head is whole, `bytes` is what stands behind it. The parser gets whole heads alone: what it says of parts
// depends on where they were cut, and its limit is for each part.
auto connection::exchange::parse_head(std::span<std::byte const>& bytes) -> boost::system::result<head>
{
    for (;;)
    {
        auto const size = size_of_head(bytes.first(std::min(bytes.size(), head_size_max - head_size_)));
        if (!size)
            return size.error();
        if (*size == 0 && bytes.size() >= head_size_max - head_size_)
            return error_code(errc::head_too_large);
        if (*size == 0)
        {
            carried_.assign(bytes.begin(), bytes.end());
            return head::partial;
        }
        parser_ = std::make_unique<parser>();
        parser_->header_limit(head_size_max);
        parser_->body_limit(boost::none);
        error_code error;
        auto const used = parser_->put(asio::buffer(bytes.data(), *size), error);
        if (error || used != *size || !parser_->is_header_done())
            return error_code(errc::response_invalid);
        bytes = bytes.subspan(used);
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
error_code connection::exchange::begin_body()
{
    has_head_ = true;
    auto const facts = response_facts_of(*parser_);
    result_.status = facts.status;
    if (auto const field = field_of(parser_->get(), beast_http::field::retry_after))
        result_.retry_after = parse_retry_after(*field);
    plan_ = judge(facts, request_);
    keeps_alive_ = parser_->keep_alive();
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
        least_ = end_;
        if (!plan_.length && request_.kind != answer_kind::range)
            end_ = most_ + (most_ != without_end ? 1 : 0);
        if (!plan_.length && request_.kind == answer_kind::document)
            least_ = 0;
    }
    if (!parser_->chunked() || parser_->is_done()) // a status may forbid the body that the fields promise
        parser_.reset();
    return {};
}

// A body of no use, but for the first bytes of one that may tell how long to wait.
error_code connection::exchange::begin_refusal(response_facts const& facts)
{
    auto const is_bodiless = facts.status == 204 || facts.status == 304; // whatever its Content-Length says
    auto const length = is_bodiless ? 0 : facts.content_length.value_or(without_end);
    // Other bytes than asked may be the answer to something else, sent unasked, and the next would be, too.
    auto const is_misfit = plan_.error == errc::range_mismatch || plan_.error == errc::range_ignored ||
                           plan_.error == errc::document_too_large;
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
    return {};
}

asio::awaitable<error_code> connection::exchange::decode(std::span<std::byte const> bytes)
{
    if (!has_chunk_ && bytes.size() < chunked_size_min)
    {
        // Of an empty body the parser asserts that it is there as a whole when it looks for the second time.
        carried_.assign(bytes.begin(), bytes.end());
        co_return error_code();
    }
    buffer_lease const decoded(owner_.buffers_);
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
    carried_.assign(bytes.begin(), bytes.end());
    co_return error_code();
}

asio::awaitable<error_code> connection::exchange::take(std::span<std::byte const> bytes)
{
    result_.received += bytes.size();
    taken_while_waiting_ += bytes.size();
    auto const skipped = std::min<std::uint64_t>(bytes.size(), plan_.skip - std::min(plan_.skip, taken_));
    if (plan_.error)
        keep_refusal(bytes);
    taken_ += bytes.size();
    auto const surplus = plan_.error ? 0 : taken_ - std::min(taken_, most_);
    auto const wanted = bytes.subspan(skipped, bytes.size() - skipped - surplus);
    error_code error;
    if (!wanted.empty())
        error = co_await sink_.accept(wanted);
    if (!error)
        result_.delivered += wanted.size();
    if (!error && surplus != 0)
        error = request_.kind == answer_kind::document ? errc::document_too_large : errc::range_mismatch;
    if (error)
        keeps_alive_ = false; // even after the last byte
    co_return error;
}

void connection::exchange::keep_refusal(std::span<std::byte const> bytes)
{
    if (request_.kind != answer_kind::exact || result_.status != 503)
        return;
    auto const size = std::min(bytes.size(), refusal_size_max - result_.refusal.size());
    result_.refusal.append(reinterpret_cast<char const*>(bytes.data()), size);
}

asio::awaitable<error_code> connection::exchange::wait()
{
    if (!has_head_)
    {
        auto const error = co_await stream_->wait_readable(head_deadline_);
        if (error == errc::stalled)
            co_return errc::head_timed_out;
        co_return error;
    }
    auto const& options = owner_.options_;
    if (taken_while_waiting_ >= options.stall_size_min)
    {
        waited_ = {};
        taken_while_waiting_ = 0;
    }
    auto const start = owner_.time_.now();
    auto const error = co_await stream_->wait_readable(start + options.stall_timeout - waited_);
    waited_ += owner_.time_.now() - start;
    co_return error;
}

connection::connection(network& net, clock& time, buffer_lender& buffers, endpoint to, connection_options options)
    : net_(net)
    , time_(time)
    , buffers_(buffers)
    , to_(std::move(to))
    , options_(std::move(options))
{}

asio::awaitable<error_code> connection::connect()
{
    connect_request request;
    request.to = to_;
    request.resolve_timeout = options_.resolve_timeout;
    request.connect_timeout = options_.connect_timeout;
    request.handshake_timeout = options_.handshake_timeout;
    std::string detail;
    auto made = co_await net_.connect(std::move(request), detail);
    if (!made)
        co_return made.error();
    stream_ = std::move(*made);
    co_return error_code();
}

// Whether a kept-alive stream can take a request: the server has neither closed it, nor sent anything unasked, which
// would be taken for the answer.
bool connection::is_quiet()
{
    std::byte unasked{};
    return stream_->read_some(asio::buffer(&unasked, 1)).error() == asio::error::would_block;
}

asio::awaitable<range_result> connection::fetch(range_request request, body_sink& sink)
{
    range_result result;
    if (is_open() && !is_quiet())
        close();
    auto is_kept_alive = is_open();
    for (;;)
    {
        if (!is_open())
        {
            ++result.connects;
            result.error = co_await connect();
            if (result.error)
                co_return result;
        }
        exchange talk(*this, request, sink, result);
        result.error = co_await talk.run();
        stream_ = talk.take_reusable();
        auto const may_repeat = std::exchange(is_kept_alive, false) && !talk.has_heard();
        if (!may_repeat || !is_lost(result.error))
            co_return result;
    }
}

} // namespace webseed::http
