// How requesters fare at servers of many kinds: few are refused, and little time is lost.
#include "plan/visitors.hpp"

#include <doctest/doctest.h>

using namespace webseed::test;

namespace {

constexpr auto round_trip = 20ms;

answer good(duration time, std::uint64_t bytes = 1000)
{
    return {visit_kind::delivered, time, bytes, {}};
}

answer refusal(std::optional<duration> retry_after = {})
{
    return {visit_kind::refused, round_trip, 0, retry_after};
}

// So many requests a second, and `burst` at once if there was a rest; each takes `time`.
visitors::server token_bucket(double rate, double burst, duration time)
{
    return [=, tokens = burst, last = start](time_point now, unsigned) mutable {
        tokens = std::min(burst, tokens + rate * std::chrono::duration<double>(now - last).count());
        last = now;
        if (tokens < 1)
            return refusal();
        --tokens;
        return good(time);
    };
}

visitors::server limited_connections(unsigned count, duration time)
{
    return [=](time_point, unsigned under_way) { return under_way < count ? good(time) : refusal(); };
}

} // namespace

TEST_CASE("a server that takes five requests a second is asked about so often, and refuses few")
{
    struct row
    {
        double burst;
        duration time;
    };
    for (auto const& [burst, time] :
         {row{1, 20ms}, row{1, 150ms}, row{10, 20ms}, row{10, 300ms}, row{50, 20ms}, row{50, 100ms}})
    {
        visitors all(token_bucket(5, burst, time), 4);
        all.run(600s);
        auto const concurrent = 4 / std::chrono::duration<double>(time).count();
        auto const ideal = 600 * std::min(5.0, concurrent);
        CAPTURE(burst);
        CAPTURE(time / 1ms);
        CAPTURE(all.figures(ideal));
        CHECK(all.share_of(ideal) > 0.8);
        CHECK(all.refused_count(0s, 60s) <= 10);
        CHECK(all.refused_count(60s, 600s) <= 30);
    }
}

TEST_CASE("a server that takes two connections refuses a few more, ever more rarely")
{
    for (auto const time : {20ms, 200ms, 4000ms})
        for (unsigned const count : {1u, 2u})
        {
            visitors all(limited_connections(count, time), 4);
            all.run(600s);
            auto const ideal = 600.0 * count / std::chrono::duration<double>(time).count();
            CAPTURE(count);
            CAPTURE(time / 1ms);
            CAPTURE(all.figures(ideal));
            CHECK(all.share_of(ideal) > 0.9);
            CHECK(all.refused_count(0s, 60s) <= 5);
            CHECK(all.refused_count(60s, 600s) <= 4);
            CHECK(all.budget.limit() == count);
            CHECK(all.budget.gap() == 0s);
        }
}

TEST_CASE("an outage costs a few refused requests and not much more time than it lasted")
{
    for (auto const says : {true, false})
    {
        visitors all(
            [=](time_point now, unsigned) {
                auto const is_out = now >= start + 10s && now < start + 13s;
                if (is_out)
                    return says ? refusal(start + 13s - now) : refusal();
                return good(100ms);
            },
            4);
        all.run(60s);
        auto const ideal = 57.0 * 40;
        CAPTURE(says);
        CAPTURE(all.figures(ideal));
        CHECK(all.share_of(ideal) > 0.95);
        CHECK(all.refused.size() <= (says ? 4 : 8));
        CHECK(all.budget.limit() == 4);
        CHECK(all.budget.gap() == 0s);
    }
}

TEST_CASE("a server that refuses every twentieth request by chance is still asked often")
{
    // The pauses alone take most of the time where requests are short.
    for (auto const& [time, share] : {std::pair(20ms, 0.05), std::pair(100ms, 0.2), std::pair(1000ms, 0.2)})
    {
        std::mt19937_64 random(2);
        visitors all([&, span = time](time_point, unsigned) { return random() % 20 == 0 ? refusal() : good(span); }, 4);
        all.run(600s);
        auto const ideal = 600.0 * 4 * 0.95 / std::chrono::duration<double>(time).count();
        CAPTURE(time / 1ms);
        CAPTURE(all.figures(ideal));
        CHECK(all.share_of(ideal) > share);
    }
}

TEST_CASE("more are at work while that brings more bytes")
{
    struct row
    {
        double each; // bytes a second of one, at the most
        double all;  // of all together
        unsigned limit;
    };
    for (auto const& [each, total, limit] :
         {row{1e6, 1e9, 32}, row{1e6, 8e6, 8}, row{1e6, 12e6, 12}, row{1e6, 2e6, 4}, row{1e6, 20e6, 20}})
    {
        auto const alone = std::chrono::duration_cast<duration>(std::chrono::duration<double>(2e5 / each));
        visitors all([=](time_point, unsigned) { return good(alone, 200'000); }, 32);
        all.line = total;
        all.run(60s);
        CAPTURE(total);
        CAPTURE(all.figures(300 * std::min(total, 32 * each) / 1e6));
        CHECK(all.share_of(300 * std::min(total, 32 * each) / 1e6) > 0.95);
        CHECK(all.refused.empty());
        CHECK(all.budget.limit() >= limit);
        CHECK(all.budget.limit() <= 2 * limit);
    }
}

TEST_CASE(
    "who is long at work is counted meanwhile: a server that is slow on each connection soon has as many as it can use")
{
    visitors all([](time_point, unsigned) { return good(80s, 4'000'000); }, 128);
    all.run(10s);
    CHECK(all.budget.limit() == 128);
    CHECK(all.budget.active() == 128);
    visitors some(
        [](time_point, unsigned under_way) { return under_way < 12 ? good(80s, 4'000'000) : refusal(); }, 128);
    some.run(20s);
    CHECK(some.budget.limit() <= 12);
    CHECK(some.refused_count(0s, 20s) <= 5);
}
