// Seeds whose files are elsewhere, and who may be reached through them.
#include "engine/scene.hpp"

#include <boost/asio/ip/address.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

server redirecting(std::string location, std::string status = "302 Found", std::string fields = {})
{
    auto const text = response(status, "Location: " + location + "\r\n" + fields, "moved");
    return [text](request const&) { return std::vector<step>{send_bytes{text}}; };
}

server answering(std::string const& status)
{
    return [text = response(status, "", "")](request const&) { return std::vector<step>{send_bytes{text}}; };
}

std::ptrdiff_t requests_to(std::string const& host, scene const& s)
{
    return std::ranges::count_if(s.outside.net->log(), [&](auto const& line) { return line.starts_with(host + ' '); });
}

/// One requester, so that what is asked comes in order.
scene& alone(scene& s)
{
    s.options.requesters_per_seed = 1;
    return s;
}

void serve_well(scene& s, std::string const& host)
{
    s.outside.net->serve(host, [&s](request const& asked) { return s.good_answer(asked); });
}

} // namespace

TEST_CASE("a file is fetched from where its seed redirects to, which is asked for once")
{
    for (auto const* const status : {"301 Moved", "302 Found", "303 See Other", "307 Elsewhere", "308 For Good"})
    {
        CAPTURE(status);
        scene s(6);
        alone(s).add_seed("seed", redirecting("http://cdn/x", status));
        serve_well(s, "cdn");
        s.start();
        s.run();
        CHECK_FALSE(s.error());
        CHECK(s.store->bytes == s.content);
        CHECK(requests_to("seed", s) == 1);
        CHECK(requests_to("cdn", s) == 6);
        auto const told = s.session->snapshot().seeds.front();
        CHECK(told.failures == 0);
        CHECK(told.requests == 7);
        CHECK(told.bytes_verified == 6 * scene::piece_length);
    }
}

TEST_CASE("where a redirect leads is remembered no longer than it says")
{
    struct row
    {
        char const* fields;
        std::ptrdiff_t asked;
    };
    for (auto const& row : {row{"Cache-Control: no-store\r\n", 6}, row{"Cache-Control: max-age=15\r\n", 3}, row{"", 1}})
    {
        CAPTURE(row.fields);
        scene s(6);
        alone(s).add_seed("seed", redirecting("http://cdn/x", "302 Found", row.fields));
        s.outside.net->serve("cdn", [&s](request const& asked) {
            return std::vector<step>{pause_for{10s}, send_bytes{range_response(asked, s.content)}};
        });
        s.start();
        s.run();
        CHECK_FALSE(s.error());
        CHECK(requests_to("seed", s) == row.asked);
    }
}

TEST_CASE("a place that was remembered and fails is looked up again, and only then does the seed fail")
{
    scene s(6);
    alone(s);
    auto lookups = 0;
    s.add_seed("seed", [&](request const& asked) {
        return redirecting(++lookups == 1 ? "http://old/x" : "http://new/x")(asked);
    });
    auto served = 0;
    s.outside.net->serve("old", [&](request const& asked) {
        return ++served <= 2 ? s.good_answer(asked) : answering("403 Expired")(asked);
    });
    serve_well(s, "new");
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(lookups == 2);
    CHECK(requests_to("old", s) == 3);
    CHECK(requests_to("new", s) == 4);
    CHECK(s.session->snapshot().seeds.front().failures == 0);
}

TEST_CASE("chains are followed so far, and loops never")
{
    for (auto const length : {1u, 5u, 6u, 40u})
    {
        CAPTURE(length);
        scene s(1);
        alone(s);
        auto const name = [](unsigned i) { return "h" + std::to_string(i); };
        for (auto i = 0u; i != length; ++i)
            s.outside.net->serve(name(i), redirecting("http://" + name(i + 1) + "/f"));
        serve_well(s, name(length));
        s.add_seed_url(name(0));
        s.start();
        s.run();
        CHECK(s.error() == (length <= 5 ? error_code() : error_code(errc::redirect_limit)));
        CHECK(s.outside.net->log().size() == std::min(length + 1, 6u));
    }
    scene s(1);
    alone(s).add_seed("seed", redirecting("http://other/f"));
    s.outside.net->serve("other", redirecting("http://seed/f"));
    s.start();
    s.run();
    CHECK(s.error() == errc::redirect_limit);
    CHECK(s.outside.net->log().size() == 2);
}

