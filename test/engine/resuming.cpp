// What came of pieces before they were whole is left to the next run, which fetches the rest.
#include "disk/file_storage.hpp"
#include "engine/embedded.hpp"
#include "support/content.hpp"
#include "support/simulated_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <utility>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t piece = 64 * kib;

// One file of two pieces of 64 KiB, in parts of 4, which each seed sends a KiB at a time.
struct large_pieces : embedded
{
    explicit large_pieces(duration each = 10ms)
        : embedded({{"f", letters(2 * piece)}}, piece)
        , each_(each)
    {
        options.requesters_per_seed = 1;
        options.part_size_max = options.claim_size_min = 4 * kib;
        options.pipelined_requests_max = 1;
        holds.known = "00";
    }

    void add_slow_seed(std::string const& host)
    {
        auto sending = [this](request const& asked) {
            auto const whole = serving(files)(asked);
            auto const text = std::get<send_bytes>(whole.front()).bytes;
            auto const body = text.find("\r\n\r\n") + 4;
            std::vector<step> steps{send_bytes{text.substr(0, body)}};
            for (auto at = body; at < text.size(); at += kib)
            {
                steps.emplace_back(pause_for{std::chrono::duration_cast<std::chrono::milliseconds>(each_)});
                steps.emplace_back(send_bytes{text.substr(at, kib)});
            }
            return steps;
        };
        add_seed(host, std::move(sending));
    }

    // Runs for so long, and is closed.
    void run_and_close(duration time)
    {
        start();
        outside.run_for(time);
        running.close();
        CHECK(run() == errc::closed);
    }

    // As an earlier one has left it.
    void go_on_from(large_pieces const& earlier)
    {
        holds.bytes = earlier.holds.bytes;
        holds.begun = earlier.holds.told_begun;
        holds.stored = {{0, 2 * piece}}; // as files are said to be that have holes
    }

    // Whether all is there, and right, that is told to be remembered.
    bool is_true() const
    {
        return std::ranges::all_of(holds.told_begun, [this](byte_range each) {
            return holds.bytes.compare(each.offset, each.size, content(), each.offset, each.size) == 0;
        });
    }

private:
    duration each_;
};

std::uint64_t size_of(std::vector<byte_range> const& ranges)
{
    return std::accumulate(ranges.begin(), ranges.end(), std::uint64_t{0}, [](std::uint64_t sum, byte_range each) {
        return sum + each.size;
    });
}

} // namespace

TEST_CASE("what came of a piece before a download was closed isn't fetched again by the next one")
{
    large_pieces first;
    first.add_slow_seed("one");
    first.run_and_close(500ms);
    auto const left = size_of(first.holds.told_begun);
    CHECK(left >= first.running.stats().bytes_received - 8 * kib);
    CHECK(left >= 40 * kib);
    CHECK(left % (4 * kib) == 0);
    CHECK(first.is_true());

    large_pieces second;
    second.add_slow_seed("one");
    second.go_on_from(first);
    CHECK(second.run() == error_code());
    CHECK(second.holds.bytes == second.content());
    auto const last = second.running.stats();
    CHECK(last.bytes_received == 2 * piece - left);
    CHECK(last.bytes_resumed == left);
    CHECK(last.bytes_kept == 0);
    CHECK(last.bytes_wasted == 0);
    CHECK(last.seeds[0].bytes_verified == 2 * piece - left);
    CHECK(second.holds.told_begun.empty());
}

TEST_CASE("what came of several pieces from several seeds is left to the next run, and by that to the one after it")
{
    large_pieces first;
    first.add_slow_seed("one");
    first.add_slow_seed("two");
    first.run_and_close(250ms);
    auto const left = size_of(first.holds.told_begun);
    CHECK(first.holds.told_begun.size() == 2);
    CHECK(left >= first.running.stats().bytes_received - 16 * kib);

    large_pieces second;
    second.add_slow_seed("one");
    second.go_on_from(first);
    second.run_and_close(100ms);
    CHECK(size_of(second.holds.told_begun) > left);
    CHECK(second.is_true());

    large_pieces third;
    third.add_slow_seed("one");
    third.go_on_from(second);
    CHECK(third.run() == error_code());
    CHECK(third.holds.bytes == third.content());
    CHECK(third.running.stats().bytes_received == 2 * piece - size_of(second.holds.told_begun));
}

