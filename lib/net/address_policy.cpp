// What the addresses are for: IANA's registries of special-purpose addresses (RFC 6890 and its successors), and the
// places where clouds tell their guests their secrets.
#include <webseed/address_policy.hpp>
#include <webseed/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace webseed {

namespace ip = boost::asio::ip;

namespace {

enum class purpose
{
    open,    // anybody's
    nearby,  // of this machine, or of networks that have their own addresses
    special, // nobody's that a seed could be: link-local, multicast, documentation, reserved, metadata
};

using bytes = std::array<std::uint8_t, 16>;

struct network
{
    bytes prefix;
    unsigned bits;
    purpose is;
};

constexpr network v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned bits, purpose is)
{
    return {{a, b, c, d}, bits, is};
}

constexpr network v6(std::array<std::uint16_t, 8> groups, unsigned bits, purpose is)
{
    network made{{}, bits, is};
    for (std::size_t i = 0; i != groups.size(); ++i)
    {
        made.prefix[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
        made.prefix[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
    }
    return made;
}

// In both tables the first that matches counts.
constexpr network v4_networks[] = {
    v4(0, 0, 0, 0, 8, purpose::special),          // "this network"; 0.0.0.0 is this machine
    v4(10, 0, 0, 0, 8, purpose::nearby),          // private
    v4(100, 100, 100, 200, 32, purpose::special), // metadata
    v4(100, 64, 0, 0, 10, purpose::nearby),       // shared, behind a carrier's NAT
    v4(127, 0, 0, 0, 8, purpose::nearby),         // loopback
    v4(168, 63, 129, 16, 32, purpose::special),   // metadata
    v4(169, 254, 0, 0, 16, purpose::special),     // link-local, and metadata
    v4(172, 16, 0, 0, 12, purpose::nearby),       // private
    v4(192, 0, 0, 0, 24, purpose::special),       // protocol assignments
    v4(192, 0, 2, 0, 24, purpose::special),       // documentation
    v4(192, 88, 99, 0, 24, purpose::special),     // relays of 6to4
    v4(192, 168, 0, 0, 16, purpose::nearby),      // private
    v4(198, 18, 0, 0, 15, purpose::special),      // benchmarks
    v4(198, 51, 100, 0, 24, purpose::special),    // documentation
    v4(203, 0, 113, 0, 24, purpose::special),     // documentation
    v4(224, 0, 0, 0, 4, purpose::special),        // multicast
    v4(240, 0, 0, 0, 4, purpose::special),        // reserved, and broadcast
};

constexpr network v6_networks[] = {
    v6({0, 0, 0, 0, 0, 0, 0, 1}, 128, purpose::nearby),               // loopback
    v6({0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254}, 128, purpose::special), // metadata
    v6({0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254}, 128, purpose::special),  // metadata
    v6({0xfc00}, 7, purpose::nearby),                                 // unique local
    v6({0x2001, 1, 0, 0, 0, 0, 0, 1}, 128, purpose::open),            // anycast: port control
    v6({0x2001, 1, 0, 0, 0, 0, 0, 2}, 128, purpose::open),            // anycast: relays
    v6({0x2001, 3}, 32, purpose::open),                               // AMT
    v6({0x2001, 4, 0x112}, 48, purpose::open),                        // AS112
    v6({0x2001, 0x20}, 28, purpose::open),                            // ORCHIDv2
    v6({0x2001, 0x30}, 28, purpose::open),                            // drones
    v6({0x2001}, 23, purpose::special),                               // other protocol assignments
    v6({0x2001, 0xdb8}, 32, purpose::special),                        // documentation
    v6({0x3fff}, 20, purpose::special),                               // documentation
    v6({0x2000}, 3, purpose::open),                                   // all else that is given out
    v6({}, 0, purpose::special),                                      // the rest, fe80::/10 and ff00::/8 among it
};

// IPv6 networks whose addresses stand for an IPv4 address.
struct wrapping
{
    network outside;
    std::size_t at;      // the place of the IPv4 address
    std::uint8_t veil{}; // its bytes are XORed with
};

constexpr wrapping wrappings[] = {
    {v6({0, 0, 0, 0, 0, 0xffff}, 96, purpose::open), 12}, // IPv4-mapped
    {v6({0x64, 0xff9b}, 96, purpose::open), 12},          // NAT64
    {v6({0x2002}, 16, purpose::open), 2},                 // 6to4
    {v6({0x2001, 0}, 32, purpose::open), 12, 0xff},       // Teredo
};

bool is_in(network const& net, std::span<std::uint8_t const> address)
{
    for (unsigned bit = 0; bit != net.bits; ++bit)
        if (((address[bit / 8] ^ net.prefix[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

purpose purpose_in(std::span<network const> table, std::span<std::uint8_t const> address)
{
    for (auto const& net : table)
        if (is_in(net, address))
            return net.is;
    return purpose::open;
}

purpose purpose_of(ip::address const& address)
{
    if (address.is_v4())
        return purpose_in(v4_networks, address.to_v4().to_bytes());
    auto const all = address.to_v6().to_bytes();
    for (auto const& each : wrappings)
    {
        if (!is_in(each.outside, all))
            continue;
        std::array<std::uint8_t, 4> inside{};
        for (std::size_t i = 0; i != inside.size(); ++i)
            inside[i] = all[each.at + i] ^ each.veil;
        return purpose_in(v4_networks, inside);
    }
    return purpose_in(v6_networks, all);
}

// Whether nobody could take the host for one of the internet.
bool says_so_itself(std::string const& host)
{
    if (host == "localhost" || host == "localhost.")
        return true;
    auto const is_in_brackets = host.starts_with('[') && host.ends_with(']');
    error_code not_an_address;
    ip::make_address(is_in_brackets ? host.substr(1, host.size() - 2) : host, not_an_address);
    return !not_an_address;
}

} // namespace

bool is_public(ip::address const& address) noexcept
{
    return purpose_of(address) == purpose::open;
}

bool default_address_policy(reach_question const& question) noexcept
{
    auto const is = purpose_of(question.address);
    if (is == purpose::open)
        return true;
    if (question.hop == 0 && question.is_named_by_user)
        return true;
    if (is == purpose::special)
        return false;
    if (question.hop != 0 && question.is_from_public)
        return false;
    return says_so_itself(question.host) && !question.has_query;
}

} // namespace webseed
