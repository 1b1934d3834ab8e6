#include "http/redirect.hpp"

#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed;
using namespace webseed::http;
using std::chrono::seconds;

namespace {

url asked(char const* text = "http://h/a/b")
{
    return url::parse(text).value();
}

redirect_facts facts_of(unsigned status, std::optional<std::string_view> location)
{
    redirect_facts facts;
    facts.status = status;
    facts.location = location;
    return facts;
}

seconds lifetime_of(redirect_facts const& facts)
{
    std::string detail;
    return read_redirect(facts, asked(), detail).value().lifetime;
}

constexpr std::string_view now = "Sun, 06 Nov 1994 08:49:37 GMT";   // 784111777
constexpr std::string_view later = "Sun, 06 Nov 1994 08:51:17 GMT"; // 100 s
constexpr std::string_view distant = "Fri, 31 Dec 9999 23:59:59 GMT";

} // namespace

TEST_CASE("five statuses are redirects of a GET")
{
    for (unsigned status = 0; status != 1000; ++status)
    {
        CAPTURE(status);
        CHECK(
            is_redirect(status) == (status == 301 || status == 302 || status == 303 || status == 307 || status == 308));
    }
}

TEST_CASE("a redirect leads where its Location says, seen from what was asked for")
{
    struct row
    {
        char const* asked;
        char const* location;
        char const* target;
    };
    for (auto const& row : {
             row{"http://h/a/b", "http://g/c", "http://g/c"},
             row{"http://h/a/b", "c", "http://h/a/c"},
             row{"http://h/a/b", " /c ", "http://h/c"},
             row{"http://h/a/b", "https://h/a/b", "https://h/a/b"},
             row{"https://h/a/b", "//g/c", "https://g/c"},
             row{"https://h/a/b", "/c d", "https://h/c%20d"},
             row{"http://h/a/b", "http://me:word@g/c", "http://g/c"},
         })
    {
        CAPTURE(row.location);
        for (auto const status : {301u, 302u, 303u, 307u, 308u})
        {
            std::string detail;
            auto const got = read_redirect(facts_of(status, row.location), asked(row.asked), detail);
            REQUIRE(got);
            CHECK(got->target.full() == row.target);
            CHECK_FALSE(got->target.userinfo());
            CHECK(detail.empty());
        }
    }
}

TEST_CASE("a redirect to nowhere, to another scheme or away from https is refused, with a reason")
{
    struct row
    {
        char const* asked;
        std::optional<std::string_view> location;
        char const* detail;
    };
    for (auto const& row : {
             row{"http://h/", std::nullopt, "it has no Location"},
             row{"http://h/", "", "it has no Location"},
             row{"http://h/", " ", "it has no Location"},
             row{"http://h/", "\x7f", "it has no Location that is a URL"}, // several that contradict each other
             row{"http://h/", "http://", "it has no Location that is a URL"},
             row{"http://h/", "http://a b/", "it has no Location that is a URL"},
             row{"http://h/", "ftp://me:secret@h/x?y=secret", "it leads to ftp://h/x?y=..."},
             row{"http://h/", "ftp://h/x#tok=secret", "it leads to ftp://h/x"},
             row{"https://h/", "http://h/x#tok=secret", "it leads from https to http://h/x"},
             row{"https://h/", "file://h/x", "it leads to file://h/x"},
             row{"https://h/", "http://me:secret@h/x?y=secret", "it leads from https to http://h/x?y=..."},
         })
    {
        CAPTURE(row.detail);
        std::string detail;
        auto const got = read_redirect(facts_of(302, row.location), asked(row.asked), detail);
        REQUIRE_FALSE(got);
        CHECK(got.error() == errc::redirect_refused);
        CHECK(detail == row.detail);
    }
    std::string detail;
    CHECK_FALSE(read_redirect(facts_of(302, "ftp://h/" + std::string(5000, 'x')), asked(), detail));
    CHECK(detail.size() < 300);
}

TEST_CASE("Cache-Control says how long a redirect may be remembered")
{
    struct row
    {
        char const* cache_control;
        seconds lifetime;
    };
    for (auto const& row : {
             row{"max-age=100", seconds(100)},
             row{"MAX-AGE=100,", seconds(100)},
             row{"max-age=\"100\"", seconds(100)},
             row{"max-age = 100", seconds(100)},
             row{"private, max-age=100, must-revalidate", seconds(100)},
             row{"max-age=0", seconds(0)},
             row{"max-age=86401", redirect_lifetime_max},
             row{"max-age=99999999999999999999", redirect_lifetime_max},
             row{"max-age=100, max-age=50", seconds(50)},
             row{"max-age=-1", seconds(0)},
             row{"max-age", seconds(0)},
             row{"max-age=soon", seconds(0)},
             row{"no-store", seconds(0)},
             row{"No-Store, max-age=100", seconds(0)},
             row{"max-age=100, no-cache", seconds(0)},
             row{"no-cache=\"Set-Cookie, max-age=7\"", seconds(0)},
             row{"x=\"no-store, \\\", no-store\", max-age=100", seconds(100)},
             row{"x=\"no-store, max-age=100", redirect_lifetime_usual},
             row{"s-maxage=7", redirect_lifetime_usual},
             row{"public", redirect_lifetime_usual},
             row{"stale-max-age=7,, ,", redirect_lifetime_usual},
             row{"", redirect_lifetime_usual},
         })
    {
        CAPTURE(row.cache_control);
        auto facts = facts_of(302, "/c");
        facts.cache_control = row.cache_control;
        CHECK(lifetime_of(facts) == row.lifetime);
    }
}

