#include "http/seed_url.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using http::seed_url;
using namespace std::string_literals;

namespace {

metainfo torrent_with(std::map<std::string, std::string> info)
{
    info.insert({"piece length", test::encoded(16384)});
    info.insert({"pieces", test::encoded(std::string(20, '\0'))});
    auto const text = test::dictionary_of({{"info", test::dictionary_of(info)}});
    diagnostics cause;
    auto const torrent = metainfo::parse(test::bytes_of(text), {}, &cause);
    REQUIRE_MESSAGE(torrent, cause.message);
    return *torrent;
}

metainfo single(std::string const& name)
{
    return torrent_with({{"length", test::encoded(1)}, {"name", test::encoded(name)}});
}

metainfo multi(std::string const& name, std::vector<std::string> const& path)
{
    auto const file = test::dictionary_of({{"length", test::encoded(1)}, {"path", test::list_of_strings(path)}});
    return torrent_with({{"files", test::list_of({file})}, {"name", test::encoded(name)}});
}

std::string target(std::string const& url, metainfo const& torrent)
{
    auto const parsed = seed_url::parse(url);
    REQUIRE(parsed);
    return parsed->target_of(torrent, file_index{0});
}

} // namespace

TEST_CASE("a URL is taken apart into where to connect, what to call the host, and what to show")
{
    struct row
    {
        char const* url;
        char const* host;
        unsigned port;
        char const* host_field;
        char const* text;
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
             row{"http://ex%61mple.com/a", "example.com", 80, "example.com", "http://example.com/a"},
         })
    {
        CAPTURE(row.url);
        auto const url = seed_url::parse(row.url);
        REQUIRE(url);
        CHECK(url->where().scheme == "http");
        CHECK(url->where().host == row.host);
        CHECK(url->where().port == row.port);
        CHECK(url->host_field() == row.host_field);
        CHECK(url->text() == row.text);
    }
}

TEST_CASE("what can't stand in a URL is escaped, and what is escaped stays")
{
    struct row
    {
        char const* url;
        char const* target;
    };
    auto const torrent = single("name");
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
        CHECK(target(row.url, torrent) == row.target);
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
             row{"http://h:65536/", errc::url_invalid},
             row{"http://h:99999999999999999999/", errc::url_invalid},
             row{"http://h:-1/", errc::url_invalid},
             row{"http://h:8x/", errc::url_invalid},
             row{"http://h:x/", errc::url_invalid},
             row{"http://h:1:2/", errc::url_invalid},
             row{"http://h:%31/", errc::url_invalid},
             row{"http://[::1]x/", errc::url_invalid},
             row{"http://user:secret@h/", errc::url_invalid},
             row{"http://user@h/", errc::url_invalid},
             row{"http://@h/", errc::url_invalid},
             row{"http://good\\@evil/", errc::url_invalid},
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
             row{"http://h/a\r\nX: y", errc::url_invalid},
             row{"http://h/a\tb", errc::url_invalid},
             row{"http://h/a\nb", errc::url_invalid},
             row{"http://h/a\0b"s, errc::url_invalid},
             row{"http://h/a\x7f", errc::url_invalid},
             row{"http://h/#\r\nX: y", errc::url_invalid},
             row{"https://h/", errc::scheme_unsupported},
             row{"ftp://h/", errc::scheme_unsupported},
             row{"udp://h/", errc::scheme_unsupported},
         })
    {
        CAPTURE(row.url);
        auto const url = seed_url::parse(row.url);
        REQUIRE_FALSE(url);
        CHECK(url.error() == row.error);
    }
}

TEST_CASE("a single file is asked for by the seed's own URL, or below it if that ends in a slash")
{
    auto const torrent = single("a file");
    CHECK(target("http://h/file.exe", torrent) == "/file.exe");
    CHECK(target("http://h/pub/", torrent) == "/pub/a%20file");
    CHECK(target("http://h", torrent) == "/a%20file");
    CHECK(target("http://h/get?id=7", torrent) == "/get?id=7");
    CHECK(target("http://h/pub/?id=7", torrent) == "/pub/a%20file?id=7");
}

TEST_CASE("several files, or a list of one, are asked for below the torrent's name")
{
    auto const torrent = multi("d", {"sub", "file c"});
    for (auto const* const url : {"http://h/pub", "http://h/pub/"})
    {
        CAPTURE(url);
        CHECK(target(url, torrent) == "/pub/d/sub/file%20c");
    }
    CHECK(target("http://h", torrent) == "/d/sub/file%20c");
    CHECK(target("http://h/pub?k=v", torrent) == "/pub/d/sub/file%20c?k=v");
    CHECK(target("http://h/pub//", torrent) == "/pub/d/sub/file%20c");
    CHECK(target("http://h///", torrent) == "/d/sub/file%20c");
    CHECK(target("http://h//a//b//", torrent) == "//a//b/d/sub/file%20c");
    CHECK(target("http://h/a%20b", torrent) == "/a%20b/d/sub/file%20c");
    auto const url = seed_url::parse("http://H:81/pub#x");
    REQUIRE(url);
    CHECK(url->url_of(torrent, file_index{0}) == "http://h:81/pub/d/sub/file%20c");
}

