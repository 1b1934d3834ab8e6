#include <webseed/address_policy.hpp>

#include <doctest/doctest.h>

using namespace webseed;

namespace {

boost::asio::ip::address at(char const* text)
{
    return boost::asio::ip::make_address(text);
}

// Of each kind, with the first and the last of a network and its neighbours.
constexpr char const* open_addresses[] = {
    "1.0.0.0",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.31.196.1",
    "192.88.98.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "203.0.114.0",
    "223.255.255.255",
    "2001:1::1",
    "2001:3::1",
    "2001:20::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00::1",
    "3ffe::1",
    "2002:808:808::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2001:0:c000:201:0:0:f7f7:f7f7", // Teredo of 8.8.8.8
};
constexpr char const* nearby_addresses[] = {
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.255.255",
    "::1",
    "fc00::1",
    "fd00::1",
    "fdff:ffff::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "64:ff9b::192.168.0.1",
    "2002:a00:1::1",
    "2002:7f00:1::",
    "2001:0:c000:201:0:0:80ff:fffe", // Teredo of 127.0.0.1
};
constexpr char const* special_addresses[] = {
    "0.0.0.0",
    "0.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    "::",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "::8.8.8.8",
    "::127.0.0.1",
    "::ffff:0:8.8.8.8",
    "100::1",
    "100:0:0:1::1",
    "2001::ffff:ffff:5601:5601",
    "2001:2::1",
    "2001:1ff::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2002:a9fe:a9fe::",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%1",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
};

template <std::size_t Count>
bool all_public(char const* const (&addresses)[Count], bool expected)
{
    bool is_right = true;
    for (auto const* const text : addresses)
    {
        CAPTURE(text);
        CHECK(is_public(at(text)) == expected);
        is_right = is_right && is_public(at(text)) == expected;
    }
    return is_right;
}

} // namespace

TEST_CASE("addresses are public or not by what they are given out for")
{
    CHECK(all_public(open_addresses, true));
    CHECK(all_public(nearby_addresses, false));
    CHECK(all_public(special_addresses, false));
}

TEST_CASE("public addresses are for everybody, others for whom the rule says, in all combinations")
{
    struct kind
    {
        char const* address;
        bool is_open;
        bool is_special;
    };
    for (auto const& kind :
         {kind{"8.8.8.8", true, false}, kind{"192.168.1.1", false, false}, kind{"169.254.169.254", false, true},
          kind{"fe80::1", false, true}})
        for (auto const* const host : {"mirror.example", "localhost", "192.168.1.1", "fe80::1", "[fe80::1]", "127.1"})
            for (unsigned bits = 0; bits != 16; ++bits)
            {
                reach_question question;
                question.address = at(kind.address);
                question.host = host;
                question.has_query = (bits & 1) != 0;
                question.is_named_by_user = (bits & 2) != 0;
                question.hop = (bits & 4) != 0 ? 2 : 0;
                question.is_from_public = (bits & 8) != 0;
                CAPTURE(kind.address);
                CAPTURE(host);
                CAPTURE(bits);
                auto const is_plain = std::string(host) != "mirror.example" && std::string(host) != "127.1";
                bool may = kind.is_open;
                if (question.hop == 0)
                    may = may || question.is_named_by_user || (!kind.is_special && is_plain && !question.has_query);
                else
                    may = may || (!kind.is_special && !question.is_from_public && is_plain && !question.has_query);
                CHECK(default_address_policy(question) == may);
            }
}

TEST_CASE("a metadata service is reached by nobody's word but the user's own")
{
    for (auto const* const text : {"169.254.169.254", "fd00:ec2::254", "fe80::a9fe:a9fe", "::ffff:169.254.169.254"})
    {
        CAPTURE(text);
        reach_question question;
        question.address = at(text);
        question.host = text;
        CHECK_FALSE(default_address_policy(question));
        question.hop = 1;
        question.is_named_by_user = true;
        CHECK_FALSE(default_address_policy(question));
        question.hop = 0;
        CHECK(default_address_policy(question));
    }
}
