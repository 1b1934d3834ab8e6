#include "net/socks5.hpp"

#include "net/reading.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

using std::uint8_t;

constexpr char version = 5;
constexpr char without_login = 0;
constexpr char with_login = 2;
constexpr std::size_t text_size_max = 255;

char const* describe(uint8_t reply)
{
    constexpr char const* words[] = {
        "it granted the connection",
        "it failed",
        "its rules don't allow the connection",
        "the network is unreachable from it",
        "the host is unreachable from it",
        "the connection from it was refused",
        "the connection from it took too long",
        "it doesn't know how to connect",
        "it doesn't know addresses of this kind",
    };
    return reply < std::size(words) ? words[reply] : "it failed for a reason of its own";
}

// A text with its length before it.
std::string counted(std::string const& text)
{
    return static_cast<char>(text.size()) + text;
}

template <class Bytes>
std::string as_text(Bytes const& bytes)
{
    return {bytes.begin(), bytes.end()};
}

// The type of an address, and the address.
std::string encoded(std::string const& host)
{
    error_code not_an_address;
    auto const address = asio::ip::make_address(host, not_an_address);
    if (not_an_address)
        return '\3' + counted(host);
    if (address.is_v4())
        return '\1' + as_text(address.to_v4().to_bytes());
    return '\4' + as_text(address.to_v6().to_bytes());
}

asio::awaitable<error_code> log_in(stream& through, proxy by, time_point deadline)
{
    auto const login = '\1' + counted(by.user.value_or("")) + counted(by.password);
    auto error = co_await through.write(asio::buffer(login), deadline);
    if (error)
        co_return error;
    std::array<uint8_t, 2> answer{};
    error = co_await read_all(through, asio::buffer(answer), deadline);
    if (!error && answer[1] != 0)
        co_return errc::proxy_unauthorized;
    co_return error;
}

// Offers to log in only if there is something to log in with.
asio::awaitable<error_code> greet(stream& through, proxy by, time_point deadline, std::string& detail)
{
    auto const can_log_in = by.user.has_value();
    std::string greeting{version, static_cast<char>(can_log_in ? 2 : 1), without_login};
    if (can_log_in)
        greeting += with_login;
    auto error = co_await through.write(asio::buffer(greeting), deadline);
    if (error)
        co_return error;
    std::array<uint8_t, 2> answer{};
    error = co_await read_all(through, asio::buffer(answer), deadline);
    if (error)
        co_return error;
    if (answer[0] != version)
    {
        detail = "it doesn't speak SOCKS 5";
        co_return errc::proxy_failed;
    }
    if (answer[1] == without_login)
        co_return error;
    if (answer[1] != with_login || !can_log_in)
    {
        detail = "it wants another kind of credentials";
        co_return errc::proxy_unauthorized;
    }
    co_return co_await log_in(through, std::move(by), deadline);
}

// The rest of a reply: the address that the proxy connects from, of which nobody wants to know.
asio::awaitable<error_code> skip_address(stream& through, uint8_t type, time_point deadline, std::string& detail)
{
    std::array<uint8_t, text_size_max + 2> rest{};
    std::size_t size = 0;
    error_code error;
    if (type == 1)
        size = 4;
    else if (type == 4)
        size = 16;
    else if (type == 3)
    {
        error = co_await read_all(through, asio::buffer(rest, 1), deadline);
        size = rest[0];
    }
    else
    {
        detail = "it doesn't speak SOCKS 5";
        error = errc::proxy_failed;
    }
    if (error)
        co_return error;
    co_return co_await read_all(through, asio::buffer(rest, size + 2), deadline);
}

} // namespace

asio::awaitable<error_code>
open_socks5_tunnel(stream& through, proxy by, endpoint to, time_point deadline, std::string& detail)
{
    if (to.host.size() > text_size_max || by.user.value_or("").size() > text_size_max ||
        by.password.size() > text_size_max)
    {
        detail = "a name or password has more than 255 bytes";
        co_return errc::proxy_failed;
    }
    auto error = co_await greet(through, std::move(by), deadline, detail);
    if (error)
        co_return error;
    auto request = std::string{version, 1, 0} + encoded(to.host);
    request += {static_cast<char>(to.port >> 8), static_cast<char>(to.port & 0xff)};
    error = co_await through.write(asio::buffer(request), deadline);
    if (error)
        co_return error;
    std::array<uint8_t, 4> reply{};
    error = co_await read_all(through, asio::buffer(reply), deadline);
    if (error)
        co_return error;
    if (reply[0] != version || reply[1] != 0)
    {
        detail = reply[0] == version ? describe(reply[1]) : "it doesn't speak SOCKS 5";
        co_return errc::proxy_failed;
    }
    co_return co_await skip_address(through, reply[3], deadline, detail);
}

} // namespace webseed::net
