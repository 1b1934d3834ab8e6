// What an engine finds out about servers, and what another one makes of that.
#include "engine/claim_note.hpp"
#include "engine/embedded.hpp"
#include "engine/server_memory.hpp"
#include "support/answers.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr auto today = std::chrono::sys_seconds(20'000 * 24h);
constexpr std::size_t piece_length = 64 * 1024;

engine_options knowing(std::vector<known_server> servers)
{
    engine_options how;
    how.known_servers = std::move(servers);
    return how;
}

known_server known_as(std::string origin)
{
    known_server made;
    made.origin = std::move(origin);
    made.seen_at = today;
    return made;
}

std::optional<known_server> find(std::vector<known_server> const& all, std::string const& origin)
{
    auto const found = std::ranges::find(all, origin, &known_server::origin);
    return found != all.end() ? std::optional(*found) : std::nullopt;
}

/// A download of 4 MiB from servers that take so long for each answer.
struct large : embedded
{
    explicit large(std::vector<known_server> servers = {})
        : embedded({{"f", letters(64 * piece_length)}}, piece_length, knowing(std::move(servers)))
    {
        options.claim_size_first = piece_length;
        options.claim_time = 4s;
        options.requesters_per_seed = 2;
    }
    void add_slow_seed(std::string const& host, duration time = 500ms)
    {
        add_seed(host, [this, host, time, answers = delay(time, serving(files))](request const& asked) {
            auto const now = outside.time->now();
            auto& ends = under_way[host];
            std::erase_if(ends, [now](time_point end) { return end <= now; });
            ends.push_back(now + time);
            if (begun == time_point() || now == begun)
                at_first[host] = ends.size();
            if (begun == time_point())
                first_range = asked.field("Range");
            begun = begun == time_point() ? now : begun;
            return answers(asked);
        });
    }
    std::vector<known_server> known() const { return on.known_servers(today); }

    time_point begun{};
    std::string first_range;
    std::map<std::string, std::vector<time_point>> under_way;
    std::map<std::string, std::size_t> at_first; // requests in the first moment
};

} // namespace

TEST_CASE("what an engine has found out of a server, another begins with")
{
    large first;
    first.options.requesters_per_seed = 8;
    first.add_slow_seed("seed");
    REQUIRE_FALSE(first.run());
    CHECK(first.at_first["seed"] == 4);
    auto const known = first.known();
    REQUIRE(known.size() == 1);
    CHECK(known[0].origin == "http://seed:80");
    CHECK(known[0].rate >= piece_length / 0.6);
    CHECK(known[0].connections >= 4);
    CHECK(known[0].connections <= 8);
    CHECK_FALSE(known[0].was_dead);
    CHECK_FALSE(known[0].mishandles_pipelining);
    CHECK(known[0].seen_at <= today);
    CHECK(known[0].seen_at >= today - 1min);

    auto told = known;
    told[0].connections = 16;
    large second(told);
    second.options.requesters_per_seed = 8;
    second.add_slow_seed("seed");
    REQUIRE_FALSE(second.run());
    CHECK(second.holds.bytes == second.content());
    CHECK(second.at_first["seed"] == 8);
    CHECK(first.first_range == "bytes=0-65535");
    CHECK(second.first_range == "bytes=0-262143"); // as much as leaves a share to all
    CHECK(second.outside.time->now() < first.outside.time->now());
}

TEST_CASE("later downloads of the same engine begin with it, too")
{
    large e;
    e.add_slow_seed("seed");
    REQUIRE_FALSE(e.run());
    auto const requests = e.running.stats().seeds[0].requests;
    shelf holds;
    auto again = e.on.add(e.torrent, make_storage(holds, e.torrent), {"http://seed/"}, e.options);
    std::optional<error_code> ended;
    again.async_run([&](error_code error) { ended = error; });
    e.outside.run([&] { return ended.has_value(); });
    CHECK(ended == error_code());
    CHECK(holds.bytes == e.content());
    CHECK(again.stats().seeds[0].requests < requests);
}

