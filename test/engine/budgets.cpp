// What all downloads of an engine share: memory for bytes on their way, and requests under way; and whose fault it
// isn't when a storage takes its time.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece_length = 64 * 1024;

engine_options with_memory(std::uint64_t size)
{
    engine_options how;
    how.buffered_size_max = size;
    return how;
}

/// A server that takes so long for an answer, and notes how many are under way, at which host.
class busy_server
{
public:
    busy_server(world& outside, std::string content, std::chrono::milliseconds time)
        : outside_(outside)
        , content_(std::move(content))
        , time_(time)
    {}

    std::vector<step> answer(char host, request const& asked)
    {
        auto const now = outside_.time->now();
        std::erase_if(under_way_, [now](auto const& each) { return each.second <= now; });
        under_way_.emplace(host, now + time_);
        most = std::max(most, under_way_.size());
        if (under_way_.size() == most)
            fewest_of_full.push_back(std::min(under_way_.count('a'), under_way_.count('b')));
        return {pause_for{time_}, send_bytes{range_response(asked, content_)}};
    }

    std::size_t most = 0;
    std::vector<std::size_t> fewest_of_full; // of the host with the fewest, when there were so many

private:
    world& outside_;
    std::string content_;
    std::chrono::milliseconds time_;
    std::multimap<char, time_point> under_way_;
};

} // namespace

TEST_CASE("bytes on their way never exceed the setting, however long the storage takes, and nobody is blamed for that")
{
    embedded e({{"f", letters(64 * piece_length)}}, piece_length, with_memory(1u << 20));
    e.options.requesters_per_seed = 16;
    e.options.claim_size_first = 2 * piece_length;
    e.options.claim_size_max = 2 * piece_length;
    for (auto const* const host : {"a", "b", "c"})
        e.add_good_seed(host);
    std::uint64_t most = 0;
    auto writing = 0, most_writing = 0;
    e.holds.before_writing = [&]() -> asio::awaitable<void> {
        most_writing = std::max(most_writing, ++writing);
        most = std::max(most, e.on.buffered_size());
        co_await e.outside.time->sleep_until(e.outside.time->now() + 3s);
        --writing;
    };
    CHECK_FALSE(e.run());
    CHECK(e.holds.bytes == e.content());
    CHECK(most == 512u << 10); // as much as is left to other downloads
    CHECK(most_writing == 2);
    CHECK(e.on.buffered_size() == 0);
    auto const last = e.running.stats();
    CHECK(last.claims_overdue == 0);
    for (auto const& seed : last.seeds)
        CHECK(seed.failures == 0);
    for (auto const& each : e.events()) // nothing else went on
        CHECK(
            (std::holds_alternative<file_finished>(each) || std::holds_alternative<seed_added>(each) ||
             std::holds_alternative<seed_changed>(each)));
}

TEST_CASE("a download whose storage hangs doesn't hold up the others, and can be closed meanwhile")
{
    embedded e({{"f", letters(64 * piece_length)}}, piece_length, with_memory(1u << 20));
    e.options.requesters_per_seed = 16;
    e.add_good_seed("a");
    auto const back_at = e.outside.time->now() + 1h;
    e.holds.before_writing = [&]() -> asio::awaitable<void> { co_await e.outside.time->sleep_until(back_at); };
    e.outside.net->serve("b", serving(e.files));
    e.start();
    shelf second;
    auto other = e.on.add(e.torrent, make_storage(second, e.torrent), {"http://b/"}, e.options);
    std::optional<error_code> ended;
    other.async_run([&](error_code error) { ended = error; });
    e.outside.run([&] { return ended.has_value(); });
    REQUIRE(ended);
    CHECK(e.outside.time->now() < back_at);
    CHECK_FALSE(*ended);
    CHECK(second.bytes == e.content());
    CHECK_FALSE(e.has_ended());
    e.running.close();
    CHECK(e.run() == errc::closed);
    CHECK(e.on.buffered_size() == 0);
}

TEST_CASE("who is sent to another host keeps its turn among all requests")
{
    engine_options how;
    how.requests_max = 1;
    embedded e({{"f", letters(4 * piece_length)}}, piece_length, how);
    e.options.requesters_per_seed = 3;
    e.options.claim_size_first = e.options.claim_size_max = piece_length;
    auto lookups = 0;
    e.add_seed("seed", [&](request const& asked) {
        ++lookups;
        auto const fields = "Cache-Control: no-store\r\nLocation: http://cdn" + asked.target + "\r\n";
        return std::vector<step>{send_bytes{response("302 Found", fields, "")}};
    });
    e.outside.net->serve("cdn", serving(e.files));
    e.start();
    e.outside.run([&] { return e.has_ended() || lookups > 100; });
    CHECK(e.has_ended());
    CHECK(e.holds.bytes == e.content());
    CHECK(lookups == 4);
}

TEST_CASE("no more requests are under way than an engine may have, and each download has its share of them")
{
    engine_options how;
    how.requests_max = 4;
    embedded e({{"f", letters(64 * piece_length)}}, piece_length, how);
    e.options.requesters_per_seed = 4;
    e.options.claim_size_first = piece_length;
    e.options.claim_size_max = piece_length;
    e.options.part_size_max = 0;
    busy_server server(e.outside, e.content(), 100ms);
    for (auto const host : {'a', 'b'})
        e.outside.net->serve({host}, [&, host](request const& asked) { return server.answer(host, asked); });
    shelf shelves[2];
    std::optional<error_code> ended[2];
    std::vector<download> all;
    for (int i = 0; i != 2; ++i)
    {
        auto options = e.options;
        options.requesters_per_seed = i == 0 ? 12 : 4;
        auto const* const url = i == 0 ? "http://a/" : "http://b/";
        all.push_back(e.on.add(e.torrent, make_storage(shelves[i], e.torrent), {url}, options));
        all.back().async_run([&ended, i](error_code error) { ended[i] = error; });
    }
    e.outside.run([&] { return ended[0] && ended[1]; });
    for (int i = 0; i != 2; ++i)
    {
        REQUIRE(ended[i]);
        CHECK_FALSE(*ended[i]);
        CHECK(shelves[i].bytes == e.content());
    }
    CHECK(server.most == 4);
    REQUIRE(server.fewest_of_full.size() > 20);
    for (std::size_t i = 5; i != 20; ++i) // while both have work
        CHECK(server.fewest_of_full[i] == 2);
}
