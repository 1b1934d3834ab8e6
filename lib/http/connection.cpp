#include "http/connection.hpp"

#include "http/exchange.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace webseed::http {

namespace asio = boost::asio;

namespace {

// Whether it may be that the server had closed an idle connection just as we used it.
bool is_lost(error_code error)
{
    return error == errc::body_truncated || error == asio::error::connection_reset ||
           error == asio::error::connection_aborted || error == asio::error::broken_pipe;
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

asio::awaitable<range_result> connection::fetch(range_request request, body_sink& sink)
{
    range_result result;
    if (is_open() && !is_quiet())
        close();
    auto is_kept_alive = is_open();
    exchange_parts const parts{time_, buffers_, options_, facts_, to_};
    for (;;)
    {
        if (!is_open())
        {
            ++result.connects;
            result.error = co_await connect(result.detail);
            if (result.error)
                co_return result;
        }
        exchange talk(parts, std::move(stream_), request, sink, result);
        result.error = co_await talk.run();
        stream_ = talk.take_reusable();
        // The server may have given up on an idle connection just as it was used again, with a 408 or without a word.
        auto const was_lost = talk.has_heard() ? result.status == 408 : is_lost(result.error);
        if (!std::exchange(is_kept_alive, false) || !was_lost)
            co_return result;
        close();
        result.status = 0;
    }
}

} // namespace webseed::http