TEST_CASE("known connections lift no limit")
{
    auto told = known_as("http://seed:80");
    told.connections = std::numeric_limits<unsigned>::max();
    for (auto const limit : {0u, 3u})
    {
        auto how = knowing({told});
        how.host_requests_max = limit;
        embedded e({{"f", letters(64 * piece_length)}}, piece_length, how);
        e.options.requesters_per_seed = 6;
        e.options.claim_size_first = e.options.claim_size_max = piece_length;
        std::vector<time_point> under_way;
        std::size_t most = 0;
        e.add_seed("seed", [&, answers = delay(1s, serving(e.files))](request const& asked) {
            auto const now = e.outside.time->now();
            std::erase_if(under_way, [now](time_point end) { return end <= now; });
            under_way.push_back(now + 1s);
            most = std::max(most, under_way.size());
            return answers(asked);
        });
        CHECK_FALSE(e.run());
        CHECK(most == (limit == 0 ? 6 : limit));
    }
}

TEST_CASE("a server that is dead is noted, and tried with one connection by who knows it, until it answers")
{
    for (auto const is_known : {false, true})
        for (auto const is_alive_now : {false, true})
        {
            CAPTURE(is_known);
            CAPTURE(is_alive_now);
            auto told = known_as("http://dead:80");
            told.was_dead = true;
            told.seen_at = today - 24h;
            large e(is_known ? std::vector{told} : std::vector<known_server>());
            e.options.requesters_per_seed = 4;
            auto connects = 0;
            auto first_connects = 0;
            e.add_slow_seed("dead", 100ms);
            e.add_slow_seed("good");
            auto const start = e.outside.time->now();
            e.outside.net->on_connect("dead", [&] {
                ++connects;
                if (e.outside.time->now() == start)
                    ++first_connects;
                return connect_outcome{is_alive_now ? error_code() : asio::error::connection_refused, {}, {}};
            });
            CHECK_FALSE(e.run());
            CHECK(e.holds.bytes == e.content());
            CHECK(first_connects == (is_known ? 1 : 4));
            CHECK(connects >= (is_alive_now ? 2 : 1));
            auto const now_known = find(e.known(), "http://dead:80");
            REQUIRE(now_known);
            CHECK(now_known->was_dead == !is_alive_now);
            CHECK(now_known->seen_at > told.seen_at);
            CHECK_FALSE(find(e.known(), "http://good:80")->was_dead);
            if (is_alive_now)
                CHECK(e.running.stats().seeds[0].bytes_verified > e.content().size() / 4);
        }
}

TEST_CASE("a server that swallows connections is noted, though others have the rest before its timeouts")
{
    large e;
    e.add_slow_seed("good");
    e.add_seed("silent", hang_up());
    e.outside.net->swallow("silent");
    CHECK_FALSE(e.run());
    CHECK(e.outside.time->now() - e.begun < 20s);
    auto const known = find(e.known(), "http://silent:80");
    REQUIRE(known);
    CHECK(known->was_dead);
}

TEST_CASE("what the end of a claim says of a server")
{
    using planning::outcome_kind;
    struct
    {
        outcome_kind kind;
        std::uint64_t bytes;
        duration took;
        bool is_limited;
        std::optional<bool> was_dead;
        double rate;
    } const rows[] = {
        {outcome_kind::delivered, 1u << 20, 2s, false, false, 1u << 19},
        {outcome_kind::delivered, 1u << 20, 2s, true, false, 0},
        {outcome_kind::delivered, 1u << 18, 10ms, false, false, (1u << 18) * 100},
        {outcome_kind::delivered, 1000, 999ms, false, false, 0},
        {outcome_kind::delivered, 1000, 1s, false, false, 1000},
        {outcome_kind::stopped, 1000, 1s, false, false, 1000},
        {outcome_kind::stopped, 0, 1999ms, false, {}, 0},
        {outcome_kind::stopped, 0, 2s, true, {}, 0},
        {outcome_kind::stopped, 0, 2s, false, true, 0},
        {outcome_kind::failed, 0, 1ms, false, true, 0},
        {outcome_kind::failed, 1, 1ms, false, false, 0},
        {outcome_kind::busy, 0, 1ms, false, false, 0},
        {outcome_kind::file_missing, 0, 1ms, false, false, 0},
        {outcome_kind::storage_failed, 0, 1ms, false, {}, 0},
    };
    for (auto const& row : rows)
        for (auto const did : {false, true})
        {
            CAPTURE(row.kind);
            CAPTURE(row.bytes);
            CAPTURE(row.is_limited);
            auto told = known_as("http://seed:80");
            told.was_dead = did;
            core::server_record record(told);
            core::result_of_claim result;
            result.outcome.kind = row.kind;
            result.outcome.bytes = row.bytes;
            result.outcome.took = row.took;
            core::take_note(record, result, {}, row.is_limited, time_point(5s));
            CHECK(record.get().was_dead == row.was_dead.value_or(did));
            CHECK(record.get().rate == row.rate);
            auto const kept = record.as_of(today + 1h, time_point(8s));
            CHECK(kept.seen_at == (row.was_dead ? today + 1h - 3s : today));
        }
    core::server_record broken(known_as("http://seed:80"));
    core::result_of_claim thrown;
    thrown.outcome.kind = outcome_kind::failed;
    thrown.error = errc::internal; // which is ours
    core::take_note(broken, thrown, {}, false, time_point(5s));
    CHECK_FALSE(broken.get().was_dead);
}

