// Seeds that come and go while a download begins.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace webseed;
using namespace webseed::test;

namespace {

// Of the requests so far, those to one host.
std::ptrdiff_t requests_to(std::string const& host, scene const& s)
{
    return std::ranges::count_if(s.outside.net->log(), [&](auto const& line) { return line.starts_with(host + ' '); });
}

} // namespace

TEST_CASE("a seed that goes while the download begins isn't asked any more, nor taken for the last one")
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
        auto const before = requests_to("goes", s);
        s.session->close_seed("http://goes/f");
        s.run();
        CHECK(requests_to("goes", s) - before <= 1); // one may be on its way
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
