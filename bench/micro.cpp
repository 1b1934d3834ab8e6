// Microbenchmarks of the pure rooms, and of what a requester waits in: `micro [--benchmark_filter=...]`.
#include "engine/wakeup.hpp"
#include "torrent/bencode.hpp"
#include "torrent/digest.hpp"
#include "torrent/layout.hpp"
#include "torrent/merkle.hpp"

#include <webseed/clock.hpp>
#include <webseed/metainfo.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace webseed;
namespace asio = boost::asio;

/// Bencoded: v1, files of 1000 to 200,000 bytes, 500 in each directory; pieces of 1 MiB.
std::string torrent_text(std::int64_t file_count)
{
    std::string files;
    std::uint64_t total = 0;
    for (std::int64_t i = 0; i != file_count; ++i)
    {
        auto const size = static_cast<std::uint64_t>(1000 + i * 7919 % 199'000);
        total += size;
        auto const directory = "directory " + std::to_string(i / 500);
        auto const name = "a file with a longer name " + std::to_string(i);
        files += "d6:lengthi" + std::to_string(size) + "e4:pathl" + std::to_string(directory.size()) + ":" + directory +
                 std::to_string(name.size()) + ":" + name + "ee";
    }
    auto const hashes = ((total + (1u << 20) - 1) >> 20) * 20;
    return "d4:infod5:filesl" + files + "e4:name1:n12:piece lengthi1048576e6:pieces" + std::to_string(hashes) + ":" +
           std::string(hashes, '!') + "ee";
}

std::span<std::byte const> bytes_of(std::string const& text)
{
    return std::as_bytes(std::span(text));
}

void bencode(benchmark::State& state)
{
    auto const text = torrent_text(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(torrent::bencode::document::parse(bytes_of(text)));
    state.SetBytesProcessed(state.iterations() * std::ssize(text));
}

void metainfo_of_files(benchmark::State& state)
{
    auto const text = torrent_text(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(metainfo::parse(bytes_of(text)));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void layout_slices(benchmark::State& state)
{
    torrent::layout const pieces(metainfo::parse(bytes_of(torrent_text(state.range(0)))).value());
    std::minstd_rand random;
    std::uniform_int_distribution<std::uint32_t> any(0, pieces.piece_count() - 1);
    for (auto _ : state)
        benchmark::DoNotOptimize(pieces.slices(pieces.range_of(piece_index(any(random)))));
}

void layout_pieces_of(benchmark::State& state)
{
    torrent::layout const pieces(metainfo::parse(bytes_of(torrent_text(state.range(0)))).value());
    std::minstd_rand random;
    std::uniform_int_distribution<std::uint32_t> any(0, static_cast<std::uint32_t>(state.range(0)) - 1);
    for (auto _ : state)
        benchmark::DoNotOptimize(pieces.pieces_of(file_index(any(random))));
}

/// Messages of so many bytes.
template <class Digest>
void digest(benchmark::State& state)
{
    std::vector<std::byte> const bytes(static_cast<std::size_t>(state.range(0)));
    Digest running;
    for (auto _ : state)
    {
        running.update(bytes);
        benchmark::DoNotOptimize(running.finish());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// Pieces of so many bytes, a power of two.
void merkle(benchmark::State& state)
{
    std::vector<std::byte> const bytes(static_cast<std::size_t>(state.range(0)));
    torrent::merkle_digest running;
    for (auto _ : state)
    {
        running.update(bytes);
        benchmark::DoNotOptimize(running.finish(torrent::height_of(bytes.size())));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// A coroutine that waits again and again.
struct waiter
{
    explicit waiter(asio::io_context& context)
    {
        asio::co_spawn(context, loop(), asio::bind_cancellation_slot(channel.slot(), [](std::exception_ptr) {}));
    }

    asio::awaitable<void> loop()
    {
        while (!is_done)
        {
            co_await channel.wait(*time, time_point::max());
            ++count;
            count.notify_one();
        }
    }

    void end()
    {
        is_done = true;
        channel.ring();
    }

    std::shared_ptr<webseed::clock> time = make_system_clock();
    core::wakeup channel;
    std::atomic<std::uint64_t> count = 0;
    bool is_done = false;
};

/// From the ring until the coroutine waits again, on one thread.
void wakeup(benchmark::State& state)
{
    asio::io_context context{1};
    waiter one(context);
    context.poll();
    for (auto _ : state)
    {
        one.channel.ring();
        context.poll();
    }
    one.end();
    context.run();
}

/// From a post on another thread until the coroutine runs: the system's own latency and ours.
void wakeup_across_threads(benchmark::State& state)
{
    asio::io_context context{1};
    auto work = asio::make_work_guard(context);
    waiter one(context);
    std::jthread other([&context] { context.run(); });
    std::uint64_t rung = 0;
    for (auto _ : state)
    {
        asio::post(context, [&one] { one.channel.ring(); });
        one.count.wait(rung++);
    }
    asio::post(context, [&one] { one.end(); });
    work.reset();
}

BENCHMARK(bencode)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(metainfo_of_files)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(layout_slices)->Arg(1'000)->Arg(100'000);
BENCHMARK(layout_pieces_of)->Arg(1'000)->Arg(100'000);
BENCHMARK(digest<torrent::sha1_digest>)->Name("sha1")->Arg(64)->Arg(16 << 10)->Arg(1 << 20);
BENCHMARK(digest<torrent::sha256_digest>)->Name("sha256")->Arg(64)->Arg(16 << 10)->Arg(1 << 20);
BENCHMARK(merkle)->Arg(16 << 10)->Arg(1 << 20)->Arg(16 << 20);
BENCHMARK(wakeup);
BENCHMARK(wakeup_across_threads)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
