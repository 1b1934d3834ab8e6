#include "http/url.hpp"

#include "http/shown_url.hpp"

#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed;
using http::credentials;
using http::url;
using namespace std::string_literals;

TEST_CASE("a URL is taken apart into where to connect, what to call the host, and what to show")
{
    struct row
    {
        char const* url;
        char const* host;
        unsigned port;
        char const* host_field;
        char const* full;
    };
    for (auto const& row : {
             row{"http://h/a", "h", 80, "h", "http://h/a"},
             row{"http://h", "h", 80, "h", "http://h/"},
             row{"http://h/", "h", 80, "h", "http://h/"},
             row{"HTTP://H.Example.COM/A", "h.example.com", 80, "h.example.com", "http://h.example.com/A"},
             row{"http://h:80/a", "h", 80, "h", "http://h/a"},
             row{"http://h:/a", "h", 80, "h", "http://h/a"},
             row{"http://h:0080/a", "h", 80, "h", "http://h/a"},
             row{"http://h:8080/a", "h", 8080, "h:8080", "http://h:8080/a"},
             row{"http://h:65535/a", "h", 65535, "h:65535", "http://h:65535/a"},
             row{"http://2.2.2.2:81/", "2.2.2.2", 81, "2.2.2.2:81", "http://2.2.2.2:81/"},
             row{"http://[2001:FF00::1]/a", "2001:ff00::1", 80, "[2001:ff00::1]", "http://[2001:ff00::1]/a"},
             row{"http://[::1]:42/a", "::1", 42, "[::1]:42", "http://[::1]:42/a"},
             row{"http://h?q=1", "h", 80, "h", "http://h/?q=1"},
             row{"http://h/a?q=1?2/3", "h", 80, "h", "http://h/a?q=1?2/3"},
             row{"http://h/a?", "h", 80, "h", "http://h/a?"},
             row{"http://h/a#f", "h", 80, "h", "http://h/a"},
             row{"http://h/a#f#[g] h", "h", 80, "h", "http://h/a"},
             row{"http://h#f", "h", 80, "h", "http://h/"},
             row{"http://my_host-1.example./a", "my_host-1.example.", 80, "my_host-1.example.",
                 "http://my_host-1.example./a"},
             row{"https://h/a", "h", 443, "h", "https://h/a"},
             row{"HTTPS://H:443/a", "h", 443, "h", "https://h/a"},
             row{"https://h:80/a", "h", 80, "h:80", "https://h:80/a"},
             row{"http://h:443/a", "h", 443, "h:443", "http://h:443/a"},
             row{"https://[::1]/a", "::1", 443, "[::1]", "https://[::1]/a"},
             row{" \t\r\nhttp://h/a b \r\n", "h", 80, "h", "http://h/a%20b"},
             row{"http://me:word@h:81/a", "h", 81, "h:81", "http://h:81/a"},
             row{"http://0xA9.0xfe.0xa9.0xfe./a", "169.254.169.254", 80, "169.254.169.254", "http://169.254.169.254/a"},
             row{"http://2852039166.:81/", "169.254.169.254", 81, "169.254.169.254:81", "http://169.254.169.254:81/"},
             row{"http://127%2e1/", "127.0.0.1", 80, "127.0.0.1", "http://127.0.0.1/"},
             row{"http://ex%61mple.com/a", "example.com", 80, "example.com", "http://example.com/a"},
         })
    {
        CAPTURE(row.url);
        auto const got = url::parse(row.url);
        REQUIRE(got);
        CHECK(got->where().scheme == std::string(row.full).substr(0, std::string(row.full).find(':')));
        CHECK(got->where().host == row.host);
        CHECK(got->where().port == row.port);
        CHECK(got->host_field() == row.host_field);
        CHECK(got->full() == row.full);
    }
}

