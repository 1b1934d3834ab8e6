// Who is woken at the gate of a host.
#include "engine/host_gates.hpp"
#include "engine/requester_link.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <memory>

namespace asio = boost::asio;
using namespace webseed;
using namespace std::chrono_literals;
using planning::visit_kind;

namespace {

/// A requester, as its gate sees it.
struct visitor
{
    planning::admission enter(core::host_gate& gate, time_point now, unsigned wish = 4)
    {
        return gate.enter(now, wish, waiter);
    }
    bool was_woken()
    {
        context.restart();
        return context.poll() != 0;
    }

    asio::io_context context{1};
    std::shared_ptr<core::requester_link> link = std::make_shared<core::requester_link>(context.get_executor());
    std::shared_ptr<core::host_waiter> waiter = std::make_shared<core::host_waiter>(core::host_waiter{link});
};

constexpr time_point start{};

} // namespace

TEST_CASE("who got in while it was queued is out of the queue: another one is woken when it leaves")
{
    core::host_gate gate({.requests_max = 1});
    visitor first, second, third;
    REQUIRE(first.enter(gate, start).granted);
    REQUIRE(!second.enter(gate, start).granted);
    REQUIRE(!third.enter(gate, start).granted);
    gate.leave(start, {.kind = visit_kind::delivered, .began = start, .active = 1});
    CHECK(second.was_woken());
    REQUIRE(third.enter(gate, start).granted); // for another reason; it is quicker
    REQUIRE(!second.enter(gate, start).granted);
    gate.leave(start, {.kind = visit_kind::delivered, .began = start, .active = 1});
    third.link->close();
    CHECK(second.was_woken());
}

TEST_CASE("when the one that waits for the end of a pause gives up, another one is told of the pause")
{
    core::host_gate gate({});
    visitor first, second, third;
    REQUIRE(first.enter(gate, start).granted);
    gate.leave(start + 1s, {.kind = visit_kind::refused, .began = start, .active = 1, .retry_after = 10s});
    auto const pause_end = gate.pause_end();
    REQUIRE(first.enter(gate, pause_end).granted);
    REQUIRE(!second.enter(gate, pause_end).granted); // as it is not known yet how the first fares
    REQUIRE(!third.enter(gate, pause_end).granted);
    gate.leave(pause_end + 1s, {.kind = visit_kind::refused, .began = pause_end, .active = 1, .retry_after = 10s});
    REQUIRE(second.was_woken());
    CHECK(!third.was_woken());
    CHECK(second.enter(gate, pause_end + 1s).until == gate.pause_end());
    gate.abandon(second.waiter);
    REQUIRE(third.was_woken());
    CHECK(third.enter(gate, pause_end + 1s).until == gate.pause_end());
}

TEST_CASE("who waits is woken when what comes to others, who go on, makes room")
{
    core::host_gate gate({});
    std::array<visitor, 5> all;
    for (std::size_t i = 0; i != 4; ++i)
        REQUIRE(all[i].enter(gate, start, 8).granted);
    REQUIRE(!all[4].enter(gate, start, 8).granted);
    auto count = 0;
    while (!all[4].was_woken() && ++count != 20)
    {
        auto const since = start + count * 1s;
        gate.progressed(since + 1s, {.kind = visit_kind::delivered, .began = start, .bytes = 9, .counted_from = since});
    }
    CHECK(count > 4); // how quick four are isn't known before
    CHECK(count < 20);
    CHECK(all[4].enter(gate, start + 1min, 8).granted);
}
