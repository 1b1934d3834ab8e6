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
    CHECK(url->of(torrent, file_index{0}).full() == "http://h:81/pub/d/sub/file%20c");
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
        CHECK(url->of(asked).full() == "http://h" + url->target_of(asked));
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

TEST_CASE("what is shown of a request's URL has the file or the piece, but not the query's secrets")
{
    auto const torrent = multi("d", {"f"});
    constexpr auto file = file_index{0};
    CHECK(seed_url::parse("https://h/a?token=secret")->url_of(torrent, file) == "https://h/a/d/f?token=...");
    CHECK(
        seed_url::parse("https://me:secret@h/a?token=secret&file=")->url_of(torrent, file) ==
        "https://h/a?token=...&file=d/f");
    http::script_query asked;
    asked.part = {0, 1};
    CHECK(
        seed_url::parse("http://h/s?key=secret")->url_of(asked) ==
        "http://h/s?key=...&info_hash=" + http::escape_element(std::string(20, '\0')) + "&piece=0&ranges=0-0");
}

TEST_CASE("a file's URL has the seed's credentials, server and scheme")
{
    auto const torrent = multi("d", {"f"});
    auto const seed = seed_url::parse("https://me:word@h:81/a").value();
    auto const file = seed.of(torrent, file_index{0});
    CHECK(file.userinfo() == http::credentials{"me", "word"});
    CHECK(file.full() == "https://h:81/a/d/f");
    CHECK(http::is_same_origin(file, seed.base()));
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
