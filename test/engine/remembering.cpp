// What an earlier run has verified is trusted at once, and what this one verifies is left to later ones.
#include "disk/file_storage.hpp"
#include "engine/embedded.hpp"
#include "support/content.hpp"
#include "support/simulated_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;

namespace {

// Pieces of 16: three, two and one of them.
std::vector<made_file> few_files()
{
    auto const text = letters(6 * 16);
    return {{"a", text.substr(0, 48)}, {"b", text.substr(48, 32)}, {"c", text.substr(80, 16)}};
}

/// A download that keeps what it was told to remember, with the seconds after which it was.
struct remembering : embedded
{
    explicit remembering(std::string known)
        : embedded(few_files())
    {
        holds.known = std::move(known);
        holds.bytes = content();
        auto const start = outside.context.now();
        holds.on_remember = [this, start](std::string const& picture) {
            auto const after = std::chrono::duration_cast<std::chrono::seconds>(outside.context.now() - start);
            told += std::to_string(after.count()) + ":" + picture + " ";
            return error_code();
        };
    }

    /// A seed that lets each answer wait for so long.
    void add_slow_seed(duration delay)
    {
        options.requesters_per_seed = 1;
        options.claim_size_first = 16;
        options.claim_size_max = 16;
        options.claim_size_min = 16;
        options.head_timeout = std::chrono::hours(1);
        auto answer = [files = files, delay](request const& asked) {
            auto steps = serving(files)(asked);
            steps.insert(steps.begin(), pause_for{std::chrono::duration_cast<std::chrono::milliseconds>(delay)});
            return steps;
        };
        add_seed("slow", std::move(answer));
    }

    std::string told;
};

} // namespace

TEST_CASE("what is trusted is neither read nor asked for, and told as finished")
{
    remembering e("111001");
    int reads = 0;
    e.holds.on_read = [&reads] {
        ++reads;
        return error_code();
    };
    e.holds.stored = {{0, 96}};
    std::ranges::fill(e.holds.bytes.begin(), e.holds.bytes.begin() + 48, '!'); // nobody looks
    CHECK(e.run() == error_code());
    CHECK(reads == 2);
    CHECK(e.outside.net->connects() == 0);
    auto const last = e.running.stats();
    CHECK(last.bytes_trusted == 64);
    CHECK(last.bytes_kept == 96);
    CHECK(last.bytes_verified == 96);
    auto finished = 0;
    for (auto const& each : e.events())
        finished += std::holds_alternative<file_finished>(each);
    CHECK(finished == 3);
    CHECK(e.told == "0:111111 ");
}

TEST_CASE("what is neither trusted nor there is fetched")
{
    remembering e("110000");
    e.holds.bytes.replace(32, 64, 64, ' ');
    e.add_good_seed("good");
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    CHECK(e.running.stats().bytes_received == 64);
    CHECK(e.running.stats().bytes_trusted == 32);
}

TEST_CASE("where everything is trusted, nobody is asked for anything, and nothing is read")
{
    remembering e("111111");
    e.holds.stored = {{0, 96}};
    e.holds.on_read = [] { return error_code(errc::storage_failed); };
    e.add_good_seed("good");
    CHECK(e.run() == error_code());
    CHECK(e.outside.net->connects() == 0);
    CHECK(e.running.stats().bytes_kept == 96);
}

TEST_CASE("without anything to trust everything is as ever, but remembered")
{
    for (auto const* known : {"", "000000", "11111", "1111111"}) // as a storage should never say
    {
        CAPTURE(known);
        remembering e(known);
        e.holds.bytes.clear();
        e.add_good_seed("good");
        CHECK(e.run() == error_code());
        CHECK(e.running.stats().bytes_trusted == 0);
        CHECK(e.running.stats().bytes_received == 96);
        CHECK(e.told == "0:111111 ");
    }
}

