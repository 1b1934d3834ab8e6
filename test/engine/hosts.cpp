// What hosts are asked for at once, and how fast.
#include "engine/embedded.hpp"
#include "engine/scene.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

/// A server that takes a second for an answer, and minds more than `limit` requests at once.
class counting_server
{
public:
    counting_server(scene& s, unsigned limit)
        : scene_(s)
        , limit_(limit)
    {}

    std::vector<step> operator()(request const& asked)
    {
        auto const now = scene_.outside.time->now();
        std::erase_if(busy_until_, [now](time_point end) { return end <= now; });
        if (busy_until_.size() >= limit_)
        {
            ++refused;
            return {send_bytes{response("503 Busy", "", "")}};
        }
        busy_until_.push_back(now + 1s);
        most = std::max(most, busy_until_.size());
        return {pause_for{1s}, send_bytes{range_response(asked, scene_.content)}};
    }

    std::size_t most = 0;
    int refused = 0;

private:
    scene& scene_;
    unsigned limit_;
    std::vector<time_point> busy_until_;
};

} // namespace

TEST_CASE("seeds on one host together are asked for no more at once than one alone")
{
    scene s(40);
    s.options.requesters_per_seed = 3;
    counting_server server(s, 100);
    s.outside.net->serve("host", [&](request const& asked) { return server(asked); });
    s.start();
    for (auto const* const path : {"/a", "/b", "/c", "/d"})
        s.session->add_seed(std::string("http://host") + path);
    s.run();
    CHECK_FALSE(s.error());
    CHECK(server.most == 3);
}

TEST_CASE("a host that minds is asked for less at once, and is hardly ever asked for too much again")
{
    scene s(200);
    s.options.requesters_per_seed = 4;
    counting_server server(s, 2);
    s.add_seed("host", [&](request const& asked) { return server(asked); });
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.store->bytes == s.content);
    CHECK(server.refused >= 1);
    CHECK(server.refused <= 10);
    CHECK(server.most == 2);
}

TEST_CASE("when a host wants to be left alone, none of its seeds is asked meanwhile")
{
    scene s(20);
    s.options.requesters_per_seed = 2;
    auto refused_at = time_point::max();
    auto count = 0;
    s.outside.net->serve("host", [&](request const& asked) {
        auto const now = s.outside.time->now();
        if (++count == 3)
        {
            refused_at = now;
            return std::vector<step>{send_bytes{response("503 Busy", "Retry-After: 30\r\n", "")}};
        }
        if (now > refused_at)
            CHECK(now - refused_at >= 29s);
        return std::vector<step>{pause_for{1s}, send_bytes{range_response(asked, s.content)}};
    });
    s.start();
    s.session->add_seed("http://host/a");
    s.session->add_seed("http://host/b");
    s.run();
    CHECK_FALSE(s.error());
    CHECK(refused_at != time_point::max());
}

TEST_CASE("who is redirected to a host without room waits for it, and doesn't go round in circles")
{
    scene s(60);
    s.options.requesters_per_seed = 3;
    counting_server server(s, 1);
    s.outside.net->serve("cdn", [&](request const& asked) { return server(asked); });
    for (auto const* const host : {"a", "b"})
        s.add_seed(host, [](request const&) {
            return std::vector<step>{send_bytes{response("302 Found", "Location: http://cdn/f\r\n", "")}};
        });
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(server.refused <= 10);
    CHECK(s.outside.context.steps() < 20'000);
}

TEST_CASE("who waited for its turn within a limit of the rate doesn't ask a host that wants to be left alone by now")
{
    scene s(20, 4);
    s.options.requesters_per_seed = 2;
    s.options.rate_max = 20;
    auto refused_at = time_point::max();
    auto count = 0;
    s.add_seed("host", [&](request const& asked) {
        auto const now = s.outside.time->now();
        if (now > refused_at)
            CHECK(now - refused_at >= 30s);
        if (++count != 2)
            return s.good_answer(asked);
        refused_at = now + 1s;
        return std::vector<step>{pause_for{1s}, send_bytes{response("503 Busy", "Retry-After: 30\r\n", "")}};
    });
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(refused_at != time_point::max());
}

TEST_CASE("who is sent on by a host that has no room waits for room there, not for another one's")
{
    scene s(20);
    s.options.requesters_per_seed = 4;
    auto const latency = 1s;
    auto busy_until = time_point::min();
    s.add_seed("front", [&](request const& asked) {
        auto const now = s.outside.time->now();
        if (now < busy_until)
            return std::vector<step>{send_bytes{response("503 Busy", "", "")}};
        busy_until = now + latency;
        auto const fields = "Location: http://back" + asked.target + "\r\nCache-Control: no-store\r\n";
        return std::vector<step>{pause_for{latency}, send_bytes{response("302 Found", fields, "")}};
    });
    s.outside.net->serve("back", [&](request const& asked) { return s.good_answer(asked); });
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.outside.context.steps() < 5000);
}

TEST_CASE("a piece that has begun is finished where there is no room at once, and nothing is fetched twice")
{
    std::vector<made_file> files;
    for (auto i = 0; i != 20; ++i)
        files.push_back(
            {"f" + std::to_string(i), letters(24)}); // each piece of 16 ends in another file than it began in
    embedded e(files);
    std::multiset<std::string> asked_for;
    e.options.requesters_per_seed = 3;
    e.options.claim_size_first = 16;
    e.options.claim_size_min = 16;
    e.options.claim_size_max = 16;
    for (auto const* const host : {"a", "b"})
        e.add_seed(host, [&, serve = serving(e.files)](request const& asked) {
            if ((asked.target.back() - '0') % 2 == 0)
            {
                asked_for.insert(asked.target + ' ' + asked.field("Range"));
                return serve(asked);
            }
            auto const fields = "Location: http://cdn" + asked.target + "\r\n";
            return std::vector<step>{send_bytes{response("302 Found", fields, "")}};
        });
    e.outside.net->serve("cdn", [&, serve = serving(e.files)](request const& asked) {
        asked_for.insert(asked.target + ' ' + asked.field("Range"));
        auto steps = serve(asked);
        steps.insert(steps.begin(), pause_for{100ms});
        return steps;
    });
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    for (auto const& one : asked_for)
    {
        CAPTURE(one);
        CHECK(asked_for.count(one) == 1);
    }
}

TEST_CASE("what a host has no room for is fetched from others")
{
    scene s(30);
    s.options.requesters_per_seed = 4;
    s.add_seed("busy", [&](request const&) {
        return std::vector<step>{send_bytes{response("429 Slow Down", "Retry-After: 600\r\n", "")}};
    });
    s.add_good_seed("good");
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.outside.time->now().time_since_epoch() < 2h);
}

TEST_CASE("a limit of the rate is kept, of the engine, the download and the seed, and is no stall")
{
    for (auto const which : {0, 1, 2})
    {
        CAPTURE(which);
        scene s(100); // 1600 bytes
        auto& rate = which == 0 ? s.rate_max : which == 1 ? s.options.rate_max : s.options.seed_rate_max;
        rate = 20;
        s.add_good_seed("host");
        auto const begun = s.outside.time->now();
        s.start();
        s.run();
        CHECK_FALSE(s.error());
        auto const took = s.outside.time->now() - begun;
        CHECK(took >= 75s);
        CHECK(took <= 85s);
        CHECK(s.session->snapshot().seeds.front().failures == 0);
    }
}
