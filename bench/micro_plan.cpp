// What the plan costs: it serves many seeds of different rates, each with several requesters, in virtual time and
// without a byte; told is what its calls took. The slowest tenth of the seeds fails once, so that there are rests,
// pauses and claims to be taken over. All of it happens several times alike; the shortest time of each call counts,
// which leaves out what else the machine has done.
#include "plan/plan.hpp"

#include <webseed/metainfo.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace webseed;
using namespace webseed::planning;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct shape
{
    std::uint64_t pieces = 1'000'000;
    std::uint64_t seeds = 1'000;
    std::uint64_t requesters = 4;
    std::uint64_t piece_kib = 1024;
};

metainfo torrent_of(shape const& wanted)
{
    auto const length = wanted.piece_kib << 10;
    auto const hashes = wanted.pieces * 20;
    auto text = "d4:infod6:lengthi" + std::to_string(wanted.pieces * length) + "e4:name1:f12:piece lengthi" +
                std::to_string(length) + "e6:pieces" + std::to_string(hashes) + ":";
    for (std::uint64_t piece = 0; piece != wanted.pieces; ++piece) // no two alike
    {
        auto const number = std::to_string(piece);
        text += number + std::string(20 - number.size(), '!');
    }
    text += "ee";
    metainfo_limits limits;
    limits.size_max = text.size();
    return metainfo::parse(std::as_bytes(std::span(text)), limits).value();
}

/// The time of one kind of call.
class gauge
{
public:
    explicit gauge(std::string_view name)
        : name_(name)
    {}

    void rewind() { count_ = 0; }

    auto of(auto const& call)
    {
        auto const begun = steady::now();
        auto const stop = [&] {
            auto const took = std::chrono::duration<float, std::micro>(steady::now() - begun).count();
            if (count_ == shortest_.size())
                shortest_.push_back(took);
            shortest_[count_] = std::min(shortest_[count_], took);
            ++count_;
        };
        if constexpr (std::is_void_v<decltype(call())>)
        {
            call();
            stop();
        }
        else
        {
            auto result = call();
            stop();
            return result;
        }
    }

    void tell(benchmark::State& state) const
    {
        if (shortest_.empty())
            return;
        auto const all = std::accumulate(shortest_.begin(), shortest_.end(), 0.0);
        state.counters[name_ + "_us"] = all / static_cast<double>(shortest_.size());
        state.counters[name_ + "_longest_us"] = *std::ranges::max_element(shortest_);
    }

private:
    std::string name_;
    std::vector<float> shortest_; // us, of each call
    std::size_t count_ = 0;
};

struct gauges
{
    gauge next{"next"}, settle{"settle"}, report{"report"}, heard{"heard"}, share{"share"};

    std::array<gauge*, 5> all() { return {&next, &settle, &report, &heard, &share}; }
};

class bench
{
public:
    bench(shape const& wanted, torrent::layout const& layout, gauges& times)
        : board_(layout, {})
        , piece_size_(wanted.piece_kib << 10)
        , times_(times)
    {
        for (std::uint64_t i = 0; i != wanted.seeds; ++i)
        {
            auto const seed = board_.add_seed();
            for (std::uint64_t each = 0; each != wanted.requesters; ++each)
            {
                auto& made = workers_.emplace_back();
                made.id = board_.add_requester(seed);
                made.rate = 1e6 * static_cast<double>(1 + i % 40) / static_cast<double>(wanted.requesters);
                made.fails_once = i % 40 < 4;
                at(static_cast<std::size_t>(made.id), now_);
            }
        }
    }

