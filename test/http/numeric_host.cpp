#include "http/numeric_host.hpp"

#include <doctest/doctest.h>

using webseed::http::with_usual_address;

TEST_CASE("an address is the same in every notation")
{
    struct
    {
        char const* host;
        char const* usual;
    } const rows[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"1.2.3.4.", "1.2.3.4"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"127.1", "127.0.0.1"},
        {"127.65535", "127.0.255.255"},
        {"127.16777215.", "127.255.255.255"},
        {"10.1.258", "10.1.1.2"},
        {"2852039166", "169.254.169.254"},
        {"2852039166.", "169.254.169.254"},
        {"4294967295", "255.255.255.255"},
        {"0xa9.0xfe.0xa9.0xfe.", "169.254.169.254"},
        {"0xa9fea9fe", "169.254.169.254"},
        {"0251.0376.0251.0376", "169.254.169.254"},
        {"0251.0xfe.43518", "169.254.169.254"},
        {"000000000000000000127.0.0.1", "87.0.0.1"},
        {"010.0.0.1", "8.0.0.1"},
        {"0x.0x.0x.0x0", "0.0.0.0"},
        {"0", "0.0.0.0"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(std::string(row.host));
        CHECK(with_usual_address(row.host) == row.usual);
    }
}

TEST_CASE("what ends in a number is an address or nothing, and what doesn't is a name")
{
    for (auto const* const host :
         {"1.2.3.256", "256.1", "1.2.3.4.5", "1.2.65536", "127.16777216", "4294967296", "99999999999999999999", "08",
          "0169.0254.0169.0254", "1..2", ".1", "mirror.7", "a.0x1f", "0xfffffffff", "1.2.3.09", "1.-2.3"})
    {
        CAPTURE(host);
        CHECK_FALSE(with_usual_address(host));
    }
    for (auto const* const host :
         {"", ".", "h", "h.", "0xg", "1.2.3.h", "7.mirror.", "1.2.3.4..", "1e3", "x0x1", "a-1", "fe80::1"})
    {
        CAPTURE(host);
        CHECK(with_usual_address(host) == host);
    }
}
