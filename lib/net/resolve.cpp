#include "net/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace webseed::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Shared with the resolver's handler, which may run after everybody has stopped waiting.
struct lookup
{
    explicit lookup(asio::any_io_executor const& executor)
        : resolver(executor)
        , timer(executor)
    {}

    tcp::resolver resolver;
    asio::steady_timer timer; // runs until the deadline, or until the answer ends it
    std::vector<tcp::endpoint> found;
    bool done = false;
};

void start(std::shared_ptr<lookup> const& asked, endpoint const& to)
{
    asked->resolver.async_resolve(
        to.host, std::to_string(to.port), tcp::resolver::numeric_service,
        [asked](error_code error, tcp::resolver::results_type const& results) {
            if (!error)
                for (auto const& result : results)
                    if (asked->found.size() < address_count_max)
                        asked->found.push_back(result.endpoint());
            asked->done = true;
            asked->timer.cancel();
        });
}

} // namespace

asio::awaitable<boost::system::result<std::vector<tcp::endpoint>>> resolve(endpoint to, time_point deadline)
{
    error_code not_an_address;
    auto const address = asio::ip::make_address(to.host, not_an_address);
    if (!not_an_address)
        co_return std::vector<tcp::endpoint>(1, tcp::endpoint(address, to.port));

    auto const executor = co_await asio::this_coro::executor;
    auto const asked = std::make_shared<lookup>(executor);
    asked->timer.expires_at(deadline);
    start(asked, to);
    co_await asked->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (!asked->done)
        asked->resolver.cancel(); // so that it isn't even begun if it still stands behind another
    if (state.cancelled() != asio::cancellation_type::none)
        co_return error_code(asio::error::operation_aborted);
    if (!asked->done)
        co_return error_code(errc::connect_timed_out);
    if (asked->found.empty())
        co_return error_code(errc::resolve_failed);
    co_return std::move(asked->found);
}

} // namespace webseed::net
