#include "net/lookup.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstring>
#include <memory>

#include <netdb.h>

namespace webseed::net {

namespace {

lookup_answer ask(std::string const& host, int flags)
{
    if (host.empty() || host.find('\0') != std::string::npos)
        return {{}, "not a name"};
    addrinfo how{};
    how.ai_family = AF_UNSPEC;
    how.ai_socktype = SOCK_STREAM;
    how.ai_flags = flags;
    addrinfo* found = nullptr;
    if (auto const failure = ::getaddrinfo(host.c_str(), nullptr, &how, &found); failure != 0)
        return {{}, ::gai_strerror(failure)};
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned(found, ::freeaddrinfo);
    lookup_answer answer;
    for (auto const* each = found; each != nullptr; each = each->ai_next)
    {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6)
            continue;
        boost::asio::ip::tcp::endpoint at;
        at.resize(each->ai_addrlen);
        std::memcpy(at.data(), each->ai_addr, each->ai_addrlen);
        answer.addresses.push_back(at.address());
    }
    return answer;
}

} // namespace

lookup_answer look_up(std::string const& host)
{
    return ask(host, 0);
}

std::optional<boost::asio::ip::address> as_address(std::string const& host)
{
    // A dot behind it is for the root of the names; some take an address with one for an address all the same.
    auto const answer = ask(host.ends_with('.') ? host.substr(0, host.size() - 1) : host, AI_NUMERICHOST);
    if (answer.addresses.empty())
        return std::nullopt;
    return answer.addresses.front();
}

} // namespace webseed::net