    /// Whether all was verified.
    bool run()
    {
        while (!events_.empty())
        {
            auto const [time, index, number] = events_.top();
            events_.pop();
            auto& one = workers_[index];
            if (one.number != number)
                continue; // something else came first
            now_ = time;
            if (one.rest.empty())
                ask(index);
            else
                arrive(index);
            deliver();
        }
        return board_.is_complete();
    }

private:
    struct worker
    {
        requester_id id{};
        double rate = 0;
        bool fails_once = false;
        std::uint64_t number = 0; // of what it waits for
        piece_run rest;           // of its claim
        claim_id work{};
        time_point begun{};
        std::uint64_t bytes = 0;
        bool is_asked = false;
    };
    struct event
    {
        time_point time;
        std::size_t index;
        std::uint64_t number;
        bool operator>(event const& other) const noexcept { return time > other.time; }
    };

    void at(std::size_t index, time_point time)
    {
        auto& one = workers_[index];
        events_.push({std::max(time, now_), index, ++one.number});
    }

    void ask(std::size_t index)
    {
        auto& one = workers_[index];
        auto const action = times_.next.of([&] { return board_.next(one.id, now_); });
        if (auto const* const work = std::get_if<fetch>(&action))
        {
            one.rest = work->work.parts;
            one.work = work->work.id;
            one.begun = now_;
            one.bytes = 0;
            one.is_asked = false;
            await_piece(index);
        }
        else if (auto const* const pause = std::get_if<wait>(&action); pause && pause->until != time_point::max())
            at(index, pause->until);
    }

    void await_piece(std::size_t index)
    {
        auto const seconds = static_cast<double>(piece_size_) / workers_[index].rate;
        at(index, now_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds)));
    }

    void arrive(std::size_t index)
    {
        auto& one = workers_[index];
        if (std::exchange(one.fails_once, false))
            return finish(index, outcome_kind::failed);
        one.bytes += piece_size_;
        times_.heard.of([&] { board_.heard(one.id, {.bytes = piece_size_, .into_part = 0}, now_); });
        ++one.rest.first;
        auto const told = times_.report.of([&] { return board_.report(one.id, 1, false); });
        if (std::exchange(one.is_asked, false))
            one.rest.last = times_.share.of([&] { return board_.share(one.id, one.rest.first, now_); });
        if (one.rest.empty() || !told.go_on)
            return finish(index, one.rest.empty() ? outcome_kind::delivered : outcome_kind::stopped);
        await_piece(index);
    }

    void finish(std::size_t index, outcome_kind how)
    {
        auto& one = workers_[index];
        outcome result;
        result.kind = how;
        result.took = now_ - one.begun;
        result.bytes = one.bytes;
        one.rest = {};
        times_.settle.of([&] { return board_.settle(one.id, result, now_, 1); });
        at(index, now_);
    }

    void deliver()
    {
        for (auto const id : board_.take_wakes())
            if (workers_[static_cast<std::size_t>(id)].rest.empty())
                at(static_cast<std::size_t>(id), now_);
        for (auto const id : board_.take_asks())
            workers_[static_cast<std::size_t>(id)].is_asked = true;
        for (auto const work : board_.take_overdue())
            if (auto const holder = board_.cancel(work))
                finish(static_cast<std::size_t>(*holder), outcome_kind::stopped);
    }

    plan board_;
    std::uint64_t piece_size_;
    std::vector<worker> workers_;
    std::priority_queue<event, std::vector<event>, std::greater<>> events_;
    time_point now_{};
    gauges& times_;
};

/// @param state  its arguments: pieces, seeds.
void plan_calls(benchmark::State& state)
{
    shape wanted;
    wanted.pieces = static_cast<std::uint64_t>(state.range(0));
    wanted.seeds = static_cast<std::uint64_t>(state.range(1));
    webseed::torrent::layout const layout(torrent_of(wanted));
    gauges times;
    for (auto _ : state)
    {
        for (auto* const each : times.all())
            each->rewind();
        bench one(wanted, layout, times);
        if (!one.run())
            state.SkipWithError("not all was verified");
    }
    for (auto const* const each : times.all())
        each->tell(state);
}

BENCHMARK(plan_calls)
    ->Args({10'000, 10})
    ->Args({100'000, 100})
    ->Args({1'000'000, 1'000})
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

} // namespace
