// Seeds that differ: who is idle helps who has too much, and nothing that was given away is written twice.
#include "engine/embedded.hpp"
#include "engine/scene.hpp"
#include "support/answers.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

/// The right answer: after a while, and then so many bytes at a time, each after this time.
server dripping(std::string const& content, std::size_t size, duration each, duration wait = {})
{
    return [&content, size, each, wait](request const& asked) {
        auto const text = range_response(asked, content);
        auto const body = text.find("\r\n\r\n") + 4;
        std::vector<step> steps;
        if (wait != duration{})
            steps.emplace_back(pause_for{wait});
        steps.emplace_back(send_bytes{text.substr(0, body)});
        for (auto at = body; at < text.size(); at += size)
        {
            steps.emplace_back(pause_for{each});
            steps.emplace_back(send_bytes{text.substr(at, size)});
        }
        return steps;
    };
}

/// One piece at a time.
server dripping(scene const& s, duration each)
{
    return dripping(s.content, scene::piece_length, each);
}

/// One requester a seed, long claims.
scene& with_long_claims(scene& s)
{
    s.options.requesters_per_seed = 1;
    s.options.claim_size_min = 100 * scene::piece_length;
    s.options.claim_size_max = 100 * scene::piece_length;
    return s;
}

} // namespace

TEST_CASE("a quick mirror takes over what a slow one would still be busy with, and no byte is written twice")
{
    scene s(120, 4);
    with_long_claims(s).add_seed("slow", dripping(s, 100ms));
    s.add_seed("quick", dripping(s, 10ms));
    std::map<std::uint64_t, int> written;
    s.start();
    s.store->on_write = [&](std::uint64_t offset) {
        ++written[offset];
        return error_code();
    };
    auto const begun = s.outside.time->now();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.store->bytes == s.content);
    CHECK(std::ranges::all_of(written, [](auto const& each) { return each.second == 1; }));
    auto const took = s.outside.time->now() - begun;
    CHECK(took <= 1500ms); // 1.1 s at the sum of their rates
    CHECK(s.session->snapshot().bytes_wasted == 0);
}

TEST_CASE("what a liar still sends of a range that was given to another one is not written")
{
    scene s(120, 4);
    auto const wrong_end = [&s](request const& asked) {
        auto steps = dripping(s, 100ms)(asked);
        for (auto i = steps.size() / 2; i < steps.size(); ++i)
            if (auto* const sent = std::get_if<send_bytes>(&steps[i]))
                std::ranges::fill(sent->bytes, 'X');
        return steps;
    };
    with_long_claims(s).add_seed("liar", wrong_end);
    s.add_seed("quick", dripping(s, 10ms));
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.store->bytes == s.content);
}

TEST_CASE("a mirror that falls silent is left to itself, and what it had is fetched from another one at once")
{
    scene s(120, 4);
    auto const falls_silent = [&s, good = dripping(s, 10ms), begun = s.outside.time->now()](request const& asked) {
        auto steps = good(asked);
        auto const left = begun + 300ms - s.outside.time->now();
        auto const count = std::min<std::size_t>(
            steps.size(), 1 + 2 * static_cast<std::size_t>(std::max<std::int64_t>(left / 10ms, 0)));
        steps.resize(count);
        steps.emplace_back(pause_for{1h});
        return steps;
    };
    with_long_claims(s).add_seed("silent", falls_silent);
    s.add_seed("good", dripping(s, 10ms));
    auto const begun = s.outside.time->now();
    s.start();
    s.run();
    CHECK_FALSE(s.error());
    CHECK(s.outside.time->now() - begun <= 3s);
    auto const seen = s.session->snapshot();
    CHECK(seen.claims_overdue >= 1);
    CHECK(seen.bytes_discarded <= s.content.size() / 50);
    CHECK(seen.seeds.at(0).failures == 0);
}

TEST_CASE("of a server that is slow to begin all is asked for in two goes, by however many")
{
    for (auto const requesters : {4u, 8u, 16u})
    {
        CAPTURE(requesters);
        constexpr std::size_t piece_length = 16'384;
        embedded one({{"f", letters(600 * piece_length)}}, piece_length);
        one.options.requesters_per_seed = requesters;
        auto asked = 0;
        one.add_seed(
            "slow", [&asked, right = dripping(one.files.front().content, piece_length, 1ms, 3s)](request const& what) {
                ++asked;
                return right(what);
            });
        auto const begun = one.outside.time->now();
        CHECK(one.run() == error_code());
        CHECK(one.holds.bytes == one.content());
        CHECK(one.outside.time->now() - begun < 7s);
        CHECK(asked < 10);
        CHECK(one.running.stats().bytes_discarded == 0);
    }
}
