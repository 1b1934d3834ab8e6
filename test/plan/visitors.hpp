// Requesters with endless work at one simulated host, in virtual time.
#pragma once

#include "plan/host_budget.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace webseed::test {

using namespace std::chrono_literals;
using namespace webseed::planning;

inline constexpr auto progress_interval = 500ms;
inline constexpr auto start = time_point(std::chrono::hours(1));

// What a server makes of a request. Whoever is refused knows after `round_trip`.
struct answer
{
    visit_kind kind = visit_kind::delivered;
    duration time{};
    std::uint64_t bytes = 0;
    std::optional<duration> retry_after{};
};

class visitors
{
public:
    // @param under_way  requests that the server is answering, without this one.
    using server = std::function<answer(time_point now, unsigned under_way)>;

    visitors(server asked, unsigned count, host_options const& options = {})
        : server_(std::move(asked))
        , budget(options)
        , count_(count)
    {}

    void run(duration time)
    {
        for (unsigned i = 0; i != count_; ++i)
            turns_.push({start, i, &visitors::admit, {}, 0, 0});
        while (!turns_.empty() && turns_.top().at < start + time)
        {
            auto const next = turns_.top();
            turns_.pop();
            now_ = next.at;
            (this->*next.step)(next);
        }
    }

    // Of what a clairvoyant would have been delivered.
    double share_of(double ideal) const { return static_cast<double>(delivered) / ideal; }
    std::string figures(double ideal) const
    {
        return "delivered " + std::to_string(delivered) + ", that is " + std::to_string(share_of(ideal)) +
               " of the ideal; refused " + std::to_string(refused_count(0s, 60s)) + " in the first minute, " +
               std::to_string(refused.size()) + " in all; at last " + std::to_string(budget.limit()) + " at once, " +
               std::to_string(budget.gap() / 1ms) + " ms apart";
    }
    std::size_t refused_count(duration from, duration to) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(refused, [&](time_point each) { return each >= start + from && each < start + to; }));
    }

private:
    struct turn
    {
        time_point at;
        unsigned who = 0;
        void (visitors::*step)(turn const&) = nullptr;
        visit told{};
        double left = 0;                                                  // bytes
        double rate = 0;                                                  // bytes a second, unless the line has less
        bool operator<(turn const& other) const { return at > other.at; } // the first on top
    };

    void admit(turn const& now)
    {
        auto const granted = budget.admit(now_, count_);
        if (granted.granted)
            turns_.push(
                {budget.reserve(now_),
                 now.who,
                 &visitors::send,
                 {.began = now_, .active = granted.active, .counted_from = now_},
                 0,
                 0});
        else if (granted.until == time_point::max())
            waiting_.push_back(now.who);
        else
            turns_.push({granted.until, now.who, &visitors::admit, {}, 0, 0});
    }

    void send(turn const& now)
    {
        auto const got = server_(now_, under_way_++);
        auto told = now.told;
        told.kind = got.kind;
        told.bytes = got.bytes;
        told.retry_after = got.retry_after;
        told.random = random_();
        told.bytes = 0;
        if (got.kind != visit_kind::delivered)
            turns_.push({now_ + got.time, now.who, &visitors::leave, told, 0, 0});
        else
            go_on(
                {now_, now.who, nullptr, told, static_cast<double>(got.bytes),
                 static_cast<double>(got.bytes) / std::chrono::duration<double>(got.time).count()});
    }

    // Part by part, since the line is shared with whoever comes and goes meanwhile.
    void go_on(turn const& now)
    {
        auto next = now;
        auto const rate = std::min(now.rate, line / under_way_);
        auto const rest = std::chrono::duration_cast<duration>(std::chrono::duration<double>(now.left / rate));
        auto const span = std::min<duration>(rest, 50ms);
        auto const bytes = span == rest ? now.left : rate * std::chrono::duration<double>(span).count();
        next.at = now_ + span;
        next.left -= bytes;
        next.told.bytes += static_cast<std::uint64_t>(bytes);
        next.step = span == rest ? &visitors::leave : &visitors::progress;
        turns_.push(next);
    }

    void progress(turn const& now)
    {
        auto next = now;
        if (now_ - now.told.counted_from >= progress_interval)
        {
            budget.progressed(now_, now.told);
            next.told.bytes = 0;
            next.told.counted_from = now_;
            admit_waiting();
        }
        go_on(next);
    }

    void admit_waiting()
    {
        for (auto const each : std::exchange(waiting_, {}))
            turns_.push({now_, each, &visitors::admit, {}, 0, 0});
    }

    void leave(turn const& now)
    {
        --under_way_;
        if (now.told.kind == visit_kind::delivered)
            ++delivered;
        else
            refused.push_back(now_);
        budget.leave(now_, now.told);
        admit_waiting();
        turns_.push({now_, now.who, &visitors::admit, {}, 0, 0});
    }

    server server_;

public:
    host_budget budget;
    std::size_t delivered = 0;
    std::vector<time_point> refused; // when
    double line = 1e12;              // bytes a second, for all together

private:
    unsigned count_;
    std::priority_queue<turn> turns_;
    std::vector<unsigned> waiting_;
    time_point now_ = start;
    unsigned under_way_ = 0;
    std::mt19937_64 random_{1};
};

} // namespace webseed::test
