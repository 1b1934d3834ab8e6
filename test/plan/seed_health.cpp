#include "plan/seed_health.hpp"

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using webseed::planning::duration;
using webseed::planning::health_options;
using webseed::planning::seed_health;
using webseed::planning::time_point;

constexpr auto start = time_point(std::chrono::hours(1));
constexpr std::uint64_t least = 0;
constexpr std::uint64_t most = ~std::uint64_t{0};

} // namespace

TEST_CASE("a seed may be asked at once until it fails")
{
    seed_health const health(health_options{});
    CHECK(health.pause_end() <= start);
    CHECK(!health.is_probing());
    CHECK(!health.is_given_up());
}

TEST_CASE("the pause after a failure lies between half the first pause and the first pause")
{
    seed_health shortest(health_options{});
    shortest.failed(start, least);
    CHECK(shortest.pause_end() == start + 250ms);
    seed_health longest(health_options{});
    longest.failed(start, most);
    CHECK(longest.pause_end() > start + 499ms);
    CHECK(longest.pause_end() <= start + 500ms);
}

TEST_CASE("pauses grow up to three times the last, and not beyond the longest")
{
    health_options options;
    options.failure_count_max = 100;
    seed_health health(options);
    auto now = start;
    auto last = duration{};
    for (int i = 0; i != 20; ++i)
    {
        health.failed(now, most);
        auto const pause = health.pause_end() - now;
        CHECK(pause >= last);
        CHECK(pause <= options.pause_max);
        if (i > 0)
            CHECK(pause <= last * 3);
        last = pause;
        now = health.pause_end();
    }
    CHECK(last == options.pause_max);
}

TEST_CASE("after a failure one claim at a time probes the seed, until a piece arrives")
{
    seed_health health(health_options{});
    health.failed(start, least);
    CHECK(health.is_probing());
    health.delivered();
    CHECK(!health.is_probing());
    health.failed(start, most);
    CHECK(health.pause_end() <= start + 500ms); // the pauses begin anew
}

TEST_CASE("a seed is given up after so many failures in a row, and not before")
{
    health_options options;
    options.failure_count_max = 3;
    seed_health health(options);
    health.failed(start, least);
    health.failed(start, least);
    health.delivered();
    health.failed(start, least);
    health.failed(start, least);
    CHECK(!health.is_given_up());
    health.failed(start, least);
    CHECK(health.is_given_up());
}

TEST_CASE("a server's wish for a pause is followed, up to a limit")
{
    seed_health patient(health_options{});
    patient.busy(start, 90s, least);
    CHECK(patient.pause_end() == start + 90s);
    seed_health limited(health_options{});
    limited.busy(start, 24h, least);
    CHECK(limited.pause_end() == start + 10min);
    seed_health unsaid(health_options{});
    unsaid.busy(start, std::nullopt, least);
    CHECK(unsaid.pause_end() == start + 250ms);
    seed_health negative(health_options{});
    negative.busy(start, -5s, least);
    CHECK(negative.pause_end() == start + 250ms);
}

TEST_CASE("being busy counts less than failing")
{
    health_options options;
    options.failure_count_max = 2;
    options.busy_count_max = 4;
    seed_health health(options);
    auto now = start;
    for (int i = 0; i != 3; ++i)
    {
        health.busy(now, 1s, least);
        now = health.pause_end();
    }
    CHECK(!health.is_given_up());
    health.busy(now, 1s, least);
    CHECK(health.is_given_up());
}

TEST_CASE("those who are told together that a seed is busy have met it once")
{
    seed_health health(health_options{});
    for (int i = 0; i != 1000; ++i)
        health.busy(start, std::nullopt, least);
    CHECK(!health.is_given_up());
    CHECK(health.pause_end() == start + 250ms);
    health.busy(start, 9s, least); // but the longest wish counts
    CHECK(health.pause_end() == start + 9s);
}

TEST_CASE("a later pause never ends an earlier one early")
{
    seed_health health(health_options{});
    health.busy(start, 60s, least);
    health.failed(start + 1s, least);
    CHECK(health.pause_end() == start + 60s);
}

TEST_CASE("wrong pieces count even when right ones come between")
{
    health_options options;
    options.bad_piece_count_max = 2;
    seed_health health(options);
    health.sent_bad_piece();
    health.delivered();
    CHECK(!health.is_given_up());
    health.sent_bad_piece();
    CHECK(health.is_given_up());
}
