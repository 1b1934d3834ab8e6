#include "http/times.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace webseed::http;
using std::chrono::seconds;
using namespace std::string_literals;

TEST_CASE("a number of seconds is digits and nothing else, and a century at most")
{
    CHECK(parse_seconds("0") == seconds(0));
    CHECK(parse_seconds("0120") == seconds(120));
    CHECK(parse_seconds("3153600000") == seconds_max);
    CHECK(parse_seconds("3153600001") == seconds_max);
    CHECK(parse_seconds("9223372036854775808") == seconds_max);
    CHECK(parse_seconds(std::string(100, '9')) == seconds_max);
    for (auto const* const text : {"", " ", "-1", "+1", "1.5", "1e18", "1 ", " 1", "1,2", "0x1", "soon", "\xb2"})
    {
        CAPTURE(text);
        CHECK_FALSE(parse_seconds(text));
    }
}

TEST_CASE("a date is read in each of its three forms")
{
    struct row
    {
        char const* text;
        std::int64_t since_1970;
    };
    for (auto const& row : {
             row{"Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777},
             row{"Sunday, 06-Nov-94 08:49:37 GMT", 784'111'777},
             row{"Sun Nov  6 08:49:37 1994", 784'111'777},
             row{"Wed Nov 16 08:49:37 1994", 784'975'777},
             row{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
             row{"Wed, 31 Dec 1969 23:59:59 GMT", -1},
             row{"Mon, 26 Jul 1997 05:00:00 GMT", 869'893'200}, // it was a Saturday
             row{"Tue, 29 Feb 2000 00:00:00 GMT", 951'782'400},
             row{"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'800},
             row{"Tue, 19 Jan 2038 03:14:08 GMT", 2'147'483'648},
             row{"Friday, 31-Dec-69 23:59:59 GMT", 3'155'759'999},
             row{"Thursday, 01-Jan-70 00:00:00 GMT", 0},
             row{"Friday, 31-Dec-99 23:59:59 GMT", 946'684'799},
             row{"Fri, 31 Dec 9999 23:59:59 GMT", 253'402'300'799},
             row{"Sat, 01 Jan 0000 00:00:00 GMT", -62'167'219'200},
         })
    {
        CAPTURE(row.text);
        auto const got = parse_date(row.text);
        REQUIRE(got);
        CHECK(got->time_since_epoch().count() == row.since_1970);
    }
}

TEST_CASE("what is no date by the book, or no day or time that there is, is none")
{
    for (auto const& text : {
             ""s,
             "0"s,
             "-1"s,
             "now"s,
             ","s,
             "Sun,"s,
             "Sun, 06 Nov 1994 08:49:37"s,
             "Sun, 06 Nov 1994 08:49:37 UTC"s,
             "Sun, 06 Nov 1994 08:49:37 GMT "s,
             " Sun, 06 Nov 1994 08:49:37 GMT"s,
             "Sun, 06 Nov 1994 08:49:37 +0000"s,
             "sun, 06 Nov 1994 08:49:37 GMT"s,
             "Sun, 06 nov 1994 08:49:37 GMT"s,
             "Sun, 6 Nov 1994 08:49:37 GMT"s,
             "Sun, 06 Nov 94 08:49:37 GMT"s,
             "Sun, 06 Nov 11994 08:49:37 GMT"s,
             "Sun, 06 Nov 199a 08:49:37 GMT"s,
             "Sun, 06-Nov-1994 08:49:37 GMT"s,
             "Sunday, 06 Nov 1994 08:49:37 GMT"s,
             "Sunday, 06-Nov-1994 08:49:37 GMT"s,
             "Son, 06 Nov 1994 08:49:37 GMT"s,
             "Sun, 06 November 1994 08:49:37 GMT"s,
             "Sun, 00 Nov 1994 08:49:37 GMT"s,
             "Sun, 31 Nov 1994 08:49:37 GMT"s,
             "Wed, 29 Feb 1900 08:49:37 GMT"s,
             "Sun, 06 Nov 1994 24:00:00 GMT"s,
             "Sun, 06 Nov 1994 08:60:00 GMT"s,
             "Sun, 06 Nov 1994 08:00:61 GMT"s,
             "Sun, 06 Nov 1994 8:49:37 GMT"s,
             "Sun, 06 Nov 1994  8:49:37 GMT"s,
             "Sun, 06 Nov 1994 08.49.37 GMT"s,
             "Sun Nov 6 08:49:37 1994"s,
             "Sun Nov 06 08:49:37 94"s,
             "Sun Nov  6 08:49:37 1994 GMT"s,
             "Sun Nov   08:49:37 1994"s,
             "Sun Nov"s,
             "Sun, 06 Nov 1994 08:49:37 GMT\0"s,
             "\x7f"s,
         })
    {
        CAPTURE(text);
        CHECK_FALSE(parse_date(text));
    }
}
