// Seeds that come and go while a download begins.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;

TEST_CASE("a seed that goes while the download begins is never the last one when others are there")
{
    for (auto n = 0;; ++n)
    {
        CAPTURE(n);
        scene s(6);
        s.options.requesters_per_seed = 1;
        s.add_good_seed("goes");
        s.add_good_seed("stays");
        s.start();
        auto steps = 0;
        while (steps != n && s.outside.context.run_one())
            ++steps;
        if (steps != n)
            break;
        s.session->close_seed("http://goes/f");
        s.run();
        REQUIRE(s.has_ended());
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == s.content);
    }
}

TEST_CASE("a seed that goes before the download has begun is never asked")
{
    scene s(6);
    s.store->open_time = std::chrono::seconds(1);
    s.add_good_seed("goes");
    s.add_good_seed("stays");
    s.start();
    s.session->close_seed("http://goes/f");
    s.run();
    CHECK(s.error() == error_code());
    REQUIRE(s.session->snapshot().seeds.size() == 1);
    CHECK(s.session->snapshot().seeds.front().url == "http://stays/f");
}