TEST_CASE("what can't stand in a URL is escaped, and what is escaped stays")
{
    struct row
    {
        char const* url;
        char const* target;
    };
    for (auto const& row : {
             row{"http://h/a b", "/a%20b"},
             row{"http://h/a%20b", "/a%20b"},
             row{"http://h/a%2fb%2F", "/a%2fb%2F"},
             row{"http://h/100%", "/100%25"},
             row{"http://h/100%zz%4", "/100%25zz%254"},
             row{"http://h/%41", "/%41"},
             row{"http://h/[a]{b}|\\^`<\">", "/%5Ba%5D%7Bb%7D%7C%5C%5E%60%3C%22%3E"},
             row{"http://h/\xc3\xb6", "/%C3%B6"},
             row{"http://h/a?x=[1] 2", "/a?x=%5B1%5D%202"},
             row{"http://h/a+b;c=d@e:f!$&'()*,~", "/a+b;c=d@e:f!$&'()*,~"},
             row{"http://[::1]/[a]", "/%5Ba%5D"},
         })
    {
        CAPTURE(row.url);
        auto const got = url::parse(row.url);
        REQUIRE(got);
        CHECK(got->target() == row.target);
    }
}

TEST_CASE("what is no http URL, or could mean something else to somebody else, is refused")
{
    struct row
    {
        std::string url;
        errc error;
    };
    for (auto const& row : {
             row{"", errc::url_invalid},
             row{"abc", errc::url_invalid},
             row{"/8/items/", errc::url_invalid},
             row{"//h/a", errc::url_invalid},
             row{"http:", errc::url_invalid},
             row{"http:/", errc::url_invalid},
             row{"http:a", errc::url_invalid},
             row{"http:]", errc::url_invalid},
             row{"http:[#://", errc::url_invalid},
             row{"http://", errc::url_invalid},
             row{"http:///a", errc::url_invalid},
             row{"http://:80/a", errc::url_invalid},
             row{"http://h:0/", errc::url_invalid},
             row{"http://h:00/", errc::url_invalid},
             row{"http://h:65536/", errc::url_invalid},
             row{"http://h:65616/", errc::url_invalid}, // 80 in 16 bits
             row{"http://h:99999/", errc::url_invalid},
             row{"http://h:4294967376/", errc::url_invalid},
             row{"http://h:99999999999999999999/", errc::url_invalid},
             row{"http://h:-1/", errc::url_invalid},
             row{"http://h:8x/", errc::url_invalid},
             row{"http://h:x/", errc::url_invalid},
             row{"http://h:1:2/", errc::url_invalid},
             row{"http://h:%31/", errc::url_invalid},
             row{"http://[::1]x/", errc::url_invalid},
             row{"http://good\\@evil/", errc::url_invalid},
             row{"http://user:pass\\word@h/", errc::url_invalid},
             row{"http:\\\\h/", errc::url_invalid},
             row{"http://user:pass/word@h/", errc::url_invalid},
             row{"http://user@/", errc::url_invalid},
             row{"http://user@:80/", errc::url_invalid},
             row{"http://a b/", errc::url_invalid},
             row{"http://a%20b/", errc::url_invalid},
             row{"http://a%0d%0aX:%20y/", errc::url_invalid},
             row{"http://a%00b/", errc::url_invalid},
             row{"http://a%2fb/", errc::url_invalid},
             row{"http://h,i/", errc::url_invalid},
             row{"http://h'/", errc::url_invalid},
             row{"http://\xc3\xb6/", errc::url_invalid},
             row{"http://[::1/a", errc::url_invalid},
             row{"http://[]/", errc::url_invalid},
             row{"http://[v1.x]/", errc::url_invalid},
             row{"http://[::1%25eth0]/", errc::url_invalid},
             row{"http://[1.2.3.4]/", errc::url_invalid},
             row{"http://" + std::string(254, 'h') + "/", errc::url_invalid},
             row{"http://1.2.3.256/", errc::url_invalid},
             row{"http://0169.0254.0169.0254/", errc::url_invalid},
             row{"http://h/a\r\nX: y", errc::url_invalid},
             row{"http://h/a\tb", errc::url_invalid},
             row{"http://h/a\nb", errc::url_invalid},
             row{"http://h/a\0b"s, errc::url_invalid},
             row{"http://h/a\x7f", errc::url_invalid},
             row{"http://h/#\r\nX: y", errc::url_invalid},
             row{"https://h:0/", errc::url_invalid},
             row{"http://h/\x01", errc::url_invalid},
             row{"\x01http://h/", errc::url_invalid},
             row{"ftp://h/", errc::scheme_unsupported},
             row{"httpss://h/", errc::scheme_unsupported},
             row{"udp://h/", errc::scheme_unsupported},
         })
    {
        CAPTURE(row.url);
        auto const got = url::parse(row.url);
        REQUIRE_FALSE(got);
        CHECK(got.error() == row.error);
    }
}

