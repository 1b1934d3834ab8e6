// Pieces that come from several mirrors, in parts.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kib = 1024;

// One file of few pieces of 64 KiB, in parts of 4.
struct large_pieces : embedded
{
    explicit large_pieces(std::size_t pieces)
        : embedded({{"f", letters(pieces * 64 * kib)}}, 64 * kib)
    {
        options.requesters_per_seed = 1;
        options.part_size_max = options.claim_size_min = 4 * kib;
        options.pipelined_requests_max = 1;
    }

    // The right answer, a KiB at a time, each after that time; from one KiB on it may be another one.
    server sending(
        duration each, std::function<void(std::string& body)> spoil = [](std::string&) {})
    {
        return [this, each, spoil](request const& asked) {
            auto const whole = serving(files)(asked);
            auto const text = std::get<send_bytes>(whole.front()).bytes;
            auto const body = text.find("\r\n\r\n") + 4;
            auto sent = text.substr(body);
            spoil(sent);
            std::vector<step> steps{send_bytes{text.substr(0, body)}};
            for (std::size_t at = 0; at < sent.size(); at += kib)
            {
                steps.emplace_back(pause_for{each});
                steps.emplace_back(send_bytes{sent.substr(at, kib)});
            }
            return steps;
        };
    }

    seed_stats seed(std::size_t number) { return running.stats().seeds.at(number); }

    // How long it took.
    duration time()
    {
        auto const begun = outside.time->now();
        CHECK(run() == error_code());
        CHECK(holds.bytes == content());
        return outside.time->now() - begun;
    }
};

} // namespace

TEST_CASE("one large piece comes from two mirrors in half the time, each byte once")
{
    large_pieces p(1);
    p.add_seed("one", p.sending(10ms));
    p.add_seed("two", p.sending(10ms));
    CHECK(p.time() < 400ms); // one alone needs 640
    CHECK(p.running.stats().bytes_received <= 68 * kib);
    CHECK(p.seed(0).bytes_verified + p.seed(1).bytes_verified == 64 * kib);
    CHECK(p.seed(0).bytes_verified >= 24 * kib);
    CHECK(p.seed(1).bytes_verified >= 24 * kib);
}

TEST_CASE("what came of a piece before its mirror failed isn't fetched again")
{
    large_pieces p(1);
    auto is_first = true;
    p.add_seed("breaking", [&](request const& asked) {
        if (!std::exchange(is_first, false))
            return std::vector<step>{send_bytes{"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n"}};
        auto steps = p.sending(1ms)(asked);
        steps.resize(1 + 2 * 13);
        steps.emplace_back(end_stream{});
        return steps;
    });
    p.add_seed("slow", [&](request const& asked) {
        auto steps = p.sending(1ms)(asked);
        steps.insert(steps.begin(), pause_for{100ms});
        return steps;
    });
    p.time();
    CHECK(p.running.stats().bytes_received < 70 * kib);
    CHECK(p.seed(0).pieces_bad == 0);
}

TEST_CASE("who lies in a piece that comes from two mirrors is found out, and nobody else is blamed")
{
    for (auto const lies_first : {true, false})
    {
        CAPTURE(lies_first);
        large_pieces p(1);
        auto const spoil = [](std::string& body) { body.back() = '!'; };
        auto const honest = [](std::string&) {};
        p.add_seed("one", p.sending(10ms, lies_first ? std::function<void(std::string&)>(spoil) : honest));
        p.add_seed("two", p.sending(10ms, lies_first ? std::function<void(std::string&)>(honest) : spoil));
        p.time();
        CHECK(p.seed(0).pieces_bad == (lies_first ? 1 : 0));
        CHECK(p.seed(1).pieces_bad == (lies_first ? 0 : 1));
        auto told = 0;
        for (auto const& each : p.events())
            if (auto const* const bad = std::get_if<piece_bad>(&each))
            {
                ++told;
                CHECK(bad->seed_url == (lies_first ? "http://one/" : "http://two/"));
            }
        CHECK(told == 1);
    }
}

TEST_CASE("files of which each mirror has only one, in one piece, come from both")
{
    embedded e({{"a", letters(100)}, {"b", letters(90)}}, 256);
    e.add_seed("one", serving({{"a", e.files[0].content}}));
    e.add_seed("two", serving({{"b", e.files[1].content}}));
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
}

TEST_CASE("a storage that can't be read any more ends a download that has to judge by it, and says so")
{
    large_pieces p(1);
    p.add_seed("one", p.sending(10ms));
    p.add_seed("two", p.sending(10ms));
    p.holds.on_read = [] { return error_code(errc::storage_failed); };
    CHECK(p.run() == errc::storage_failed);
    CHECK(p.running.diagnosis().message.starts_with("reading piece 0"));
    CHECK(p.holds.closes == 1);
}

TEST_CASE("whoever is removed while it judges leaves that to another one")
{
    large_pieces p(1);
    p.add_seed("one", p.sending(10ms));
    p.add_seed("two", p.sending(10ms));
    auto reads = 0;
    p.holds.on_read = [&] {
        if (++reads == 2)
        {
            p.running.remove_seed("http://one/");
            p.running.remove_seed("http://two/");
            p.running.add_seed("http://three/");
        }
        return error_code();
    };
    p.outside.net->serve("three", serving(p.files));
    CHECK(p.run() == error_code());
    CHECK(p.holds.bytes == p.content());
}
