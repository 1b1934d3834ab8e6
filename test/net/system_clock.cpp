#include <webseed/clock.hpp>

#include "net/loopback.hpp"

#include <set>

using namespace webseed;
using namespace webseed::test;

TEST_CASE("the time is the system's, and goes forward")
{
    auto const time = make_system_clock();
    auto const before = std::chrono::steady_clock::now();
    auto const now = time->now();
    CHECK(before <= now);
    CHECK(now <= time->now());
    CHECK(now <= std::chrono::steady_clock::now());
}

TEST_CASE("a sleep ends at its time, not before")
{
    auto const time = make_system_clock();
    auto const until = soon();
    run(time->sleep_until(until));
    CHECK(time->now() >= until);
    run(time->sleep_until(until));
    run(time->sleep_until(time_point()));
    run(time->sleep_until(time_point::min()));
}

TEST_CASE("a sleep ends early when it is cancelled, even one for ever")
{
    asio::io_context context{1};
    auto const time = make_system_clock();
    for (auto const until : {far(), time_point::max()})
    {
        auto sleep = [](webseed::clock& of, time_point to) -> asio::awaitable<error_code> {
            co_await of.sleep_until(to);
            co_return error_code();
        };
        CHECK_FALSE(cancelled(context, sleep(*time, until)));
    }
}

TEST_CASE("random numbers differ, from each other and from clock to clock, in all bits")
{
    auto const one = make_system_clock();
    auto const other = make_system_clock();
    std::set<std::uint64_t> seen;
    std::uint64_t all = UINT64_MAX;
    std::uint64_t any = 0;
    for (int i = 0; i != 1000; ++i)
    {
        for (auto const number : {one->random(), other->random()})
        {
            seen.insert(number);
            all &= number;
            any |= number;
        }
    }
    CHECK(seen.size() == 2000);
    CHECK(all == 0);
    CHECK(any == UINT64_MAX);
}
