// Who is woken at the gate of a host.
#include "engine/host_gates.hpp"
#include "engine/requester_link.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

namespace asio = boost::asio;
using namespace webseed;
using namespace std::chrono_literals;
using planning::visit_kind;

namespace {

/// A requester, as its gate sees it.
struct visitor
{
    explicit visitor(std::shared_ptr<asio::io_context> on = std::make_shared<asio::io_context>(1))
        : loop(std::move(on))
    {}

    planning::admission enter(core::host_gate& gate, time_point now, unsigned wish = 4)
    {
        return gate.enter(now, wish, waiter);
    }
    void leave(core::host_gate& gate, time_point now)
    {
        gate.leave(now, {.kind = visit_kind::delivered, .began = now, .active = 1}, *waiter);
    }
    bool renew(core::host_gate& gate, time_point now, visit_kind kind = visit_kind::delivered)
    {
        return gate.renew(now, {.kind = kind, .began = now - 1s, .active = 4}, 8, *waiter).granted;
    }
    /// It, or another one of its loop.
    bool was_woken()
    {
        loop->restart();
        return loop->poll() != 0;
    }

    std::shared_ptr<asio::io_context> loop;
    std::shared_ptr<core::requester_link> link = std::make_shared<core::requester_link>(loop->get_executor());
    std::shared_ptr<core::host_waiter> waiter = std::make_shared<core::host_waiter>(link);
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
    first.leave(gate, start);
    CHECK(second.was_woken());
    REQUIRE(third.enter(gate, start).granted); // for another reason; it is quicker
    REQUIRE(!second.enter(gate, start).granted);
    third.leave(gate, start);
    third.link->close();
    CHECK(second.was_woken());
}

TEST_CASE("when the one that waits for the end of a pause gives up, another one is told of the pause")
{
    core::host_gate gate({});
    visitor first, second, third;
    REQUIRE(first.enter(gate, start).granted);
    gate.leave(
        start + 1s, {.kind = visit_kind::refused, .began = start, .active = 1, .retry_after = 10s}, *first.waiter);
    auto const pause_end = gate.pause_end();
    REQUIRE(first.enter(gate, pause_end).granted);
    REQUIRE(!second.enter(gate, pause_end).granted); // as it is not known yet how the first fares
    REQUIRE(!third.enter(gate, pause_end).granted);
    gate.leave(
        pause_end + 1s, {.kind = visit_kind::refused, .began = pause_end, .active = 1, .retry_after = 10s},
        *first.waiter);
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

TEST_CASE("of those who wait one of the least busy event loop is woken, and nobody of a busier one is quicker")
{
    core::host_gate gate({});
    std::array<visitor, 6> busy;
    for (auto& each : busy)
        each = visitor(busy[0].loop);
    std::array<visitor, 2> idle;
    idle[1] = visitor(idle[0].loop);
    for (std::size_t i = 0; i != busy.size(); ++i)
        REQUIRE(busy[i].enter(gate, start, 8).granted == (i < 4));
    REQUIRE(!idle[0].enter(gate, start, 8).granted);
    REQUIRE(!idle[1].enter(gate, start, 8).granted);

    busy[0].leave(gate, start);
    CHECK(!busy[0].was_woken());
    CHECK(idle[0].was_woken());
    CHECK(!busy[0].enter(gate, start, 8).granted);
    CHECK(idle[0].enter(gate, start, 8).granted);

    SUBCASE("until both are as busy: from then on who has waited longest")
    {
        busy[1].leave(gate, start);
        CHECK(!busy[1].enter(gate, start, 8).granted);
        REQUIRE(idle[1].was_woken());
        CHECK(idle[1].enter(gate, start, 8).granted);
        busy[2].leave(gate, start);
        CHECK(busy[2].enter(gate, start, 8).granted); // in its own place
        CHECK(busy[2].was_woken());                   // in vain
    }
    SUBCASE("if that one gives up it is another one's turn")
    {
        busy[1].leave(gate, start);
        REQUIRE(idle[1].was_woken());
        gate.abandon(idle[1].waiter);
        CHECK(busy[0].was_woken());
        CHECK(busy[1].enter(gate, start, 8).granted);
    }
}

TEST_CASE("on one event loop it is the turn of who has waited longest, and who is quicker gets in")
{
    core::host_gate gate({.requests_max = 1});
    std::array<visitor, 3> all;
    all[1] = visitor(all[0].loop);
    all[2] = visitor(all[0].loop);
    for (std::size_t i = 0; i != all.size(); ++i)
        REQUIRE(all[i].enter(gate, start).granted == (i == 0));
    all[0].leave(gate, start);
    CHECK(all[0].was_woken());
    all[1].link->close();
    CHECK(all[0].enter(gate, start).granted);
    all[0].loop->poll();
    all[0].leave(gate, start);
    CHECK(all[2].was_woken());
}

TEST_CASE("while somebody who was woken is on the way nobody else is woken for the same room")
{
    core::host_gate gate({.requests_max = 2});
    std::array<visitor, 4> all;
    for (std::size_t i = 0; i != all.size(); ++i)
        REQUIRE(all[i].enter(gate, start).granted == (i < 2));
    all[0].leave(gate, start);
    CHECK(all[2].was_woken());
    gate.progressed(start + 1s, {.kind = visit_kind::delivered, .began = start, .bytes = 9, .counted_from = start});
    CHECK(!all[3].was_woken());
    all[1].leave(gate, start);
    CHECK(all[3].was_woken());
}

TEST_CASE("who has done well keeps its place before those who wait")
{
    core::host_gate gate({});
    visitor first;
    std::array<visitor, 4> all;
    for (auto& each : all)
        each = visitor(first.loop);
    REQUIRE(first.enter(gate, start, 8).granted);
    for (std::size_t i = 0; i != all.size(); ++i)
        REQUIRE(all[i].enter(gate, start, 8).granted == (i < 3));
    CHECK(first.renew(gate, start + 1s));
    CHECK(!all[3].was_woken());

    SUBCASE("but not if it did badly")
    {
        CHECK(!first.renew(gate, start + 2s, visit_kind::neutral));
        CHECK(all[3].was_woken());
    }
    SUBCASE("nor if somebody of another download waits")
    {
        all[3].waiter->group = &gate;
        CHECK(!first.renew(gate, start + 2s));
        CHECK(all[3].was_woken());
    }
    SUBCASE("nor while as many are on the way as there is room for")
    {
        gate.leave(start + 1s, {}, *all[0].waiter);
        CHECK(all[3].was_woken());
        REQUIRE(all[0].enter(gate, start + 1s, 8).granted); // it is quicker
        CHECK(!first.renew(gate, start + 2s));
        CHECK(all[3].enter(gate, start + 2s, 8).granted);
    }
    SUBCASE("nor if a less busy event loop has somebody who waits")
    {
        visitor elsewhere;
        REQUIRE(!elsewhere.enter(gate, start, 8).granted);
        CHECK(!first.renew(gate, start + 2s));
        CHECK(elsewhere.was_woken());
    }
    SUBCASE("nor if there are to be fewer")
    {
        gate.leave(start + 2s, {.kind = visit_kind::reset, .began = start + 1s, .active = 4}, *all[0].waiter);
        CHECK(!first.renew(gate, start + 3s));
        CHECK(!first.enter(gate, start + 3s, 8).granted);
    }
}

TEST_CASE("those who wait are told when a host begins to refuse, for it may count their connections")
{
    core::host_gate gate({});
    visitor first, waiting;
    std::array<visitor, 3> others;
    REQUIRE(first.enter(gate, start, 8).granted);
    for (auto& each : others)
        REQUIRE(each.enter(gate, start, 8).granted);
    REQUIRE(!waiting.enter(gate, start, 8).granted);
    CHECK(!gate.is_strict(start));
    gate.leave(start + 1s, {.kind = visit_kind::refused, .began = start + 1ms, .active = 4}, *first.waiter);
    CHECK(gate.is_strict(start + 1s));
    CHECK(waiting.was_woken());
    CHECK(!waiting.enter(gate, start + 1s, 8).granted);
    gate.leave(start + 1s, {.kind = visit_kind::refused, .began = start + 1ms, .active = 3}, *others[0].waiter);
    CHECK(!waiting.was_woken()); // which it knows
}
