#include "engine/wakeup.hpp"

#include "support/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

// Waits again and again, and counts.
struct waiter
{
    explicit waiter(world& outside, time_point until = time_point::max())
    {
        auto loop = [this, &outside, until]() -> asio::awaitable<void> {
            while (!is_done)
            {
                co_await channel.wait(*outside.time, until);
                ++count;
            }
        };
        body = loop;
        asio::co_spawn(outside.context, body, asio::bind_cancellation_slot(channel.slot(), [](std::exception_ptr) {}));
    }

    core::wakeup channel;
    std::function<asio::awaitable<void>()> body;
    int count = 0;
    bool is_done = false;
};

} // namespace

TEST_CASE("a ring ends the wait, and the next wait waits again")
{
    world outside;
    waiter w(outside);
    outside.settle();
    CHECK(w.count == 0);
    w.channel.ring();
    outside.settle();
    CHECK(w.count == 1);
    w.channel.ring();
    outside.settle();
    CHECK(w.count == 2);
    w.is_done = true;
    w.channel.ring();
    outside.settle();
}

TEST_CASE("a ring that comes while nobody waits ends the next wait at once")
{
    world outside;
    waiter w(outside);
    w.channel.ring(); // nothing has run yet
    outside.settle();
    CHECK(w.count == 1);
    w.is_done = true;
    w.channel.ring();
    outside.settle();
}

TEST_CASE("several rings are as good as one")
{
    world outside;
    waiter w(outside);
    outside.settle();
    for (int i = 0; i != 5; ++i)
        w.channel.ring();
    outside.settle();
    CHECK(w.count == 1);
    w.is_done = true;
    w.channel.ring();
    outside.settle();
}

TEST_CASE("a wait ends by itself at its time")
{
    world outside;
    waiter w(outside, outside.time->now() + 5s);
    w.is_done = true; // after the first
    outside.run();
    CHECK(w.count == 0); // it never began
    world other;
    waiter x(other, other.time->now() + 5s);
    auto const before = other.time->now();
    other.settle();
    CHECK(x.count == 0);
    x.is_done = true;
    other.run();
    CHECK(x.count == 1);
    CHECK(other.time->now() == before + 5s);
}
