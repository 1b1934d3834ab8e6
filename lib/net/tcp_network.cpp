#include "net/tcp_network.hpp"

#include "net/deadline.hpp"
#include "net/routes.hpp"
#include "net/tls_stream.hpp"

#include <algorithm>
#include <utility>

namespace webseed {

namespace asio = boost::asio;

namespace net {

namespace {

// The host goes into the words of several protocols: what could be taken for more than a host isn't sent.
bool is_plain(std::string const& host)
{
    auto const is_odd = [](char letter) { return (letter >= 0 && letter <= ' ') || letter == 0x7f; };
    return !host.empty() && std::none_of(host.begin(), host.end(), is_odd);
}

// What is used is shared, so that who is destroyed first, the network or who connects, doesn't matter.
asio::awaitable<made_stream> connect(std::shared_ptr<means> by, connect_request request, std::string& detail)
{
    auto const to = request.to;
    auto const handshake_timeout = request.handshake_timeout;
    detail.clear();
    if (to.scheme != "http" && to.scheme != "https")
        co_return error_code(errc::scheme_unsupported);
    if (!is_plain(to.host))
        co_return error_code(errc::url_invalid);
    auto chosen = choose_proxy(by->options.proxy, to);
    if (!chosen)
    {
        detail = "the URL of the proxy for " + to.scheme + " is not valid";
        co_return chosen.error();
    }
    made_stream carried = error_code(errc::internal);
    if (*chosen)
        carried = co_await connect_by_proxy(by, std::move(**chosen), std::move(request), detail);
    else
        carried = co_await connect_straight(by, std::move(request), detail);
    if (!carried || to.scheme == "http")
        co_return std::move(carried);
    co_return co_await start_tls(std::move(*carried), by->tls, to, after(handshake_timeout), detail);
}

class tcp_network final : public network
{
public:
    tcp_network(network_options options, lookup_function ask)
        : means_(std::make_shared<means>(std::move(options), std::move(ask)))
    {}

    asio::awaitable<made_stream> connect(connect_request request, std::string& detail) override
    {
        return net::connect(means_, std::move(request), detail);
    }

private:
    std::shared_ptr<means> means_;
};

} // namespace

std::shared_ptr<network> make_tcp_network(network_options options, lookup_function ask)
{
    return std::make_shared<tcp_network>(std::move(options), std::move(ask));
}

} // namespace net

std::shared_ptr<network> make_tcp_network(network_options options)
{
    return net::make_tcp_network(std::move(options), net::look_up);
}

} // namespace webseed
