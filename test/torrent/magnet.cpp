#include <webseed/magnet.hpp>

#include "support/printing.hpp"

#include <doctest/doctest.h>

using namespace webseed;

namespace {

std::string const v1 = "0123456789abcdef0123456789abcdef01234567";
std::string const v2 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
std::string const link_v1 = "magnet:?xt=urn:btih:" + v1;
std::string const numbers_in_base32 = "RHMXYITBUINQIDHRDSVGMGR3U4RTXN7G";
std::string const numbers_in_hex = "89d97c2261a21b040cf11caa661a3ba7233bb7e6";

magnet_link parsed(std::string const& text, magnet_limits const& limits = {})
{
    CAPTURE(text);
    diagnostics cause;
    auto const link = magnet_link::parse(text, limits, &cause);
    REQUIRE_MESSAGE(link, cause.message);
    return *link;
}

/// Checks that the link is refused, and returns what is said about it.
std::string refusal(std::string const& text, magnet_limits const& limits = {})
{
    CAPTURE(text);
    diagnostics cause;
    auto const link = magnet_link::parse(text, limits, &cause);
    REQUIRE(link.error() == errc::magnet_invalid);
    CHECK(magnet_link::parse(text, limits).error() == errc::magnet_invalid);
    return cause.message;
}

std::string text_of(std::vector<file_range> const& ranges)
{
    std::string text;
    for (auto const range : ranges)
        text += '[' + std::to_string(range.first) + ',' + std::to_string(range.end) + ')';
    return text;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a magnet link gives its info-hashes, in any of their forms")
{
    CHECK(to_hex(*parsed(link_v1).infohash_v1) == v1);
    CHECK_FALSE(parsed(link_v1).infohash_v2);
    CHECK(to_hex(*parsed("magnet:?xt=urn:btih:" + numbers_in_base32).infohash_v1) == numbers_in_hex);
    CHECK(to_hex(*parsed("magnet:?xt=URN:BTIH:rhmxyitbuinqidhrdsvgmgr3u4rtxn7g").infohash_v1) == numbers_in_hex);
    CHECK(to_hex(*parsed("magnet:?xt=urn:btmh:1220" + v2).infohash_v2) == v2);
    auto const both = parsed("magnet:?xt.1=urn:btmh:1220" + v2 + "&xt.2=urn:btih:" + v1);
    CHECK(to_hex(*both.infohash_v1) == v1);
    CHECK(to_hex(*both.infohash_v2) == v2);
    CHECK(both.warnings.empty());
}

TEST_CASE("an info-hash alone is a magnet link, too")
{
    CHECK(to_hex(*parsed(v1).infohash_v1) == v1);
    CHECK(to_hex(*parsed(numbers_in_base32).infohash_v1) == numbers_in_hex);
    CHECK(to_hex(*parsed(v2).infohash_v2) == v2);
    CHECK_FALSE(parsed(v2).infohash_v1);
}

TEST_CASE("a magnet link may begin in several ways")
{
    for (auto const* const begin : {"magnet:?", "magnet://?", "magnet:///?", "MAGNET:?", "magnet:?&", "magnet:?dn&"})
        CHECK(to_hex(*parsed(begin + std::string("xt=urn:btih:") + v1).infohash_v1) == v1);
}

TEST_CASE("what a magnet link says beside its info-hash is read")
{
    auto const link = parsed(
        "magnet:?dn=A+name%2Bmore&xl=12345&xt=urn:btih:" + v1 +
        "&ws=http://a/%25?x=y&ws.2=HTTPS%3A%2F%2Fb%2F&xs=http://c/t+1.torrent&as.1=http://d/&as.2=http://e/&so=1,3-4");
    CHECK(link.name == "A name+more");
    CHECK(link.size == 12345);
    CHECK(link.web_seeds == strings{"http://a/%?x=y", "HTTPS://b/"});
    CHECK(link.exact_sources == strings{"http://c/t+1.torrent"});
    CHECK(link.acceptable_sources == strings{"http://d/", "http://e/"});
    CHECK(text_of(link.selection) == "[1,2)[3,5)");
    CHECK(link.warnings.empty());
}

TEST_CASE("keys have no case, and repeated ones may be numbered")
{
    auto const link =
        parsed("magnet:?XT.7=urn:btih:" + v1 + "&Dn=x&dN=y&wS.0=http://a/&WS.12=http://b/&ws.a=http://c/");
    CHECK(link.name == "x");
    CHECK(link.web_seeds == strings{"http://a/", "http://b/"});
}

TEST_CASE("what is unknown, unused or has no value is skipped in silence")
{
    for (auto const* const more :
         {"tr=udp://t", "tr=not%zz", "kt=a+b", "x.pe=::1", "dht=1:2", "unknown=1", "xs=", "xl=", "ws", "=", "a==b", "",
          "xt=urn:sha1:x", "xt=urn:btih:===", "xt=urn:ed2k:31D6CFE0D16AE931B73C59D7E0C089C0"})
    {
        CAPTURE(more);
        auto const link = parsed(link_v1 + '&' + more);
        CHECK(to_hex(*link.infohash_v1) == v1);
        CHECK(link.exact_sources.empty());
        CHECK(link.warnings.empty());
    }
}

TEST_CASE("the files of all selections are united")
{
    struct row
    {
        char const* so;
        char const* selected;
        std::size_t warning_count;
    };
    row const rows[] = {
        {"so=0,2,4,6-8", "[0,1)[2,3)[4,5)[6,9)", 0},
        {"so=3-5,2-4,0", "[0,1)[2,6)", 0},
        {"so=2,1,0", "[0,3)", 0},
        {"so=5&so.2=1", "[1,2)[5,6)", 0},
        {"so=0-9,3", "[0,10)", 0},
        {"so=0%2C1", "[0,2)", 0},
        {"so=999999", "[999999,1000000)", 0},
        {"so=0-999999", "[0,1000000)", 0},
        {"so=1000000", "", 1},
        {"so=0-1000000", "", 1},
        {"so=-4,3-,a,7-4,,1-2-3,+1, 1,0x1,99999999999999999999999,8", "[8,9)", 10},
        {"so=a", "", 1},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.so);
        auto const link = parsed(link_v1 + '&' + row.so);
        CHECK(text_of(link.selection) == row.selected);
        CHECK(link.warnings.size() == row.warning_count);
    }
    CHECK(
        parsed(link_v1 + "&so=9-1").warnings == strings{"parameter 2 (so) has a member that names no file, left out"});
}

TEST_CASE("sources that can't be asked over HTTP are left out with a warning that doesn't repeat them")
{
    for (auto const* const key : {"ws", "xs", "as"})
        for (auto const* const value :
             {"ftp://u:secret@h/", "urn:sha1:secret", "/secret", "magnet:?secret", "http:secret", "http://secret%0d/"})
        {
            CAPTURE(value);
            auto const link = parsed(link_v1 + '&' + key + '=' + value);
            CHECK(link.web_seeds.size() + link.exact_sources.size() + link.acceptable_sources.size() == 0);
            REQUIRE(link.warnings.size() == 1);
            CHECK(link.warnings[0].starts_with("parameter 2 (" + std::string(key) + ") "));
            CHECK(link.warnings[0].find("secret") == std::string::npos);
        }
}

TEST_CASE("a link that is none, or damaged, is refused with what is wrong and where")
{
    struct row
    {
        std::string text;
        char const* what;
    };
    row const rows[] = {
        {"", "doesn't begin"},
        {"http://host/", "doesn't begin"},
        {"stream-magnet:?xt=urn:btih:" + v1, "doesn't begin"},
        {"magnet:xt=urn:btih:" + v1, "doesn't begin"},
        {"magnet://host/?xt=urn:btih:" + v1, "doesn't begin"},
        {v1 + '0', "doesn't begin"},
        {"magnet:", "has no info-hash"},
        {"magnet:?", "has no info-hash"},
        {"magnet:?dn=x&xt=urn:sha1:" + numbers_in_base32, "has no info-hash"},
        {"magnet:?xt=urn=:btih:" + v1, "has no info-hash"},
        {"magnet:?dn=x&xt=urn:btih:" + v1 + '0', "parameter 2 (xt): the v1 info-hash"},
        {"magnet:?xt=urn:btih:" + v1 + "%0a", "parameter 1 (xt): the v1 info-hash"},
        {"magnet:?xt=urn:btih: " + v1.substr(1), "the v1 info-hash"},
        {"magnet:?xt=urn:btih:10101010101010101010101010101010", "the v1 info-hash"}, // no digits of base32
        {"magnet:?xt=urn:btmh:" + v2, "the v2 info-hash"},
        {"magnet:?xt=urn:btmh:1221" + v2, "the v2 info-hash"},
        {"magnet:?xt=urn:btmh:1220" + v1, "the v2 info-hash"},
        {"magnet:?xt=urn:btmh:12", "the v2 info-hash"},
        {link_v1 + "&xt=urn:btih:" + numbers_in_hex, "parameter 2 (xt): a second v1 info-hash"},
        {"magnet:?xt=urn:btmh:1220" + v2 + "&xt=urn:btmh:1220" + v1 + v1.substr(16), "a second v2 info-hash"},
        {"magnet:?xt=urn%%3A", "parameter 1 (xt): a '%'"},
        {link_v1 + "&ws=http://h/%4", "parameter 2 (ws): a '%'"},
        {link_v1 + "&ws=http://h/%", "parameter 2 (ws): a '%'"},
        {link_v1 + "&xl=nan", "parameter 2 (xl): the length"},
        {link_v1 + "&xl=-1", "the length"},
        {link_v1 + "&xl=9223372036854775808", "the length"},
        {link_v1 + "&xs=not+a+URL", "parameter 2 (xs): neither a URL nor a path"},
        {link_v1 + "&ws=host/file", "neither a URL nor a path"},
        {link_v1 + "&as=1http://host/", "neither a URL nor a path"},
        {link_v1 + "&ws=://host/", "neither a URL nor a path"},
    };
    for (auto const& row : rows)
    {
        auto const said = refusal(row.text);
        CAPTURE(row.text);
        CAPTURE(said);
        CHECK(said.starts_with("the magnet link"));
        CHECK(said.find(row.what) != std::string::npos);
    }
}

TEST_CASE("equal info-hashes may be there twice, in any of their forms")
{
    CHECK(parsed(link_v1 + "&xt=urn:btih:" + v1).warnings.empty());
    CHECK(parsed("magnet:?xt=urn:btih:" + numbers_in_hex + "&xt=urn:btih:" + numbers_in_base32).warnings.empty());
}

TEST_CASE("a name may have any bytes, and a '%' that begins no escape")
{
    CHECK(parsed(link_v1 + "&dn=100%+sure").name == "100% sure");
    CHECK(parsed(link_v1 + "&dn=%00%ff=").name == std::string("\0\xff=", 3));
}

TEST_CASE("the limits of a link hold, and what is left out is told")
{
    magnet_limits limits;
    limits.size_max = link_v1.size();
    CHECK(parsed(link_v1, limits).warnings.empty());
    CHECK(refusal(link_v1 + '&', limits) == "the magnet link is too long");

    limits = {};
    limits.seed_count_max = 1;
    limits.source_count_max = 2;
    limits.url_size_max = 9;
    auto const link = parsed(
        link_v1 + "&ws=http://a/&ws=http://a/&ws=http://b/&ws=http://abc&xs=http://a/&xs=http://b/&xs=http://c/" +
            "&as=http://a/&as=http://b/",
        limits);
    CHECK(link.web_seeds == strings{"http://a/"});
    CHECK(link.exact_sources == strings{"http://a/", "http://b/"});
    CHECK(link.acceptable_sources == strings{"http://a/", "http://b/"});
    CHECK(
        link.warnings == strings{
                             "parameter 4 (ws) is one too many, left out",
                             "parameter 5 (ws) is too long, left out",
                             "parameter 8 (xs) is one too many, left out",
                         });
}

TEST_CASE("a link of thousands of bad members is read with a few warnings")
{
    auto text = link_v1 + "&so=";
    for (auto i = 0; i != 10000; ++i)
        text += "x,";
    auto const link = parsed(text);
    CHECK(link.warnings.size() == 64);
    CHECK(link.warnings.back().ends_with("left out, like others behind it"));
    CHECK(link.selection.empty());
}