TEST_CASE("a query that ends where a name belongs gets the file's path")
{
    struct row
    {
        char const* url;
        char const* one;
        char const* several;
    };
    auto const one = single("a file");
    auto const several = multi("d", {"sub", "file=c"});
    for (auto const& row : {
             row{"http://h/get.php?file=", "/get.php?file=a%20file", "/get.php?file=d/sub/file%3Dc"},
             row{"http://h/get?a=b&file=", "/get?a=b&file=a%20file", "/get?a=b&file=d/sub/file%3Dc"},
             row{"http://h/get?file=pub/", "/get?file=pub/a%20file", "/get?file=pub/d/sub/file%3Dc"},
             row{"http://h/get?file=pub//", "/get?file=pub/a%20file", "/get?file=pub/d/sub/file%3Dc"},
             row{"http://h/get?file=/", "/get?file=/a%20file", "/get?file=/d/sub/file%3Dc"},
             row{"http://h/get/?file=", "/get/?file=a%20file", "/get/?file=d/sub/file%3Dc"},
             row{"http://h/get?/", "/get?/a%20file", "/get?/d/sub/file%3Dc"},
             row{"http://h/get?file=x", "/get?file=x", "/get/d/sub/file%3Dc?file=x"},
             row{"http://h/pub=", "/pub=", "/pub=/d/sub/file%3Dc"},
             row{"http://h/pub=/", "/pub=/a%20file", "/pub=/d/sub/file%3Dc"},
             row{"http://h/pub=?", "/pub=?", "/pub=/d/sub/file%3Dc?"},
             row{"http://h/?=", "/?=a%20file", "/?=d/sub/file%3Dc"},
         })
    {
        CAPTURE(row.url);
        CHECK(target(row.url, one) == row.one);
        CHECK(target(row.url, several) == row.several);
    }
}

TEST_CASE("a script is asked for a piece, or for a part of one")
{
    http::script_query asked;
    constexpr unsigned char bytes[] = {0x89, 0xd9, 0x7c, 0x22, 0x61, 0xa2, 0x1b, 0x04, 0x0c, 0xf1,
                                       0x1c, 0xaa, 0x66, 0x1a, 0x3b, 0xa7, 0x23, 0x3b, 0xb7, 0xe6};
    std::ranges::transform(bytes, asked.infohash.begin(), [](unsigned char byte) { return std::byte{byte}; });
    asked.part = {0, 262144};
    asked.piece_size = 262144;
    std::string const infohash = "info_hash=%89%D9%7C%22a%A2%1B%04%0C%F1%1C%AAf%1A%3B%A7%23%3B%B7%E6";
    struct
    {
        char const* url;
        char const* before;
    } const rows[] = {
        {"http://h/seed.php", "/seed.php?"}, {"http://h/seed.php?", "/seed.php?"}, {"http://h/s?a=b", "/s?a=b&"},
        {"http://h/s?a=b&", "/s?a=b&"},      {"http://h/s?file=", "/s?file=&"},    {"http://h", "/?"},
        {"http://h/pub/", "/pub/?"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(std::string(row.url));
        auto const url = seed_url::parse(row.url);
        REQUIRE(url);
        CHECK(url->target_of(asked) == row.before + infohash + "&piece=0");
        CHECK(url->url_of(asked) == "http://h" + url->target_of(asked));
    }
    auto const url = seed_url::parse("http://h/s").value();
    asked.piece = piece_index{8};
    asked.part = {49152, 81920};
    CHECK(url.target_of(asked) == "/s?" + infohash + "&piece=8&ranges=49152-131071");
    asked.part = {262143, 1};
    CHECK(url.target_of(asked) == "/s?" + infohash + "&piece=8&ranges=262143-262143");
    asked.part = {0, 1};
    CHECK(url.target_of(asked) == "/s?" + infohash + "&piece=8&ranges=0-0");
}

TEST_CASE("a name can't leave its element, the path or the line")
{
    auto const torrent = multi("100% #1?", {"a+b&c=d;e", "x\r\nHost: evil", "\\.\\"});
    auto const got = target("http://h/", torrent);
    CHECK(got == "/100%25%20%231%3F/a%2Bb%26c%3Dd%3Be/x%0D%0AHost%3A%20evil/%5C.%5C");
}

TEST_CASE("every byte of an element but the unreserved ones is escaped")
{
    std::string const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    CHECK(http::escape_element(unreserved) == unreserved);
    CHECK(http::escape_element("") == "");
    for (unsigned value = 0; value != 256; ++value)
    {
        auto const c = static_cast<char>(value);
        if (unreserved.find(c) != unreserved.npos)
            continue;
        CAPTURE(value);
        constexpr char const* digits = "0123456789ABCDEF";
        CHECK(http::escape_element(std::string(1, c)) == std::string{'%', digits[value / 16], digits[value % 16]});
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
        {"http://host?x=@", "http://host?x=@"},
        {"me:secret@host/x", "host/x"},
        {"//me:secret@host", "//host"},
        {"me:secret@host//x", "host//x"},
        {"host/x//a@b", "host/x//a@b"},
        {"host?x=//a@b", "host?x=//a@b"},
        {"http:me:secret@host", "host"},
        {"me:secret@http://host/x", "http://host/x"},
        {"me:secret@http://you:secret@host/x", "host/x"},
        {"", ""},
        {"@", ""},
    };
    for (auto const& row : rows)
    {
        CAPTURE(std::string(row.url));
        CHECK(webseed::http::without_credentials(row.url) == row.shown);
    }
}