TEST_CASE("a user's name and password are read without their escapes, and never shown")
{
    struct row
    {
        char const* url;
        std::optional<credentials> userinfo;
    };
    for (auto const& row : {
             row{"http://h/", std::nullopt},
             row{"http://@h/", std::nullopt},
             row{"http://:@h/", std::nullopt},
             row{"http://h/a@b", std::nullopt},
             row{"http://h/?a@b", std::nullopt},
             row{"http://secret@h/", credentials{"secret", ""}},
             row{"http://secret:@h/", credentials{"secret", ""}},
             row{"http://:secret@h/", credentials{"", "secret"}},
             row{"http://me:secret@h/", credentials{"me", "secret"}},
             row{"http://me:secret:word@h/", credentials{"me", "secret:word"}},
             row{"http://me:secret@word@h/", credentials{"me", "secret@word"}},
             row{"http://me%3a:secret%40%2f%25%00@h/", credentials{"me:", "secret@/%\0"s}},
             row{"http://me:secret 100%[\"\xff]@h/", credentials{"me", "secret 100%[\"\xff]"}},
             row{"http://[::1]:secret@h/", credentials{"[", ":1]:secret"}},
             row{"http://h@:secret@[::1]/", credentials{"h@", "secret"}},
         })
    {
        CAPTURE(row.url);
        auto const got = url::parse(row.url);
        REQUIRE(got);
        CHECK(got->userinfo() == row.userinfo);
        CHECK(got->full().find("secret") == std::string::npos);
        CHECK(got->text().find("secret") == std::string::npos);
        CHECK(url::parse(got->full())->where() == got->where());
    }
}

TEST_CASE("a URL is asked for another target with the same credentials")
{
    auto const got = url::parse("https://me:word@h:81/a?b").value().with("/c?d?e");
    CHECK(got.full() == "https://h:81/c?d?e");
    CHECK(got.path() == "/c");
    CHECK(got.query() == "?d?e");
    CHECK(got.userinfo() == credentials{"me", "word"});
    CHECK(got.with("/c").query() == "");
    CHECK_FALSE(got.with("/c").has_query());
}

TEST_CASE("the same origin is the same scheme, host and port")
{
    struct row
    {
        char const* a;
        char const* b;
        bool is_same;
    };
    for (auto const& row : {
             row{"http://h/a", "http://me@h/b?c", true},
             row{"http://h/a", "HTTP://H:80/", true},
             row{"https://h/a", "https://h:443/", true},
             row{"https://h:80/a", "http://h/", false},
             row{"http://h/a", "https://h/", false},
             row{"http://h/a", "http://h:8080/", false},
             row{"http://h/a", "http://h./", false},
             row{"http://h/a", "http://h@evil/", false},
             row{"http://h/a", "http://a.h/", false},
         })
    {
        CAPTURE(row.a);
        CAPTURE(row.b);
        CHECK(is_same_origin(*url::parse(row.a), *url::parse(row.b)) == row.is_same);
        CHECK(is_same_origin(*url::parse(row.b), *url::parse(row.a)) == row.is_same);
    }
}

