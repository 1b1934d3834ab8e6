// Mirrors of different rates together: their sum, and a bad one costs next to nothing.
#include "plan/fleet.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace webseed::test;

namespace {

constexpr std::uint64_t mib = 1u << 20;
constexpr double mb = 1e6;
constexpr std::uint64_t part_size = 256 << 10;

std::vector<fleet_mirror> mirrors(std::vector<double> const& rates, duration latency = 1ms)
{
    std::vector<fleet_mirror> made;
    for (auto const rate : rates)
        made.push_back({.rate = rate, .latency = latency});
    return made;
}

double seconds(duration time)
{
    return std::chrono::duration<double>(time).count();
}

double sum(std::vector<double> const& rates)
{
    return std::accumulate(rates.begin(), rates.end(), 0.0);
}

} // namespace

TEST_CASE("a mirror costs no more than three waits for first bytes, also with more requesters than places")
{
    for (auto const places : {4u, 8u})
        for (auto const requesters : {places, 16u})
            for (auto const latency : {20ms, 100ms, 500ms})
            {
                CAPTURE(places);
                CAPTURE(requesters);
                CAPTURE(latency.count());
                fleet f(
                    512 * mib, mib,
                    {{.rate = 125 * mb, .latency = latency, .requesters = requesters, .places = places}}, part_size);
                f.run();
                CHECK(f.board.board.is_complete());
                CHECK(seconds(f.now - start) <= 512 * mib / (125 * mb) + 3 * seconds(latency));
            }
}

TEST_CASE("mirrors of different rates together are as quick as their sum")
{
    struct
    {
        std::vector<double> rates;
        std::uint64_t size, piece;
        duration latency;
        double factor;
    } const rows[] = {
        {{10 * mb, 20 * mb, 40 * mb, 80 * mb}, 1024 * mib, mib, 1ms, 1.01},
        {{10 * mb, 20 * mb, 40 * mb, 80 * mb}, 1024 * mib, 4 * mib, 1ms, 1.01},
        {{10 * mb, 20 * mb, 40 * mb, 80 * mb}, 1024 * mib, 16 * mib, 1ms, 1.01},
        {{10 * mb, 20 * mb, 40 * mb, 80 * mb}, 4096 * mib, 16 * mib, 1ms, 1.01},
        {{1 * mb, 100 * mb}, 1024 * mib, mib, 20ms, 1.02},
        {{1 * mb, 1 * mb, 1 * mb, 1 * mb}, 64 * mib, mib, 20ms, 1.01},
        {{50 * mb}, 1024 * mib, mib, 20ms, 1.01},
    };
    for (auto const& row : rows)
    {
        fleet f(row.size, row.piece, mirrors(row.rates, row.latency), part_size);
        f.run();
        auto const ideal = static_cast<double>(row.size) / sum(row.rates);
        auto const ratio = seconds(f.now - start) / ideal;
        CHECK(f.board.board.is_complete());
        CHECK(ratio <= row.factor);
    }
}

TEST_CASE("mirrors of known rates are as quick as their sum, and small torrents come sooner than without")
{
    std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
    struct
    {
        std::uint64_t size, piece;
        double factor;
    } const rows[] = {
        {64 * mib, mib, 1.03},        {256 * mib, 4 * mib, 1.02},   {1024 * mib, mib, 1.01},
        {1024 * mib, 16 * mib, 1.01}, {4096 * mib, 16 * mib, 1.01},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.size);
        CAPTURE(row.piece);
        fleet ignorant(row.size, row.piece, mirrors(rates), part_size);
        ignorant.run();
        auto all = mirrors(rates);
        for (auto& each : all)
            each.known.rate = each.rate / each.requesters;
        fleet f(row.size, row.piece, all, part_size);
        f.run();
        auto const ratio = seconds(f.now - start) * sum(rates) / static_cast<double>(row.size);
        CHECK(f.board.board.is_complete());
        CHECK(ratio <= row.factor);
        CHECK(f.requests <= ignorant.requests * 5 / 4);
        if (row.size == 64 * mib)
            CHECK(f.now <= ignorant.now);
    }
}