TEST_CASE("who refuses, or lacks a file, isn't dead")
{
    for (auto const code : {400u, 403u, 404u, 500u, 503u})
    {
        large e;
        e.add_slow_seed("good");
        e.add_seed("other", status(code));
        CHECK_FALSE(e.run());
        auto const known = find(e.known(), "http://other:80");
        REQUIRE(known);
        CHECK_FALSE(known->was_dead);
        CHECK(known->rate == 0);
    }
}

TEST_CASE("what comes under a limit of the rate says nothing, and what is known is of no use then")
{
    for (auto const which : {0, 1, 2})
    {
        auto told = known_as("http://seed:80");
        told.rate = 1e9;
        auto how = knowing({told});
        how.rate_max = which == 0 ? 1u << 20 : 0;
        embedded e({{"f", letters(64 * piece_length)}}, piece_length, how);
        e.options.rate_max = which == 1 ? 1u << 20 : 0;
        e.options.seed_rate_max = which == 2 ? 1u << 20 : 0;
        e.options.claim_size_first = piece_length;
        auto is_first = true;
        e.add_seed("seed", [&](request const& asked) {
            if (std::exchange(is_first, false))
                CHECK(asked.field("Range") == "bytes=0-" + std::to_string(piece_length - 1));
            return serving(e.files)(asked);
        });
        CHECK_FALSE(e.run());
        CHECK(find(e.on.known_servers(today), "http://seed:80")->rate == 1e9);
    }
}

TEST_CASE("a server that mishandles requests ahead is noted, and isn't asked so for a while")
{
    std::vector<made_file> files;
    auto const text = letters(80 * 20);
    for (std::size_t i = 0; i != 80; ++i)
        files.push_back({"f" + std::to_string(1000 + i), text.substr(i * 20, 20)});
    std::vector<known_server> known;
    for (auto const run : {0, 1, 2})
    {
        CAPTURE(run);
        embedded e(files, 64, knowing(known));
        auto ahead = 0;
        auto const is_mended = run == 2;
        auto answers = is_mended ? server(serving(files)) : when_ahead(hang_up(), serving(files));
        e.add_seed("seed", [&, answers](request const& asked) {
            ahead += asked.was_ahead ? 1 : 0;
            return answers(asked);
        });
        CHECK_FALSE(e.run());
        CHECK(e.holds.bytes == e.content());
        known = e.on.known_servers(today);
        REQUIRE(known.size() == 1);
        CHECK((ahead != 0) == (run == 0));
        CHECK(known[0].mishandles_pipelining);
    }
}

TEST_CASE("where a seed leads is known for its connections, the seed for the rest")
{
    embedded f({{"f", letters(64 * piece_length)}}, piece_length);
    f.options.claim_size_first = piece_length;
    f.add_seed("front", redirect_to("http://cdn/t/f"));
    f.outside.net->serve("cdn", delay(500ms, serving(f.files)));
    CHECK_FALSE(f.run());
    auto const known = f.on.known_servers(today);
    CHECK(known.size() == 2);
    auto const front = find(known, "http://front:80");
    auto const cdn = find(known, "http://cdn:80");
    REQUIRE(front);
    REQUIRE(cdn);
    CHECK(front->rate > 0);
    CHECK(cdn->rate == 0);
    CHECK(cdn->connections == 4);
}

