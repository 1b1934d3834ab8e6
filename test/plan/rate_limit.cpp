#include "plan/rate_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using webseed::planning::rate_limit;
using time_point = rate_limit::time_point;
using duration = time_point::duration;

constexpr auto start = time_point(std::chrono::hours(1));

struct reading
{
    time_point at;
    std::size_t taker = 0;
    std::uint64_t size = 0;
};

// What takers of one limit read who always have something to read, and wake a little late when they had to wait.
std::vector<reading> read_all(rate_limit& limit, std::size_t taker_count, duration time, duration late_max)
{
    std::mt19937_64 random(1);
    std::vector<time_point> turns(taker_count, start);
    std::vector<reading> all;
    for (;;)
    {
        auto const next = std::ranges::min_element(turns);
        auto const now = *next;
        if (now >= start + time)
            return all;
        all.push_back({now, static_cast<std::size_t>(next - turns.begin()), limit.quantum()});
        auto const due = limit.take(all.back().size, now);
        if (due > now)
            *next = due + duration(random() % static_cast<std::uint64_t>(late_max.count() + 1));
    }
}

// The least and the most that was read within a second, leaving out the first tenth of a second.
std::pair<std::uint64_t, std::uint64_t> in_any_second(std::vector<reading> const& all, time_point end)
{
    auto least = ~std::uint64_t{0};
    std::uint64_t most = 0;
    for (auto from = start + 100ms; from + 1s <= end; from += 7ms)
    {
        auto const before = [](reading const& each, time_point time) { return each.at < time; };
        std::uint64_t sum = 0;
        auto each = std::lower_bound(all.begin(), all.end(), from, before);
        for (; each != all.end() && each->at < from + 1s; ++each)
            sum += each->size;
        least = std::min(least, sum);
        most = std::max(most, sum);
    }
    return {least, most};
}

} // namespace

TEST_CASE("any second has as many bytes as the rate says, and each taker its share")
{
    for (auto const rate : {1'000ull, 33'333ull, 1'000'000ull, 77'777'777ull, 1'000'000'000ull})
        for (auto const late : {0ms, 3ms})
        {
            CAPTURE(rate);
            CAPTURE(late.count());
            rate_limit limit(rate);
            auto const time = rate > 100'000'000 ? 3s : 60s;
            auto const all = read_all(limit, 3, time, late);
            auto const [least, most] = in_any_second(all, start + time);
            // A read more or less, where a second has few.
            auto const slack = std::max<std::uint64_t>(rate / 20, limit.quantum()) + (late == 0ms ? 1 : rate / 100);
            CHECK(least + slack >= rate);
            CHECK(most <= rate + slack);
            std::array<std::uint64_t, 3> shares{};
            for (auto const& each : all)
                shares[each.taker] += each.size;
            auto const whole = shares[0] + shares[1] + shares[2];
            auto const due = rate * static_cast<std::uint64_t>(time / 1s);
            CHECK(whole + slack >= due - due / 100);
            CHECK(whole <= due + rate / 20 + 3 * limit.quantum());
            for (auto const share : shares)
            {
                CHECK(share >= whole / 3 - whole / 30);
                CHECK(share <= whole / 3 + whole / 30);
            }
        }
}

TEST_CASE("nothing is lost to rounding")
{
    for (auto const rate : {3ull, 7'777ull, 10'000'000'000ull, 1ull << 34})
    {
        CAPTURE(rate);
        rate_limit limit(rate);
        auto now = limit.take(0, start) + 50ms;
        CHECK(now == start);
        constexpr std::uint64_t count = 100'000;
        std::uint64_t const size = std::max<std::uint64_t>(1, rate / 100'000);
        limit.take(1, now); // from here on the clock shows when all is paid
        auto const begin = limit.take(0, now);
        for (std::uint64_t i = 0; i != count; ++i)
            now = std::max(now, limit.take(size, now));
        auto const expected = static_cast<double>(size * count) / static_cast<double>(rate);
        auto const took = std::chrono::duration<double>(limit.take(0, now) - begin).count();
        CHECK(took == doctest::Approx(expected).epsilon(1e-9));
    }
}

TEST_CASE("who was idle may read no more than fifty milliseconds' worth at once")
{
    rate_limit limit(1'000'000);
    CHECK(limit.take(50'000, start) == start);
    CHECK(limit.take(50'000, start) == start + 50ms);
    CHECK(limit.take(50'000, start + 1h) == start + 1h);
    CHECK(limit.take(1'000'000, start + 1h) == start + 1h + 1s);
}

TEST_CASE("as much is read at once as comes in fifty milliseconds, within bounds")
{
    CHECK(rate_limit(1).quantum() == 512);
    CHECK(rate_limit(1'000).quantum() == 512);
    CHECK(rate_limit(1'000'000).quantum() == 50'000);
    CHECK(rate_limit(10'000'000'000).quantum() == 256u << 10);
    CHECK(rate_limit(0).quantum() == 256u << 10);
}

TEST_CASE("without a limit, or with one beyond any network, everything may be read at once")
{
    for (auto const rate : {0ull, ~0ull})
    {
        rate_limit limit(rate);
        CHECK(limit.take(~0ull, start) == start);
        CHECK(limit.take(~0ull, start) == start);
    }
}

TEST_CASE("a debt has an end, whatever is booked")
{
    rate_limit limit(1);
    CHECK(limit.take(~0ull, start) > start + 23h);
    CHECK(limit.take(~0ull, start) == start + 24h);
    CHECK(limit.take(1, start + 48h) <= start + 48h + 1s);
}

TEST_CASE("another rate forgets debts, the same doesn't")
{
    rate_limit limit(1'000);
    CHECK(limit.take(10'000, start) > start + 9s);
    limit.set(1'000);
    CHECK(limit.take(0, start) > start + 9s);
    limit.set(2'000);
    CHECK(limit.take(0, start) <= start);
    CHECK(limit.take(2'000, start) == start + 950ms);
    limit.set(0);
    CHECK(limit.take(2'000, start) == start);
    CHECK(limit.rate() == 0);
}