TEST_CASE("nobody is blamed for what an earlier run has left, and what is wrong with it is fetched again")
{
    for (std::size_t const seeds : {1u, 2u})
    {
        CAPTURE(seeds);
        large_pieces p;
        p.holds.bytes = p.content();
        std::fill_n(p.holds.bytes.begin() + 8 * kib, 120 * kib, ' ');
        p.holds.bytes[5] ^= 1;
        p.holds.begun = {{0, 8 * kib}};
        for (std::size_t i = 0; i != seeds; ++i)
            p.add_slow_seed("seed" + std::to_string(i));
        CHECK(p.run() == error_code());
        CHECK(p.holds.bytes == p.content());
        auto const last = p.running.stats();
        CHECK(last.bytes_resumed == 8 * kib);
        CHECK(last.bytes_wasted == piece);
        CHECK(last.bytes_received >= 2 * piece + 56 * kib);
        for (auto const& seed : last.seeds)
            CHECK(seed.pieces_bad == 0);
        for (auto const& each : p.events())
            CHECK_FALSE(std::holds_alternative<piece_bad>(each));
    }
}

TEST_CASE("a piece of which an earlier run has left all is judged at once, and needs no seed")
{
    for (bool const is_right : {true, false})
    {
        CAPTURE(is_right);
        large_pieces p;
        p.holds.bytes = p.content();
        p.holds.bytes[piece + 7] ^= is_right ? 0 : 1;
        p.holds.known = "10";
        p.holds.begun = {{piece, piece}};
        CHECK(p.run() == (is_right ? error_code() : error_code(errc::no_seeds)));
        CHECK(p.running.stats().bytes_verified == (is_right ? 2 * piece : piece));
        CHECK(p.holds.told_begun.empty());
    }
}

TEST_CASE("a piece that is right though it was only begun isn't fetched")
{
    large_pieces p;
    p.holds.bytes = p.content();
    p.holds.stored = {{0, 2 * piece}};
    p.holds.begun = {{0, 8 * kib}, {piece + 4 * kib, 8 * kib}};
    p.add_slow_seed("one");
    CHECK(p.run() == error_code());
    CHECK(p.running.stats().bytes_received == 0);
    CHECK(p.running.stats().bytes_kept == 2 * piece);
    CHECK(p.running.stats().bytes_resumed == 0);
}

TEST_CASE("what a storage should never say was begun is as good as nothing")
{
    for (auto const& begun : std::vector<std::vector<byte_range>>{
             {{0, 4 * piece}}, {{1, 4 * kib}}, {{UINT64_MAX, 1}}, {{0, UINT64_MAX}}, {{5, 0}}, {{2 * piece, 1}}})
    {
        CAPTURE(begun.front().offset);
        large_pieces p(0ms);
        p.add_slow_seed("one");
        p.holds.begun = begun;
        CHECK(p.run() == error_code());
        CHECK(p.holds.bytes == p.content());
        CHECK(p.running.stats().bytes_resumed == 0);
    }
}

TEST_CASE("what came of a piece is remembered while it is fetched, and after a failure")
{
    large_pieces slow(2s);
    slow.add_slow_seed("one");
    slow.start();
    slow.outside.run_for(61s);
    CHECK(size_of(slow.holds.told_begun) >= 20 * kib);
    CHECK(slow.is_true());
    slow.outside.run_for(60s);
    CHECK(size_of(slow.holds.told_begun) >= 48 * kib);

    large_pieces full;
    full.add_slow_seed("one");
    auto writes = 0;
    full.holds.on_write = [&writes] { return ++writes == 30 ? error_code(errc::disk_full) : error_code(); };
    CHECK(full.run() == errc::disk_full);
    CHECK(size_of(full.holds.told_begun) >= 24 * kib);
    CHECK(full.is_true());
}

TEST_CASE("with files, what was begun is taken up if nobody has touched them, and else dropped")
{
    for (bool const is_touched : {false, true})
    {
        CAPTURE(is_touched);
        simulated_disk disk;
        std::uint64_t received = 0;
        for (int round = 0; round != 2; ++round)
        {
            CAPTURE(round);
            large_pieces p;
            p.add_slow_seed("good");
            file_storage_options options;
            options.resume_file = "state/resume";
            auto store = disk::make_file_storage(p.torrent, "here", disk, options);
            std::optional<error_code> ended;
            auto running = p.on.add(p.torrent, std::move(store), {"http://good/"}, p.options);
            running.async_run([&ended](error_code error) { ended = error; });
            if (round == 0)
            {
                p.outside.run_for(500ms);
                running.close();
            }
            p.outside.run([&ended] { return ended.has_value(); });
            p.outside.settle();
            CHECK(ended == (round == 0 ? error_code(errc::closed) : error_code()));
            received += running.stats().bytes_received;
            if (round == 1)
                CHECK((running.stats().bytes_resumed == 0) == is_touched);
            else if (is_touched)
                disk.edit("here/t/f", 100, "changed");
        }
        CHECK(disk.content_of("here/t/f") == letters(2 * piece));
        CHECK((received <= 2 * piece + 8 * kib) == !is_touched);
    }
}
