#include "net/letters.hpp"
#include "net/proxy.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <cstdint>
#include <span>

namespace webseed::net {

namespace ip = boost::asio::ip;

namespace {

std::optional<unsigned> parse_number(std::string_view text)
{
    unsigned value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<ip::address> parse_address(std::string_view text)
{
    if (text.starts_with('[') && text.ends_with(']'))
        text = text.substr(1, text.size() - 2);
    error_code error;
    auto const address = ip::make_address(std::string(text), error);
    if (error)
        return std::nullopt;
    return address;
}

// Whether the first `count` bits of both are the same; not if one has fewer.
bool begins_alike(std::span<std::uint8_t const> a, std::span<std::uint8_t const> b, unsigned count)
{
    if (count > 8 * a.size() || a.size() != b.size())
        return false;
    for (unsigned bit = 0; bit != count; ++bit)
        if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

bool is_in(ip::address const& address, ip::address const& network, unsigned bits)
{
    if (address.is_v4() != network.is_v4())
        return false;
    if (address.is_v4())
        return begins_alike(address.to_v4().to_bytes(), network.to_v4().to_bytes(), bits);
    return begins_alike(address.to_v6().to_bytes(), network.to_v6().to_bytes(), bits);
}

// A name and all below it.
bool is_name_or_below(std::string_view host, std::string_view name)
{
    if (host.ends_with('.'))
        host.remove_suffix(1);
    if (name.ends_with('.'))
        name.remove_suffix(1);
    if (name.starts_with("*."))
        name.remove_prefix(2);
    else if (name.starts_with('.'))
        name.remove_prefix(1);
    if (name.empty() || !in_lower_case(host).ends_with(in_lower_case(name)))
        return false;
    return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

bool obeys(std::string_view rule, endpoint const& to)
{
    if (rule == "*")
        return true;
    // A colon is before a port unless it is one of several outside of brackets, as IPv6 has.
    auto const bracket = rule.find(']');
    auto const colon = rule.rfind(':');
    auto const is_port = colon != rule.npos && (bracket != rule.npos ? colon > bracket : rule.find(':') == colon);
    if (is_port)
    {
        if (parse_number(rule.substr(colon + 1)) != to.port)
            return false;
        rule = rule.substr(0, colon);
    }
    auto const address = parse_address(to.host);
    if (auto const slash = rule.find('/'); slash != rule.npos)
    {
        auto const network = parse_address(rule.substr(0, slash));
        auto const bits = parse_number(rule.substr(slash + 1));
        return address && network && bits && is_in(*address, *network, *bits);
    }
    if (address)
        return parse_address(rule) == address;
    return is_name_or_below(to.host, rule);
}

} // namespace

bool is_exempt(std::string_view none, endpoint const& to)
{
    constexpr std::string_view separators = ", \t";
    while (true)
    {
        auto const begin = none.find_first_not_of(separators);
        if (begin == none.npos)
            return false;
        none.remove_prefix(begin);
        auto const end = none.find_first_of(separators);
        if (obeys(none.substr(0, end), to))
            return true;
        if (end == none.npos)
            return false;
        none.remove_prefix(end);
    }
}

} // namespace webseed::net
