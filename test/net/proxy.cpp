#include "net/proxy.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using net::proxy;

TEST_CASE("URLs of proxies are read by their grammar, and nothing else is")
{
    using kind = proxy::kind;
    struct row
    {
        char const* url;
        proxy expected;
    };
    for (auto const& row : {
             row{"proxy.example", {kind::http, {"http", "proxy.example", 80}}},
             row{"Proxy.Example:3128/", {kind::http, {"http", "proxy.example", 3128}}},
             row{"HTTP://proxy.example:3128", {kind::http, {"http", "proxy.example", 3128}}},
             row{"https://proxy.example", {kind::https, {"https", "proxy.example", 443}}},
             row{"socks5://127.0.0.1", {kind::socks5, {"http", "127.0.0.1", 1080}}},
             row{"socks5h://[::1]:9050", {kind::socks5h, {"http", "::1", 9050}}},
             row{"[2001:db8::1]", {kind::http, {"http", "2001:db8::1", 80}}},
             row{"http://me@proxy.example", {kind::http, {"http", "proxy.example", 80}, "me", ""}},
             row{"me:a:b@proxy.example:1", {kind::http, {"http", "proxy.example", 1}, "me", "a:b"}},
             row{"http://m%65%20:p%40%2Fw@proxy.example", {kind::http, {"http", "proxy.example", 80}, "me ", "p@/w"}},
             row{"http://me:p@ss@proxy.example", {kind::http, {"http", "proxy.example", 80}, "me", "p@ss"}},
             row{"socks5://a%3ab:@proxy.example", {kind::socks5, {"http", "proxy.example", 1080}, "a:b", ""}},
         })
    {
        CAPTURE(row.url);
        auto const got = net::parse_proxy(row.url);
        REQUIRE(got.has_value());
        CHECK((*got == row.expected));
    }
    for (auto const* const url :
         {"",
          "/",
          "http://",
          "ftp://proxy.example",
          "socks4://proxy.example",
          "://proxy.example",
          "proxy.example:",
          "proxy.example:0",
          "proxy.example:65536",
          "proxy.example:80x",
          "proxy.example:-1",
          "proxy.example/path",
          "proxy.example?q",
          "proxy.example#f",
          "::1",
          "[::1",
          "[::1]x",
          "[::1]80",
          "[proxy]",
          "[127.0.0.1]",
          "me:%4@proxy.example",
          "me:%zz@proxy.example",
          "me:%@proxy.example",
          "a%3ab:x@proxy.example",
          "me@",
          "pro xy.example",
          "proxy.example\r\nX: y",
          "me@:80",
          "http:/proxy.example"})
    {
        CAPTURE(url);
        auto const got = net::parse_proxy(url);
        REQUIRE_FALSE(got.has_value());
        CHECK((got.error() == errc::proxy_failed));
    }
}

TEST_CASE("rules tell who is reached without a proxy")
{
    struct row
    {
        char const* none;
        char const* host;
        std::uint16_t port;
        bool is_exempt;
    };
    for (auto const& row : {
             row{"", "a.example", 80, false},
             row{"*", "a.example", 80, true},
             row{" , *", "::1", 80, true},
             row{"a.example", "a.example", 80, true},
             row{"a.example", "A.EXAMPLE.", 80, true},
             row{"A.Example.", "b.a.example", 80, true},
             row{".example", "a.example", 80, true},
             row{".a.example", "a.example", 80, true},
             row{"*.a.example", "b.a.example", 80, true},
             row{"a.example", "ba.example", 80, false},
             row{"a.example", "example", 80, false},
             row{".", "a.example", 80, false},
             row{"x.example,a.example", "a.example", 80, true},
             row{"x.example  a.example", "a.example", 80, true},
             row{"a.example:80", "a.example", 80, true},
             row{"a.example:80", "a.example", 8080, false},
             row{"a.example:x", "a.example", 80, false},
             row{"localhost", "127.0.0.1", 80, false},
             row{"127.0.0.1", "127.0.0.1", 80, true},
             row{"127.0.0.1", "localhost", 80, false},
             row{"0.0.1", "127.0.0.1", 80, false},
             row{"127.0.0.1:81", "127.0.0.1", 80, false},
             row{"10.0.0.0/8", "10.1.2.3", 80, true},
             row{"10.0.0.0/8", "11.1.2.3", 80, false},
             row{"10.0.0.0/8:443", "10.1.2.3", 443, true},
             row{"10.0.0.0/8:443", "10.1.2.3", 80, false},
             row{"10.128.0.0/9", "10.127.0.0", 80, false},
             row{"0.0.0.0/0", "8.8.8.8", 80, true},
             row{"0.0.0.0/0", "::1", 80, false},
             row{"10.0.0.0/33", "10.0.0.0", 80, false},
             row{"10.0.0.0/", "10.0.0.0", 80, false},
             row{"10.0.0.0/8", "a.example", 80, false},
             row{"::1", "::1", 80, true},
             row{"0:0::1", "::1", 80, true},
             row{"[::1]", "::1", 80, true},
             row{"[::1]:80", "::1", 80, true},
             row{"[::1]:81", "::1", 80, false},
             row{"fd00::/8", "fd12::1", 80, true},
             row{"[fd00::]/8:80", "fd12::1", 80, true},
             row{"fd00::/8", "fe80::1", 80, false},
             row{"::/129", "::1", 80, false},
         })
    {
        CAPTURE(row.none);
        CAPTURE(row.host);
        CHECK(net::is_exempt(row.none, {"http", row.host, row.port}) == row.is_exempt);
    }
}

TEST_CASE("each scheme has its proxy, or that of all")
{
    proxy_options options;
    options.all = "socks5://all.example";
    options.http = "http://http.example";
    options.none = "near.example";
    auto const chosen = [&options](char const* scheme, char const* host) {
        auto const got = net::choose_proxy(options, {scheme, host, 80});
        if (!got)
            return std::string("unreadable");
        return *got ? (*got)->at.host : std::string("none");
    };
    CHECK(chosen("http", "a.example") == "http.example");
    CHECK(chosen("https", "a.example") == "all.example");
    CHECK(chosen("https", "near.example") == "none");
    options.https = "https://secret@";
    CHECK(chosen("https", "a.example") == "unreadable");
    CHECK(chosen("https", "near.example") == "none");
    CHECK(chosen("http", "a.example") == "http.example");
}

TEST_CASE("user and password go into one word")
{
    CHECK(net::basic_authorization(*net::parse_proxy("proxy.example")).empty());
    CHECK(net::basic_authorization(*net::parse_proxy("a@proxy.example")) == "Basic YTo=");
    CHECK(
        net::basic_authorization(*net::parse_proxy("Aladdin:open%20sesame@p")) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