TEST_CASE("what is verified is remembered however a download ends, and an error of that is nobody's business")
{
    remembering closed("100000");
    closed.add_seed("silent", [](request const&) { return std::vector<step>{pause_for{std::chrono::seconds(20)}}; });
    closed.start();
    closed.outside.run_for(std::chrono::seconds(1));
    closed.running.close();
    CHECK(closed.run() == errc::closed);
    CHECK(closed.told == "1:100000 ");

    remembering failed("110000");
    CHECK(failed.run() == errc::no_seeds);
    CHECK(failed.told == "0:110000 ");

    remembering spoiled("000000");
    spoiled.add_good_seed("good");
    spoiled.holds.on_complete = [](diagnostics&) { return error_code(errc::disk_full); };
    CHECK(spoiled.run() == errc::disk_full);
    CHECK(spoiled.told == "0:111111 ");

    remembering unable("000000");
    unable.add_good_seed("good");
    unable.holds.on_remember = [](std::string const&) { return error_code(errc::disk_full); };
    CHECK(unable.run() == error_code());
    CHECK(unable.holds.closes == 1);
}

TEST_CASE("while a download runs it is remembered every minute what is verified, if there is anything new")
{
    remembering e("000000");
    e.add_slow_seed(std::chrono::seconds(50));
    CHECK(e.run() == error_code());
    CHECK(e.told == "60:100000 120:110000 180:111000 240:111100 300:111110 300:111111 ");
}

TEST_CASE("nothing new is nothing to remember")
{
    remembering e("110000");
    e.add_slow_seed(std::chrono::seconds(200));
    e.start();
    e.outside.run_for(std::chrono::seconds(700));
    CHECK(e.told == "240:111000 420:111100 600:111110 ");
    e.running.close();
    e.run();
}

TEST_CASE("it is never remembered twice at once, nor while somebody ends, and others go on meanwhile")
{
    remembering e("000000");
    e.add_slow_seed(std::chrono::seconds(25));
    bool is_busy = false;
    e.holds.before_remembering = [&]() -> asio::awaitable<void> {
        CHECK_FALSE(std::exchange(is_busy, true));
        co_await e.outside.time->sleep_until(e.outside.context.now() + std::chrono::seconds(200));
        is_busy = false;
    };
    e.holds.on_close = [&](diagnostics&) {
        CHECK_FALSE(is_busy);
        return error_code();
    };
    CHECK(e.run() == error_code());
    CHECK(e.told == "260:110000 460:111111 ");
}

TEST_CASE("a storage that remembers nothing isn't asked to")
{
    remembering e("");
    e.holds.known.reset();
    e.add_slow_seed(std::chrono::seconds(50));
    CHECK(e.run() == error_code());
    CHECK(e.told == "");
}

TEST_CASE("a second download into the same directory reads nothing and asks nobody, with files as ever")
{
    simulated_disk disk;
    for (int round = 0; round != 2; ++round)
    {
        CAPTURE(round);
        embedded e(few_files());
        e.add_good_seed("good");
        file_storage_options options;
        options.resume_file = "state/resume";
        auto store = disk::make_file_storage(e.torrent, "here", disk, options);
        int reads = 0;
        disk.interfere([&reads](disk_call const& call) {
            reads += call.kind == call_kind::pread && call.path != "state/resume" ? 1 : 0;
            return interference{};
        });
        std::optional<error_code> ended;
        auto running = e.on.add(e.torrent, std::move(store), {"http://good/"});
        running.async_run([&ended](error_code error) { ended = error; });
        e.outside.run([&ended] { return ended.has_value(); });
        e.outside.settle();
        CHECK(ended == error_code());
        CHECK(reads == 0);
        CHECK(running.stats().bytes_trusted == (round == 0 ? 0 : 96));
        CHECK((e.outside.net->connects() == 0) == (round == 1));
        CHECK(disk.content_of("here/t/a") == few_files()[0].content);
    }
}