TEST_CASE("nothing but the origin is told of a URL")
{
    large e;
    e.outside.net->serve("seed", serving(e.files));
    auto holds = shelf();
    auto running = e.on.add(
        e.torrent, make_storage(holds, e.torrent),
        {"https://user:word@seed:8443/t/f?token=x", "http://[2001:db8::1]/"});
    std::optional<error_code> ended;
    running.async_run([&](error_code error) { ended = error; });
    e.outside.run([&] { return ended.has_value(); });
    std::vector<std::string> origins;
    for (auto const& each : e.known())
        origins.push_back(each.origin);
    std::ranges::sort(origins);
    CHECK(origins == std::vector<std::string>{"http://[2001:db8::1]:80", "https://seed:8443"});
}

TEST_CASE("what nobody has asked is told on as it was told, and what nobody has told isn't known")
{
    auto told = known_as("http://elsewhere:80");
    told.rate = 1000;
    told.connections = 7;
    told.seen_at = today - 48h;
    large e({told});
    CHECK(e.known() == std::vector{told});
    e.add_slow_seed("seed");
    e.start();
    CHECK(e.known() == std::vector{told}); // it hasn't been asked yet
    CHECK_FALSE(e.run());
    CHECK(e.known().size() == 2);
    CHECK(find(e.known(), "http://elsewhere:80") == told);
}

TEST_CASE("nonsense is not taken, and changes nothing")
{
    auto const bad_origins = {
        "",
        "http",
        "http://",
        "ftp://host:21",
        "http://user:word@host:80",
        "http://host:80/path",
        "http://host?query",
        "http://host:99999",
        "file:///etc/passwd",
        "http://host:80\n"};
    std::vector<known_server> told;
    for (auto const* const each : bad_origins)
        if (std::string(each) != "http://host:80\n") // white space around it doesn't count
            told.push_back(known_as(each));
    told.push_back(known_as("http://" + std::string(1000, 'x')));
    for (auto const rate :
         {-1.0, 1e300, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    {
        told.push_back(known_as("http://seed:80"));
        told.back().rate = rate;
    }
    CHECK(combine(told, {}, today).empty());
    large e(told);
    CHECK(e.known().empty());
    e.add_slow_seed("seed");
    CHECK_FALSE(e.run());
}

TEST_CASE("of two lists the newest word of each server is kept, neither what is old nor what comes from the future")
{
    auto const at = [](std::string origin, std::chrono::seconds age) {
        auto made = known_as(std::move(origin));
        made.seen_at = today - age;
        made.rate = static_cast<double>(age.count() + 1);
        return made;
    };
    auto const week = std::chrono::seconds(known_server_age_max);
    auto const kept = combine(
        {at("http://a:80", 5s), at("http://b:80", week), at("http://c:80", week + 1s)},
        {at("http://A", 4s), at("http://b", 2h), at("http://d:80", -1s), at("https://a", 0s)}, today);
    REQUIRE(kept.size() == 3);
    CHECK(kept[0] == at("https://a:443", 0s));
    CHECK(kept[1] == at("http://a:80", 4s));
    CHECK(kept[2] == at("http://b:80", 2h));
    CHECK(combine(kept, {}, today) == kept);
}

TEST_CASE("no more servers are kept than are worth it, those that were seen last")
{
    std::vector<known_server> many;
    for (unsigned i = 0; i != 3 * known_server_count_max; ++i)
    {
        many.push_back(known_as("http://host" + std::to_string(i) + ":80"));
        many.back().seen_at = today - std::chrono::seconds(i);
    }
    std::ranges::reverse(many);
    auto const kept = combine(many, {}, today);
    REQUIRE(kept.size() == known_server_count_max);
    CHECK(kept.front().origin == "http://host0:80");
    CHECK(kept.back().seen_at == today - std::chrono::seconds(known_server_count_max - 1));
    large e(many);
    CHECK(e.known() == kept);

    core::server_memory memory(many);
    for (unsigned i = 0; i != 10 * known_server_count_max; ++i)
        memory.at({"http", "new" + std::to_string(i), 80})->note({}, [](known_server& known) { known.rate = 1; });
    CHECK(memory.tell(today, {}, {}).size() == known_server_count_max);
}