TEST_CASE("a redirect that doesn't say is remembered for a day if it is permanent, else for minutes")
{
    for (auto const status : {301u, 308u})
        CHECK(lifetime_of(facts_of(status, "/c")) == redirect_lifetime_max);
    for (auto const status : {302u, 303u, 307u})
        CHECK(lifetime_of(facts_of(status, "/c")) == redirect_lifetime_usual);
}

TEST_CASE("without Cache-Control it is remembered until it expires, by the server's own clock")
{
    struct row
    {
        std::optional<std::string_view> expires;
        std::optional<std::string_view> date;
        seconds lifetime;
    };
    for (auto const& row : {
             row{later, now, seconds(100)},
             row{now, now, seconds(0)},
             row{now, later, seconds(0)},
             row{distant, now, redirect_lifetime_max},
             row{"0", now, seconds(0)},
             row{"-1", std::nullopt, seconds(0)},
             row{later, std::nullopt, seconds(0)},
             row{later, "soon", seconds(0)},
             row{std::nullopt, now, redirect_lifetime_usual},
         })
    {
        auto facts = facts_of(302, "/c");
        facts.expires = row.expires;
        facts.date = row.date;
        CHECK(lifetime_of(facts) == row.lifetime);
        facts.status = 301;
        CHECK(lifetime_of(facts) == (row.expires ? row.lifetime : redirect_lifetime_max));
        facts.cache_control = "max-age=7";
        CHECK(lifetime_of(facts) == seconds(7));
    }
}

TEST_CASE("time in caches counts where a time is said")
{
    auto facts = facts_of(301, "/c");
    facts.age = "30";
    CHECK(lifetime_of(facts) == redirect_lifetime_max);
    facts.cache_control = "max-age=100";
    CHECK(lifetime_of(facts) == seconds(70));
    facts.age = "101";
    CHECK(lifetime_of(facts) == seconds(0));
    facts.age = "99999999999999999999";
    CHECK(lifetime_of(facts) == seconds(0));
    facts.age = "old";
    CHECK(lifetime_of(facts) == seconds(100));
    facts.cache_control.clear();
    facts.age = "30";
    facts.expires = later;
    facts.date = now;
    CHECK(lifetime_of(facts) == seconds(70));
}

TEST_CASE("a redirect is not remembered for longer than its signature is good")
{
    struct row
    {
        char const* query;
        seconds lifetime;
        seconds without_date;
    };
    for (auto const& row : {
             row{"?X-Amz-Expires=60&X-Amz-Signature=s", seconds(60), seconds(60)},
             row{"?a=b&X-Goog-Expires=60", seconds(60), seconds(60)},
             row{"?x-oss-expires=60", seconds(60), seconds(60)},
             row{"?Expires=1000000000", redirect_lifetime_max, seconds(0)},
             row{"?expires=60", seconds(60), seconds(60)},
             row{"?Expires=60&X-Amz-Expires=50", seconds(50), seconds(50)},
             row{"?X-Amz-Expires=600000", redirect_lifetime_max, redirect_lifetime_max},
             row{"?Expires=soon&Expires", redirect_lifetime_max, redirect_lifetime_max},
             row{"?noexpires=60&=60&&60", redirect_lifetime_max, redirect_lifetime_max},
             row{"?", redirect_lifetime_max, redirect_lifetime_max},
         })
    {
        CAPTURE(row.query);
        auto const location = std::string("/c") + row.query;
        auto facts = facts_of(301, location);
        CHECK(lifetime_of(facts) == row.without_date);
        facts.date = now;
        CHECK(lifetime_of(facts) == row.lifetime);
    }
    auto facts = facts_of(301, "/c?Expires=1000000100&Signature=s");
    facts.date = "Sun, 09 Sep 2001 01:46:40 GMT";
    CHECK(lifetime_of(facts) == seconds(100));
    facts.date = "Sun, 09 Sep 2001 01:50:00 GMT";
    CHECK(lifetime_of(facts) == seconds(0));
}