TEST_CASE("a Location leads where RFC 3986 says")
{
    struct row
    {
        char const* location;
        char const* target;
    };
    auto const base = url::parse("http://me:word@a:81/b/c/d;p?q=x").value();
    for (auto const& row : {
             // Section 5.4, without what has another scheme.
             row{"http://g/", "http://g/"},
             row{"g", "http://a:81/b/c/g"},
             row{"./g", "http://a:81/b/c/g"},
             row{"g/", "http://a:81/b/c/g/"},
             row{"/g", "http://a:81/g"},
             row{"//g", "http://g/"},
             row{"?y", "http://a:81/b/c/d;p?y"},
             row{"g?y", "http://a:81/b/c/g?y"},
             row{"#s", "http://a:81/b/c/d;p?q=x"},
             row{"g#s", "http://a:81/b/c/g"},
             row{"g?y#s", "http://a:81/b/c/g?y"},
             row{";x", "http://a:81/b/c/;x"},
             row{"g;x?y#s", "http://a:81/b/c/g;x?y"},
             row{"", "http://a:81/b/c/d;p?q=x"},
             row{".", "http://a:81/b/c/"},
             row{"./", "http://a:81/b/c/"},
             row{"..", "http://a:81/b/"},
             row{"../", "http://a:81/b/"},
             row{"../g", "http://a:81/b/g"},
             row{"../..", "http://a:81/"},
             row{"../../g", "http://a:81/g"},
             row{"../../../g", "http://a:81/g"},
             row{"../../../../g", "http://a:81/g"},
             row{"/./g", "http://a:81/g"},
             row{"/../g", "http://a:81/g"},
             row{"g.", "http://a:81/b/c/g."},
             row{"..g", "http://a:81/b/c/..g"},
             row{"./../g", "http://a:81/b/g"},
             row{"./g/.", "http://a:81/b/c/g/"},
             row{"g/./h", "http://a:81/b/c/g/h"},
             row{"g/../h", "http://a:81/b/c/h"},
             row{"g;x=1/../y", "http://a:81/b/c/y"},
             row{"g?y/../x", "http://a:81/b/c/g?y/../x"},
             // What else servers say.
             row{"https://g/x/../y?z", "https://g/y?z"},
             row{"HTTP://G:80/../..", "http://g/"},
             row{"http://g?y", "http://g/?y"},
             row{"http://you:secret@g/", "http://g/"},
             row{"//you:secret@g:8/x", "http://g:8/x"},
             row{" g \r\n", "http://a:81/b/c/g"},
             row{"/a b\"<\\>[]{}\xc3\xb6 100%", "http://a:81/a%20b%22%3C%5C%3E%5B%5D%7B%7D%C3%B6%20100%25"},
             row{"\\\\g/x", "http://a:81/b/c/%5C%5Cg/x"},
             row{"/%2e%2e/g", "http://a:81/%2e%2e/g"},
             row{"/g//h//../i", "http://a:81/g//h/i"},
             row{"/.//g", "http://a:81//g"},
             row{"/go?to=http://g/:x", "http://a:81/go?to=http://g/:x"},
             row{"go?to=a:b", "http://a:81/b/c/go?to=a:b"},
             row{"./a:b", "http://a:81/b/c/a:b"},
         })
    {
        CAPTURE(row.location);
        auto const got = resolve(base, row.location);
        REQUIRE(got);
        CHECK(got->full() == row.target);
        CHECK_FALSE(got->userinfo());
        CHECK(resolve(*got, got->full())->full() == row.target);
    }
}

TEST_CASE("a Location that leads nowhere is refused")
{
    auto const base = url::parse("http://h/a").value();
    for (auto const* const location :
         {"http:", "http:g", "http:/g", "http://", "http:///g", "///g", "//", "a:b", "http://h:0/", "http://h:99999/",
          "//h:65616/", "http://[::1/", "http://a b/", "/a\rb", "/a\nX: y", "/\x01", "/\x7f", "//good\\@evil/"})
    {
        CAPTURE(location);
        auto const got = resolve(base, location);
        REQUIRE_FALSE(got);
        CHECK(got.error() == errc::url_invalid);
    }
    for (auto const* const location : {"ftp://h/a", "file:///etc/passwd", "data://h", "wss://h/"})
        CHECK(resolve(base, location).error() == errc::scheme_unsupported);
    CHECK(
        resolve(base, "/" + std::string(http::location_size_max - 9, 'x'))->path().size() ==
        http::location_size_max - 8);
    for (auto const& large : {"/" + std::string(http::location_size_max, 'x'), "/" + std::string(3000, ' ') + "x"})
        CHECK(resolve(base, large).error() == errc::url_invalid);
    CHECK(resolve(base, "/\0"s).error() == errc::url_invalid);
}