TEST_CASE("mirrors of which everything wrong is known cost a moment")
{
    std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
    seed_hints const wrong[] = {{1e11}, {1}, {1e11, true}, {0, true}, {1, true}};
    for (std::size_t i = 0; i != 5 * std::size(wrong); ++i)
    {
        CAPTURE(i);
        auto all = mirrors(rates);
        for (std::size_t which = 0; which != all.size(); ++which)
            if (which == i % 5 || i % 5 == 4) // one of them, or all
                all[which].known = wrong[(i / 5 + (i % 5 == 4 ? which : 0)) % std::size(wrong)];
        fleet f(1024 * mib, mib, all, part_size);
        f.run();
        CHECK(f.board.board.is_complete());
        CHECK(seconds(f.now - start) <= 1024.0 * mib / sum(rates) + 2);
    }
}

TEST_CASE("a mirror that stalls is left behind")
{
    for (auto const i : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u})
    {
        auto const which = i % 4;
        auto const piece = i < 4 ? mib : 16 * mib;
        std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
        auto all = mirrors(rates);
        auto const ideal = 4096.0 * mib / sum(rates);
        auto const stall = std::chrono::duration_cast<duration>(std::chrono::duration<double>(0.9 * ideal));
        all[which].stalls_at = start + stall;
        fleet f(4096 * mib, piece, all, part_size);
        f.run();
        auto const rest = 0.1 * 4096 * mib / (sum(rates) - rates[which]);
        CHECK(f.board.board.is_complete());
        CHECK(seconds(f.now - start) - 0.9 * ideal <= 1.03 * rest);
        CHECK(f.board.board.discarded_size() <= 0.02 * 4096 * mib);
    }
}

TEST_CASE("a mirror with corrupt pieces costs what it sent")
{
    std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
    auto all = mirrors(rates);
    all[3].spoils = [](std::uint32_t piece) { return piece % 100 == 7; };
    fleet f(1024 * mib, mib, all, part_size);
    f.run();
    CHECK(f.board.board.is_complete());
    CHECK(static_cast<double>(f.received) <= 1.02 * 1024 * mib);
}

TEST_CASE("dead mirrors don't keep the good ones from their work")
{
    std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
    auto all = mirrors(rates);
    for (auto i = 0; i != 60; ++i)
        all.insert(all.begin(), {.rate = 1, .stalls_at = start});
    fleet f(1024 * mib, mib, all);
    f.run();
    auto const ideal = 1024.0 * mib / sum(rates);
    CHECK(f.board.board.is_complete());
    CHECK(seconds(f.now - start) <= 1.05 * ideal);
    REQUIRE(f.first_verified);
    fleet good(1024 * mib, mib, mirrors(rates));
    good.run();
    CHECK(*f.first_verified - start <= 1.2 * (*good.first_verified - start));
}

TEST_CASE("mirrors that were dead earlier, and are, cost even less")
{
    std::vector<double> const rates{10 * mb, 20 * mb, 40 * mb, 80 * mb};
    for (auto const size : {256 * mib, 1024 * mib})
        for (auto const has_rates : {false, true})
        {
            CAPTURE(size);
            CAPTURE(has_rates);
            auto all = mirrors(rates);
            for (auto i = 0; i != 60; ++i)
                all.insert(all.begin(), {.rate = 1, .stalls_at = start});
            fleet ignorant(size, mib, all);
            ignorant.run();
            for (auto& each : all)
            {
                each.known.was_dead = each.stalls_at == start;
                each.known.rate = has_rates && !each.known.was_dead ? each.rate / each.requesters : 0;
            }
            fleet f(size, mib, all);
            f.run();
            CHECK(f.board.board.is_complete());
            CHECK(seconds(f.now - start) <= 0.1 + 1.03 * static_cast<double>(size) / sum(rates));
            CHECK(seconds(f.now - start) <= 1.02 * seconds(ignorant.now - start));
            REQUIRE(f.first_verified);
            CHECK(*f.first_verified <= *ignorant.first_verified);
            CHECK(f.board.board.overdue_count() <= ignorant.board.board.overdue_count() / 3);
            CHECK(f.requests <= ignorant.requests * 2 / 3);
        }
}
