#include "net/proxy.hpp"

#include "net/letters.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace webseed::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string made;
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        if (text[i] != '%')
        {
            made += text[i];
            continue;
        }
        unsigned value = 0;
        auto const* const digits = text.data() + i + 1;
        if (text.size() - i < 3 || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2)
            return std::nullopt;
        made += static_cast<char>(value);
        i += 2;
    }
    return made;
}

// False: it is neither a name nor an address in brackets, or has something else than a port behind it.
bool parse_host_and_port(std::string_view text, endpoint& at)
{
    auto end = text.find(':');
    if (text.starts_with('['))
    {
        auto const bracket = text.find(']');
        error_code error;
        if (bracket == text.npos)
            return false;
        boost::asio::ip::make_address_v6(std::string(text.substr(1, bracket - 1)), error);
        if (error)
            return false;
        at.host = text.substr(1, bracket - 1);
        end = bracket + 1;
    }
    else
    {
        at.host = text.substr(0, end);
        auto const is_odd = [](char letter) {
            return letter <= ' ' || letter == 0x7f || letter == '[' || letter == ']';
        };
        if (at.host.empty() || std::any_of(at.host.begin(), at.host.end(), is_odd))
            return false;
    }
    at.host = in_lower_case(at.host);
    if (end >= text.size())
        return true;
    auto const port = parse_port(text.substr(end + 1));
    at.port = port.value_or(0);
    return text[end] == ':' && port;
}

// The login, which is cut off from `authority`. False: it isn't encoded right, or can't be sent.
bool take_login(std::string_view& authority, proxy& made)
{
    auto const at = authority.rfind('@');
    if (at == authority.npos)
        return true;
    auto const login = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    auto const colon = login.find(':');
    auto user = percent_decoded(login.substr(0, colon));
    auto password = percent_decoded(colon == login.npos ? std::string_view() : login.substr(colon + 1));
    if (!user || !password)
        return false;
    auto const is_basic = made.speaks == proxy::kind::http || made.speaks == proxy::kind::https;
    if (is_basic && user->find(':') != std::string::npos)
        return false;
    made.user = std::move(user);
    made.password = std::move(*password);
    return true;
}

} // namespace

boost::system::result<proxy> parse_proxy(std::string_view url)
{
    using kind = proxy::kind;
    struct scheme
    {
        std::string_view name;
        kind speaks;
        std::uint16_t port;
    };
    constexpr scheme schemes[] = {
        {"http", kind::http, 80},
        {"https", kind::https, 443},
        {"socks5", kind::socks5, 1080},
        {"socks5h", kind::socks5h, 1080},
    };
    auto const colon = url.find("://");
    auto const name = colon == url.npos ? "http" : in_lower_case(url.substr(0, colon));
    auto authority = colon == url.npos ? url : url.substr(colon + 3);
    auto const* const found =
        std::find_if(std::begin(schemes), std::end(schemes), [&](scheme const& each) { return each.name == name; });
    if (found == std::end(schemes))
        return error_code(errc::proxy_failed);
    if (authority.ends_with('/'))
        authority.remove_suffix(1);
    proxy made;
    made.speaks = found->speaks;
    made.at = endpoint{found->speaks == kind::https ? "https" : "http", {}, found->port};
    if (authority.find_first_of("/?#") != authority.npos || !take_login(authority, made) ||
        !parse_host_and_port(authority, made.at))
        return error_code(errc::proxy_failed);
    return made;
}

boost::system::result<std::optional<proxy>> choose_proxy(proxy_options const& options, endpoint const& to)
{
    auto const& own = to.scheme == "https" ? options.https : options.http;
    auto const& url = own.empty() ? options.all : own;
    if (url.empty() || is_exempt(options.none, to))
        return std::optional<proxy>();
    auto parsed = parse_proxy(url);
    if (!parsed)
        return parsed.error();
    return std::optional(std::move(*parsed));
}

std::string basic_authorization(proxy const& by)
{
    if (!by.user)
        return {};
    auto const login = *by.user + ":" + by.password;
    std::string encoded(4 * ((login.size() + 2) / 3) + 1, '\0'); // and a zero
    auto const size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(encoded.data()), reinterpret_cast<unsigned char const*>(login.data()),
        static_cast<int>(login.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

std::string to_text(endpoint const& at)
{
    auto const is_ipv6 = at.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + at.host + "]" : at.host) + ":" + std::to_string(at.port);
}

} // namespace webseed::net
