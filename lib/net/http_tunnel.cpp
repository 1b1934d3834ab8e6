#include "net/http_tunnel.hpp"

#include "net/proxy.hpp"
#include "net/reading.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

// The status in `HTTP/1.x NNN reason`; not set: it isn't that.
std::optional<unsigned> status_of(std::string_view head)
{
    auto const is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    auto const digits = head.substr(std::min<std::size_t>(head.size(), 9), 3);
    if (!head.starts_with("HTTP/1.") || head.size() < 13 || !is_digit(head[7]) || head[8] != ' ' ||
        !std::all_of(digits.begin(), digits.end(), is_digit) || (head[12] != ' ' && head[12] != '\r'))
        return std::nullopt;
    return static_cast<unsigned>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
}

// What the final head says.
error_code verdict(unsigned status, bool has_more, std::string& detail)
{
    detail = "it answered CONNECT with status " + std::to_string(status);
    if (status == 407)
        return errc::proxy_unauthorized;
    if (status / 100 != 2)
        return errc::proxy_failed;
    detail = has_more ? "it sent bytes before anybody could have said anything" : "";
    return has_more ? error_code(errc::proxy_failed) : error_code();
}

} // namespace

asio::awaitable<error_code>
open_http_tunnel(stream& by, endpoint to, std::string authorization, time_point deadline, std::string& detail)
{
    auto const where = to_text(to);
    auto request = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
    if (!authorization.empty())
        request += "Proxy-Authorization: " + authorization + "\r\n";
    request += "\r\n";
    auto const error = co_await by.write(asio::buffer(request), deadline);
    if (error)
        co_return error;
    std::string answer(tunnel_head_size_max, '\0');
    std::size_t begin = 0; // of the head: others, of interim answers, come before
    std::size_t size = 0;
    while (true)
    {
        auto const text = std::string_view(answer).substr(begin, size - begin);
        auto const end = text.find("\r\n\r\n");
        auto const status = status_of(text);
        if (end != text.npos && status && *status / 100 != 1)
            co_return verdict(*status, text.size() != end + 4, detail);
        if (end != text.npos && status)
        {
            begin += end + 4;
            continue;
        }
        if (end != text.npos || size == answer.size())
        {
            detail = size == answer.size() ? "the head of its answer to CONNECT is too large" : "it doesn't speak HTTP";
            co_return errc::proxy_failed;
        }
        auto const got = co_await read_any(by, asio::buffer(answer) + size, deadline);
        if (!got)
            co_return got.error();
        size += *got;
    }
}

} // namespace webseed::net
