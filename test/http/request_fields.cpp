#include "http/request_fields.hpp"

#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

using namespace webseed;
using namespace webseed::http;
using namespace std::string_literals;

namespace {

using fields = std::vector<header_field>;

url url_of(std::string const& text)
{
    return url::parse(text).value();
}

std::string text_of(fields const& all)
{
    std::string text;
    for (auto const& each : all)
        text += each.name + ": " + each.value + "\n";
    return text;
}

std::string
sent(std::string const& to, std::string const& origin, bool is_named_by_user, request_options const& options)
{
    return text_of(fields_for(url_of(to), url_of(origin), is_named_by_user, options));
}

request_options with_everything()
{
    request_options options;
    options.headers = {{"X-Token", "secret"}};
    options.logins = {{"other", "o", "p"}, {"", "any", "p"}, {"", "never", "p"}, {"other", "never", "p"}};
    return options;
}

std::string const token = "X-Token: secret\n";
std::string const own = "Authorization: Basic bWU6d29yZA==\n"; // me:word
std::string const any = "Authorization: Basic YW55OnA=\n";     // any:p
std::string const other = "Authorization: Basic bzpw\n";       // o:p

} // namespace

TEST_CASE("what is meant for one origin goes nowhere else")
{
    struct row
    {
        char const* to;
        std::string to_users; // of a seed that the user named
        std::string to_torrents;
    };
    auto const options = with_everything();
    SUBCASE("with a name and password in the seed's URL")
    {
        for (auto const& row : {
                 row{"http://seed/a", own + token, own},
                 row{"http://seed/elsewhere?x", own + token, own},
                 row{"http://SEED:80/a", own + token, own},
                 row{"https://seed/a", "", ""},
                 row{"http://seed:8080/a", "", ""},
                 row{"https://seed:80/a", "", ""},
                 row{"http://sub.seed/a", "", ""},
                 row{"http://seed./a", "", ""},
                 row{"http://other/a", other, other},
                 row{"https://other:8443/a", other, other},
                 row{"http://you:word@stranger/a", "", ""},
             })
        {
            CAPTURE(row.to);
            CHECK(sent(row.to, "http://me:word@seed/a", true, options) == row.to_users);
            CHECK(sent(row.to, "http://me:word@seed/a", false, options) == row.to_torrents);
        }
    }
    SUBCASE("without")
    {
        for (auto const& row : {
                 row{"http://seed/a", any + token, ""},
                 row{"http://you:word@seed/a", any + token, ""},
                 row{"https://seed/a", "", ""},
                 row{"http://seed:8080/a", "", ""},
                 row{"http://other/a", other, other},
                 row{"http://stranger/a", "", ""},
             })
        {
            CAPTURE(row.to);
            CHECK(sent(row.to, "http://seed/a", true, options) == row.to_users);
            CHECK(sent(row.to, "http://seed/a", false, options) == row.to_torrents);
        }
    }
    SUBCASE("of a seed whose host has a login")
    {
        CHECK(sent("http://other/a", "http://other/a", true, options) == other + token);
        CHECK(sent("http://other/a", "http://other/a", false, options) == other);
        CHECK(sent("http://other/a", "http://me:word@other/a", false, options) == own);
        CHECK(sent("http://other:81/a", "http://me:word@other/a", true, options) == other);
    }
}

TEST_CASE("nothing is sent without options and a name in the URL")
{
    CHECK(sent("http://seed/a", "http://seed/a", true, {}) == "");
    CHECK(sent("http://seed/a", "http://@seed/a", true, {}) == "");
}

TEST_CASE("a name alone in the URL gets its password from the login of the host")
{
    request_options options;
    options.logins = {{"seed", "me", "secret"}};
    CHECK(sent("http://me@seed/", "http://me@seed/", false, options) == "Authorization: Basic bWU6c2VjcmV0\n");
    CHECK(sent("http://you@seed/", "http://you@seed/", false, options) == "Authorization: Basic eW91Og==\n");
}

TEST_CASE("names and passwords are sent as they are without their escapes")
{
    struct row
    {
        char const* userinfo;
        char const* value;
    };
    for (auto const& row : {
             row{"Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
             row{"a:", "YTo="},
             row{"ab", "YWI6"},
             row{":token", "OnRva2Vu"},
             row{"test:123%C2%A3", "dGVzdDoxMjPCow=="},
             row{"%ff%00:%0d%0a", "/wA6DQo="},
         })
    {
        CAPTURE(row.userinfo);
        auto const seed = std::string("http://") + row.userinfo + "@seed/";
        CHECK(sent(seed, seed, false, {}) == "Authorization: Basic " + std::string(row.value) + "\n");
    }
}

TEST_CASE("an Authorization among the headers replaces that of a login, where it goes at all")
{
    auto options = with_everything();
    options.headers = {{"authorization", "Bearer t"}, {"X", "1"}, {"X", "2"}};
    CHECK(sent("http://seed/", "http://me:word@seed/", true, options) == "authorization: Bearer t\nX: 1\nX: 2\n");
    CHECK(sent("http://seed/", "http://me:word@seed/", false, options) == own);
    CHECK(sent("http://other/", "http://seed/", true, options) == other);
}

TEST_CASE("more fields take the place of those with their names, whatever their case")
{
    fields all{{"A", "1"}, {"b", "1"}, {"A", "2"}, {"C", "1"}};
    replace(all, {{"B", "3"}, {"a", "3"}, {"a", "4"}, {"Host", "evil"}, {"C", "x\r\nHost: evil"}});
    CHECK(text_of(all) == "C: 1\nB: 3\na: 3\na: 4\n");
    replace(all, {});
    CHECK(all.size() == 4);
}

TEST_CASE("fields that make the request, or could end a line, can't be sent")
{
    for (auto const* const name :
         {"Host",
          "host",
          "Range",
          "IF-RANGE",
          "Connection",
          "Keep-Alive",
          "Content-Length",
          "Transfer-Encoding",
          "Accept-Encoding",
          "TE",
          "Trailer",
          "Upgrade",
          "Expect",
          "Proxy-Authorization",
          "proxy-connection",
          "Proxy-",
          "",
          " ",
          "A B",
          "A:",
          ":A",
          "A\r\nB",
          "\xc3\xa4",
          "A\t",
          "(A)",
          "A/B"})
    {
        CAPTURE(name);
        CHECK_FALSE(is_sendable({name, "x"}));
        request_options options;
        options.headers = {{name, "x"}};
        CHECK(sent("http://seed/", "http://seed/", true, options) == "");
    }
    for (auto const& value : {"a\rb"s, "a\nb"s, "a\0b"s, "\r\nHost: evil"s, "\x7f"s, "\x1b"s})
        CHECK_FALSE(is_sendable({"A", value}));
    for (auto const* const name :
         {"Cookie", "X-Token", "Accept", "User-Agent", "Referer", "Hosts", "Rang", "a!#$%&'*+-.^_`|~9"})
    {
        CAPTURE(name);
        CHECK(is_sendable({name, "x"}));
        CHECK(is_sendable({name, ""}));
        CHECK(is_sendable({name, "a b\tc: \xc3\xa4\""}));
    }
}