TEST_CASE("of a query only what seeds' URLs are built of is shown")
{
    struct row
    {
        char const* query;
        char const* shown;
    };
    for (auto const& row : {
             row{"", ""},
             row{"?", "?"},
             row{"?secret", "?..."},
             row{"?/secret", "?..."},
             row{"?a=secret", "?a=..."},
             row{"?a=", "?a="},
             row{"?=secret", "?=..."},
             row{"?X-Amz-Signature=secret&Expires=secret", "?X-Amz-Signature=...&Expires=..."},
             row{"?file=a/b&dir=c/&path=d", "?file=a/b&dir=c/&path=d"},
             row{"?info_hash=%01&piece=2&ranges=3-4", "?info_hash=%01&piece=2&ranges=3-4"},
             row{"?FILE=a&profile=secret&files=secret", "?FILE=a&profile=...&files=..."},
             row{"?file=a;sig=secret", "?file=a;sig=..."},
             row{"?file=a?sig=secret", "?file=a?sig=..."},
             row{"?file=a&secret", "?file=a&..."},
             row{"?&&a=secret&", "?&&a=...&"},
             row{"?a=b=secret", "?a=..."},
         })
    {
        CAPTURE(row.query);
        CHECK(http::shown_query(row.query) == row.shown);
        CHECK(http::shown_query(row.shown) == row.shown);
        CHECK(url::parse("https://me:secret@h/a"s + row.query)->text() == "https://h/a"s + row.shown);
    }
}

TEST_CASE("what is shown of a URL holds no credentials, be it a URL or not")
{
    struct
    {
        char const* url;
        char const* shown;
    } const rows[] = {
        {"http://me:secret@host/a", "http://host/a"},
        {"http://me:se/cr?e#t@host/a", "http://host/a"},
        {"http://me:se/cr@et@host/a", "http://host/a"},
        {"http://me:s@e/cret@host/a", "http://host/a"},
        {"http://me:/secret@host/a", "http://host/a"},
        {"http://me:?secret1@[::1]/a", "http://[::1]/a"},
        {"http://me:1234/secret@host/a", "http://me:1234/secret@host/a"}, // a port and a path as good as any
        {"http://host:80/a@b", "http://host:80/a@b"},
        {"http://[::1]/a@b", "http://[::1]/a@b"},
        {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
        {"http:/me:secret@host/a", "http:/host/a"},
        {"http:/me:se/cret@host/a", "http:/host/a"},
        {"http:///me:secret@host/a", "http:///host/a"},
        {"http:\\\\me:secret@host/a", "host/a"},
        {"://me:secret@host", "://host"},
        {"http:", "http:"},
        {"http:/", "http:/"},
        {"http://me@host", "http://host"},
        {"http://a@b@host/x", "http://host/x"},
        {"http://host/a@b", "http://host/a@b"},
        {"http://host?x=@", "http://host?x=..."},
        {"me:secret@host/x", "host/x"},
        {"//me:secret@host", "//host"},
        {"me:secret@host//x", "host//x"},
        {"host/x//a@b", "host/x//a@b"},
        {"host?x=//a@b", "host?x=..."},
        {"http:me:secret@host", "host"},
        {"me:secret@http://host/x", "http://host/x"},
        {"me:secret@http://you:secret@host/x", "host/x"},
        {"http://me:secret@host/a?key=secret", "http://host/a?key=..."},
        {"http://[host/a?key=secret#secret", "http://[host/a?key=..."},
        {"ftp://h/x#tok=secret", "ftp://h/x"},
        {"http://h/a#b@secret", "http://h/a"},
        {"http://h#secret?x=1", "http://h"},
        {"me:secret@host/x#secret", "host/x"},
        {"http://me:secret@host/a#b@secret", "http://..."},
        {"http://me:secret@host/a?b=c@secret", "http://..."},
        {"http://me:se#cret@host/a#secret", "http://host/a"},
        {"http://[me:secret@host/a?b=c@d", "http://..."},
        {"http://[me:se/cret@host/a", "http://host/a"},
        {"http://me@host/a@b", "http://b"},
        {"http://[1:2/secret@host/a", "http://host/a"},
        {"http://[::1]secret:9/a@b", "http://b"},
        {"http://[me:secret]:9/a@b", "http://b"},
        {"http://[me:secret@1]/a", "http://1]/a"},
        {"http://[me:secret@1]/a#b@c", "http://..."},
        {"http://[me:secret@1]/a/b@c", "http://c"},
        {"host?secret", "host?..."},
        {"http://h/get?file=a b", "http://h/get?file=a b"},
        {"", ""},
        {"@", ""},
    };
    for (auto const& row : rows)
    {
        CAPTURE(std::string(row.url));
        CHECK(http::without_credentials(row.url) == row.shown);
    }
}
