// What requests say about who asks, and to whom.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;

namespace {

/// Remembers what each host was told.
struct listening_scene : scene
{
    listening_scene()
        : scene(3)
    {
        options.requesters_per_seed = 1;
    }

    void serve(std::string const& host, server answers)
    {
        outside.net->serve(host, [this, host, answers = std::move(answers)](request const& asked) {
            heard[host] += asked.text;
            return answers(asked);
        });
    }
    void serve_well(std::string const& host)
    {
        serve(host, [this](request const& asked) { return good_answer(asked); });
    }
    void redirect(std::string const& host, std::string const& location)
    {
        serve(host, [location](request const&) {
            return std::vector<step>{send_bytes{response("302 Found", "Location: " + location + "\r\n", "")}};
        });
    }
    bool has_heard(std::string const& host, std::string const& text)
    {
        return heard[host].find(text) != std::string::npos;
    }

    std::map<std::string, std::string> heard;
};

constexpr auto basic = "Authorization: Basic bWU6c2VjcmV0"; // me:secret

} // namespace

TEST_CASE("a user's name and password in a URL go to its origin, and nowhere else")
{
    listening_scene s;
    s.redirect("seed", "http://cdn/f");
    s.serve_well("cdn");
    s.serve_well("good");
    s.start();
    s.session->add_seed("http://me:secret@seed/f");
    s.session->add_seed("http://good/f");
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.has_heard("seed", basic));
    CHECK_FALSE(s.has_heard("cdn", "Authorization"));
    CHECK_FALSE(s.has_heard("good", "Authorization"));
    auto const told = s.session->snapshot();
    for (auto const& seed : told.seeds)
        CHECK(seed.url.find("secret") == std::string::npos);
}

TEST_CASE("they are sent again where a redirect stays at the origin")
{
    listening_scene s;
    s.serve("seed", [&](request const& asked) {
        CHECK(asked.text.find(basic) != std::string::npos);
        if (asked.target == "/moved")
            return s.good_answer(asked);
        return std::vector<step>{send_bytes{response("301 Moved", "Location: /moved\r\n", "")}};
    });
    s.start();
    s.session->add_seed("http://me:secret@seed/f");
    s.run();
    CHECK_FALSE(s.error());
}

TEST_CASE("headers are for the seeds that the user names, logins for their hosts")
{
    listening_scene s;
    s.options.headers = {{"X-Token", "t0ken"}};
    s.options.logins = {{"strange", "me", "secret"}};
    s.options.more_torrent_seeds = {"http://strange/f"};
    s.redirect("named", "http://cdn/f");
    s.serve_well("cdn");
    s.serve_well("strange");
    s.start();
    s.session->add_seed("http://named/f");
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.has_heard("named", "X-Token: t0ken"));
    CHECK_FALSE(s.has_heard("cdn", "t0ken"));
    CHECK_FALSE(s.has_heard("strange", "t0ken"));
    CHECK(s.has_heard("strange", basic));
    CHECK_FALSE(s.has_heard("named", "Authorization"));
}

TEST_CASE("whoever gives headers for each request is asked again after a refusal, once")
{
    for (auto const is_good : {true, false})
    {
        CAPTURE(is_good);
        listening_scene s;
        auto const good = std::string("fresh");
        std::vector<unsigned> asked_after;
        s.options.more_headers = [&](header_question question) -> asio::awaitable<std::vector<header_field>> {
            asked_after.push_back(question.refused_status);
            CHECK(question.url == "http://seed/f?k=v");
            CHECK(question.is_named_by_user);
            header_field field{"Authorization", "Bearer old"};
            if (question.refused_status != 0 && is_good)
                field.value = "Bearer fresh";
            std::vector<header_field> fields;
            fields.push_back(std::move(field));
            co_return fields;
        };
        s.serve("seed", [&](request const& asked) {
            if (asked.field("Authorization") == "Bearer fresh")
                return s.good_answer(asked);
            return std::vector<step>{send_bytes{response("401 Who?", "", "")}};
        });
        s.start();
        s.session->add_seed("http://seed/f?k=v");
        s.run();
        CHECK(s.error() == (is_good ? error_code() : error_code(errc::unauthorized)));
        CHECK(asked_after.size() == (is_good ? 6 : 2));
        CHECK(asked_after[1] == 401);
    }
}