TEST_CASE("a redirect to nowhere, or down to http, is the end of that file on that seed")
{
    for (auto const* const location : {"", "gopher://x/", "http://[", "http://seed/f"})
    {
        CAPTURE(location);
        scene s(2);
        alone(s);
        s.outside.net->serve("seed", redirecting(location));
        s.start();
        s.session->add_seed("https://seed/f");
        s.add_good_seed("good");
        s.run();
        CHECK_FALSE(s.error());
        CHECK(requests_to("seed", s) <= 1);
        if (requests_to("seed", s) == 1)
            CHECK(s.events().find("file_missing") != std::string::npos);
    }
}

TEST_CASE("the diagnosis tells where a redirect led, and hides what a query says")
{
    scene s(1);
    alone(s).add_seed("seed", redirecting("http://cdn/x?sig=secret"));
    s.outside.net->serve("cdn", answering("404 Gone"));
    s.start();
    s.run();
    CHECK(s.error() == errc::not_found);
    auto const told = s.session->ending().cause;
    CHECK(told.message.find("http://seed/f redirects to http://cdn/x?sig=...") != std::string::npos);
    CHECK(told.message.find("secret") == std::string::npos);
    CHECK(told.url.find("secret") == std::string::npos);
    CHECK(told.http_status == 404);
}

TEST_CASE("a seed that the torrent names can't lead to an address that isn't public")
{
    for (auto const* const address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"})
    {
        CAPTURE(address);
        scene s(2);
        alone(s);
        s.options.more_torrent_seeds = {"http://seed/f"};
        s.outside.net->serve("seed", redirecting("http://inside/admin"));
        s.outside.net->locate("inside", [address] { return asio::ip::make_address(address); });
        serve_well(s, "inside");
        s.start();
        s.run();
        CHECK(s.error() == errc::address_refused);
        CHECK(requests_to("inside", s) == 0);
        CHECK(s.session->snapshot().seeds.front().state != seed_state::given_up);
    }
}

TEST_CASE("a seed on this machine that the torrent names is asked if its URL says so, and has no query of its own")
{
    for (auto const* const url : {"http://127.0.0.1/f", "http://127.0.0.1/f?delete=all", "http://local/f"})
    {
        CAPTURE(url);
        scene s(2);
        alone(s);
        s.options.more_torrent_seeds = {url};
        s.outside.net->locate("local", [] { return asio::ip::make_address("127.0.0.1"); });
        serve_well(s, "127.0.0.1");
        serve_well(s, "local");
        s.start();
        s.run();
        auto const is_plain = std::string(url) == "http://127.0.0.1/f";
        CHECK(s.error() == (is_plain ? error_code() : error_code(errc::address_refused)));
    }
}

TEST_CASE("a name that becomes a private address in between gets no request")
{
    scene s(2);
    alone(s);
    s.options.more_torrent_seeds = {"http://seed/f"};
    auto lookups = 0;
    s.outside.net->locate(
        "seed", [&] { return asio::ip::make_address(++lookups == 1 ? "93.184.216.34" : "192.168.0.1"); });
    s.outside.net->serve("seed", [&](request const& asked) {
        CHECK(lookups == 1);
        return std::vector<step>{send_bytes{range_response(asked, s.content)}, end_stream{}};
    });
    s.start();
    s.run();
    CHECK(s.error() == errc::address_refused);
    CHECK(requests_to("seed", s) == 1);
}

TEST_CASE("what the user names may be anywhere, and lead to itself and to neighbours that are told by their address")
{
    for (auto const* const url :
         {"http://10.0.0.2/f", "/g?key=1", "https://seed:8443/g?key=1", "http://seed:81/f",
          "http://10.0.0.2/f?delete=all", "http://inside/f"})
    {
        CAPTURE(url);
        scene s(2);
        auto& own = alone(s);
        own.add_seed("seed", [&](request const& asked) {
            if (asked.text.find("GET /f ") != asked.text.npos)
                return redirecting(url)(asked);
            return s.good_answer(asked);
        });
        s.outside.net->locate("seed", [] { return asio::ip::make_address("10.0.0.1"); });
        s.outside.net->locate("inside", [] { return asio::ip::make_address("10.0.0.2"); });
        s.outside.net->locate("10.0.0.2", [] { return asio::ip::make_address("10.0.0.2"); });
        serve_well(s, "inside");
        serve_well(s, "10.0.0.2");
        s.start();
        s.run();
        auto const is_refused = std::string(url).find("delete") != std::string::npos ||
                                std::string(url) == "http://inside/f" || std::string(url) == "http://seed:81/f";
        CHECK(s.error() == (is_refused ? error_code(errc::address_refused) : error_code()));
    }
}
