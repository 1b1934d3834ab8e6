#include "net/deadline.hpp"
#include "net/race.hpp"
#include "net/routes.hpp"
#include "net/tcp_stream.hpp"

#include <utility>

namespace webseed::net {

namespace asio = boost::asio;

asio::awaitable<made_stream> connect_to_any(
    std::shared_ptr<means> by, address_list addresses, connect_request request, time_point deadline, stream_facts facts,
    std::string& detail)
{
    race course;
    course.addresses = std::move(addresses);
    course.port = request.to.port;
    course.may_reach = std::move(request.may_reach);
    course.attempt_delay = by->options.attempt_delay;
    course.deadline = deadline;
    auto socket = co_await run_race(std::move(course), detail);
    if (!socket)
        co_return socket.error();
    error_code ignored;
    facts.address = socket->remote_endpoint(ignored).address();
    co_return std::unique_ptr<stream>(std::make_unique<tcp_stream>(std::move(*socket), std::move(facts)));
}

asio::awaitable<made_stream> connect_straight(std::shared_ptr<means> by, connect_request request, std::string& detail)
{
    auto addresses = co_await by->names.resolve(request.to.host, after(request.resolve_timeout), detail);
    if (!addresses)
        co_return addresses.error();
    auto const deadline = after(request.connect_timeout);
    co_return co_await connect_to_any(
        std::move(by), std::move(*addresses), std::move(request), deadline, stream_facts(), detail);
}

} // namespace webseed::net
