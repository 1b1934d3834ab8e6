#include "net/resolve.hpp"
#include "net/tcp_stream.hpp"

#include <webseed/network.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

namespace webseed {

namespace asio = boost::asio;

namespace {

class tcp_network final : public network
{
public:
    asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string&) override
    {
        auto const to = request.to;
        auto const deadline = std::chrono::steady_clock::now() + request.connect_timeout;
        if (to.scheme != "http")
            co_return error_code(errc::scheme_unsupported);
        auto const executor = co_await asio::this_coro::executor;
        auto const addresses = co_await net::resolve(to, deadline);
        if (!addresses)
            co_return addresses.error();
        auto error = error_code(errc::resolve_failed);
        auto left = static_cast<int>(addresses->size());
        for (auto const& address : *addresses)
        {
            // A fair share of the time for each, so that the first can't use it up.
            auto const now = std::chrono::steady_clock::now();
            auto const share = now + (deadline - now) / left--;
            auto attempt = std::make_unique<net::tcp_stream>(executor);
            error = co_await attempt->connect(address, share);
            if (!error)
                co_return std::unique_ptr<stream>(std::move(attempt));
            if (error == asio::error::operation_aborted)
                break;
        }
        co_return error;
    }
};

} // namespace

std::shared_ptr<network> make_tcp_network(network_options)
{
    return std::make_shared<tcp_network>();
}

} // namespace webseed
