#include "http/connection.hpp"

#include "http/exchange.hpp"
#include "http/heads.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace webseed::http {

namespace asio = boost::asio;

namespace {

// Of requests whose responses haven't come: a server that reads none while it sends has room for them.
constexpr std::size_t sent_size_max = 32 * 1024;

// Whether it may be that the server had closed an idle connection just as we used it.
bool is_lost(error_code error)
{
    return error == errc::body_truncated || error == asio::error::connection_reset ||
           error == asio::error::connection_aborted || error == asio::error::broken_pipe;
}

// It has come to nothing.
void forget_response(range_result& result)
{
    range_result without;
    without.connects = result.connects;
    without.requests = result.requests;
    without.received = result.received;
    without.is_doubtful = result.was_among_others;
    result = std::move(without);
}

} // namespace

connection::connection(
    network& net, clock& time, buffer_lender& buffers, endpoint to, connection_options options,
    std::function<bool(asio::ip::address const&)> may_reach)
    : net_(net)
    , time_(time)
    , buffers_(buffers)
    , to_(std::move(to))
    , options_(std::move(options))
    , may_reach_(std::move(may_reach))
    , in_(buffers_)
{}

asio::awaitable<error_code> connection::connect(std::string& detail)
{
    connect_request request;
    request.to = to_;
    request.may_reach = may_reach_;
    request.resolve_timeout = options_.resolve_timeout;
    request.connect_timeout = options_.connect_timeout;
    request.handshake_timeout = options_.handshake_timeout;
    auto made = co_await net_.connect(std::move(request), detail);
    if (!made)
        co_return made.error();
    stream_ = std::move(*made);
    facts_ = stream_->facts();
    co_return error_code();
}

// Whether a kept-alive stream can take a request: the server has neither closed it, nor sent anything unasked, which
// would be taken for the answer.
bool connection::is_quiet()
{
    std::byte unasked{};
    return stream_->read_some(asio::buffer(&unasked, 1)).error() == asio::error::would_block;
}

void connection::close() noexcept
{
    stream_.reset();
    sent_.clear();
    sent_size_ = 0;
    in_.clear();
    response_count_ = 0;
}

// What is to be written for the request, unless it was sent ahead, and for those that can go with it.
exchange_place connection::send(range_request const& request, requests_ahead& ahead, range_result& result)
{
    exchange_place place;
    place.head_timeout = options_.head_timeout;
    auto const now = time_.now();
    auto const add = [&](range_request&& asked, std::size_t size) {
        sent_size_ += size;
        sent_.push_back({std::move(asked), size, now});
        ++result.requests;
    };
    if (sent_.empty())
    {
        append_request(place.text, request, options_.user_agent, facts_);
        add(range_request(request), place.text.size());
    }
    else
    {
        place.sent_at = sent_.front().at;
        place.head_timeout = std::min(place.head_timeout, ahead.patience);
    }
    result.sent_ahead = 0;
    for (auto& each : ahead.requests)
    {
        auto const before = place.text.size();
        append_request(place.text, each, options_.user_agent, facts_);
        auto const size = place.text.size() - before;
        if (facts_.proxy_authorization || sent_size_ + size > sent_size_max)
        {
            place.text.resize(before);
            break;
        }
        add(std::move(each), size);
        ++result.sent_ahead;
    }
    place.is_followed = sent_.size() > 1;
    result.was_among_others = place.sent_at || place.is_followed;
    return place;
}

// Takes back what the exchange had. Returns whether it is to be asked again, over a new stream and without others.
bool connection::end(exchange& talk, range_result& result)
{
    stream_ = talk.take_reusable();
    in_ = talk.take_inbox();
    result.response_count = ++response_count_;
    if (!stream_ || (result.error && result.was_among_others))
        close();
    else
    {
        sent_size_ -= sent_.front().size;
        sent_.pop_front();
    }
    result.under_way = static_cast<unsigned>(sent_.size());
    if (result.was_among_others)
        return result.error && !talk.has_begun() && result.error != errc::overloaded &&
               result.error != asio::error::operation_aborted;
    // The server may have given up on an idle connection just as it was used again, with a 408 or without a word.
    return result.response_count > 1 && (talk.has_heard() ? result.status == 408 : is_lost(result.error));
}

asio::awaitable<void>
connection::fetch(range_request const& request, body_sink& sink, range_result& result, requests_ahead ahead)
{
    result = {};
    auto const is_next = is_open() && !sent_.empty() && sent_.front().request == request;
    if (!is_next && (!is_open() || !sent_.empty() || !is_quiet()))
        close();
    for (;;)
    {
        if (!is_open())
        {
            ++result.connects;
            result.error = co_await connect(result.detail);
            if (result.error)
                co_return;
        }
        auto place = send(request, ahead, result);
        exchange_parts const parts{time_, buffers_, options_, facts_, to_};
        exchange talk(parts, std::move(stream_), std::move(in_), std::move(place), request, sink, result);
        result.error = co_await talk.run();
        if (!end(talk, result))
            break;
        result.is_put_off = result.was_among_others && ahead.may_repeat && !ahead.may_repeat();
        if (result.is_put_off)
            break;
        forget_response(result);
        ahead.requests.clear();
        close();
    }
    result.is_doubtful = result.is_doubtful && !result.error;
}

} // namespace webseed::http
