#include "net/deadline.hpp"
#include "net/http_tunnel.hpp"
#include "net/letters.hpp"
#include "net/routes.hpp"
#include "net/socks5.hpp"
#include "net/tls_stream.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

bool is_http(proxy const& any)
{
    return any.speaks == proxy::kind::http || any.speaks == proxy::kind::https;
}

// What failed on the way to the proxy or by its doing, told as such.
error_code blame(proxy const& through, error_code error, std::string& detail)
{
    if (error == asio::error::operation_aborted)
        return error;
    auto const is_late = error == errc::stalled || error == errc::connect_timed_out;
    auto const says_enough = error == errc::resolve_timed_out || error == errc::proxy_unauthorized ||
                             error == errc::handshake_timed_out || error == errc::certificate_refused ||
                             error == errc::tls_failed;
    auto reason = detail.empty() ? (is_late ? "silent" : error.message()) : detail;
    if (!is_late && !says_enough && error != errc::proxy_failed && !detail.empty())
        reason = error.message() + ": " + detail; // else the error itself would be lost
    detail = "the proxy " + to_text(through.at) + ": " + reason;
    if (is_late)
        return errc::connect_timed_out;
    return says_enough ? error : error_code(errc::proxy_failed);
}

// A connection to the proxy itself, which nobody's policy is asked about: it is the user who named it.
asio::awaitable<made_stream> reach(
    std::shared_ptr<means> by, proxy through, address_list addresses, connect_request request, time_point deadline,
    std::string& detail)
{
    stream_facts facts;
    facts.is_proxied = true;
    if (is_http(through) && request.to.scheme == "http")
        facts.proxy_authorization = basic_authorization(through);
    auto const handshake_deadline = std::min(deadline, after(request.handshake_timeout));
    request.to = through.at;
    request.may_reach = nullptr;
    auto carried =
        co_await connect_to_any(by, std::move(addresses), std::move(request), deadline, std::move(facts), detail);
    if (!carried || through.speaks != proxy::kind::https)
        co_return std::move(carried);
    co_return co_await start_tls(std::move(*carried), by->tls, through.at, handshake_deadline, detail);
}

// Names that everybody takes for the machine they are on (RFC 6761 section 6.3).
bool is_this_machine(std::string host)
{
    if (host.ends_with('.'))
        host.pop_back();
    host = in_lower_case(host);
    return host == "localhost" || host.ends_with(".localhost");
}

// The hosts that the proxy may be asked for in turn: the name as it is, or what it is here.
asio::awaitable<boost::system::result<std::vector<std::string>>>
targets(std::shared_ptr<means> by, proxy::kind speaks, connect_request request, std::string& detail)
{
    auto const& host = request.to.host;
    std::vector<std::string> hosts;
    if (speaks != proxy::kind::socks5 && !as_address(host))
    {
        asio::ip::address const loopback = asio::ip::address_v4::loopback();
        if (is_this_machine(host) && request.may_reach && !request.may_reach(loopback))
        {
            detail = host + " may not be reached";
            co_return error_code(errc::address_refused);
        }
        hosts.push_back(host);
        co_return std::move(hosts);
    }
    auto addresses = co_await by->names.resolve(host, after(request.resolve_timeout), detail);
    if (!addresses)
        co_return addresses.error();
    for (auto const& each : *addresses)
    {
        if (!request.may_reach || request.may_reach(each))
            hosts.push_back(each.to_string());
        else
            detail += (detail.empty() ? "" : ", ") + each.to_string();
    }
    if (!hosts.empty())
    {
        detail.clear();
        co_return std::move(hosts);
    }
    detail += " may not be reached";
    co_return error_code(errc::address_refused);
}

} // namespace

asio::awaitable<made_stream>
connect_by_proxy(std::shared_ptr<means> by, proxy through, connect_request request, std::string& detail)
{
    auto const hosts = co_await targets(by, through.speaks, request, detail);
    if (!hosts)
        co_return hosts.error();
    auto const addresses = co_await by->names.resolve(through.at.host, after(request.resolve_timeout), detail);
    if (!addresses)
        co_return blame(through, addresses.error(), detail);
    auto const deadline = after(request.connect_timeout);
    error_code error;
    for (auto const& host : *hosts)
    {
        detail.clear();
        auto carried = co_await reach(by, through, *addresses, request, deadline, detail);
        if (!carried)
            co_return blame(through, carried.error(), detail);
        if ((*carried)->facts().proxy_authorization)
            co_return std::move(carried);
        auto to = request.to;
        to.host = host;
        if (is_http(through))
            error = co_await open_http_tunnel(**carried, std::move(to), basic_authorization(through), deadline, detail);
        else
            error = co_await open_socks5_tunnel(**carried, through, std::move(to), deadline, detail);
        if (!error)
            co_return std::move(carried);
        error = blame(through, error, detail);
        if (error != errc::proxy_failed) // which may be for this address alone
            break;
    }
    co_return error;
}

} // namespace webseed::net
