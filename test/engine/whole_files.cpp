// Seeds that send whole files, whatever range they are asked for.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;

namespace {

constexpr std::size_t piece_length = 16 * 1024;
constexpr std::size_t file_size = 20 * piece_length; // ten claims

std::vector<made_file> large_files(std::size_t count)
{
    std::vector<made_file> made;
    for (std::size_t i = 0; i != count; ++i)
        made.push_back({std::string(1, static_cast<char>('a' + i)), letters(file_size + i).substr(i)});
    return made;
}

struct whole_scene : embedded
{
    explicit whole_scene(std::size_t count)
        : embedded(large_files(count), piece_length)
    {
        options.claim_size_first = options.claim_size_max = options.claim_size_min = 2 * piece_length;
    }

    void add_whole_seed(std::string const& host)
    {
        add_seed(host, [this](request const& asked) {
            auto const answer =
                std::ranges::find_if(files, [&](auto const& f) { return asked.target == "/t/" + f.name; });
            return std::vector<step>{send_bytes{response("200 OK", "", answer->content)}};
        });
    }

    std::size_t size() const { return files.size() * file_size; }
};

} // namespace

TEST_CASE("from the only seed, which ignores ranges, each file comes once, but for the first claims")
{
    whole_scene e(6);
    e.add_whole_seed("old");
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    auto const figures = e.running.stats();
    auto const& seed = figures.seeds.at(0);
    CHECK(seed.failures == 0);
    CHECK(seed.state == seed_state::ready);
    CHECK(seed.last_error.message.find(error_code(errc::range_ignored).message()) != std::string::npos);
    CHECK(seed.bytes_received <= e.size() + file_size / 2);
    CHECK(seed.requests <= 4 + e.files.size()); // the first ones, and one for each file
    CHECK(figures.bytes_wasted == 0);
}

TEST_CASE("what is missing at the end of a file comes from a seed that ignores ranges, in one go")
{
    whole_scene e(1);
    e.holds.bytes = e.content().substr(0, file_size / 2) + std::string(file_size / 2, '\0');
    e.holds.stored = {{0, file_size}};
    e.add_whole_seed("old");
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    CHECK(e.running.stats().bytes_kept == file_size / 2);
    CHECK(e.running.stats().seeds.at(0).bytes_received <= file_size + piece_length);
    CHECK(e.running.stats().seeds.at(0).failures == 0);
}

TEST_CASE("a seed that ignores ranges brings the beginnings of files, and another one the rest")
{
    whole_scene e(3);
    e.options.requesters_per_seed = 1;
    e.add_whole_seed("old");
    e.add_good_seed("new");
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    auto const figures = e.running.stats();
    CHECK(figures.seeds.at(0).bytes_received <= 3 * 2 * piece_length);
    CHECK(figures.seeds.at(0).bytes_received + figures.seeds.at(1).bytes_received == e.size());
    CHECK(figures.seeds.at(0).failures == 0);
}

TEST_CASE("a seed that ignores ranges brings what no other one has")
{
    whole_scene e(2);
    e.add_whole_seed("old");
    e.add_seed("poor", [&](request const& asked) {
        if (asked.target == "/t/b")
            return std::vector<step>{send_bytes{response("404 Not Found", "", "")}};
        return serving(e.files)(asked);
    });
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    CHECK(e.running.stats().seeds.at(0).failures == 0);
}

TEST_CASE("what is read in vain counts for the limit of the rate")
{
    whole_scene e(1);
    e.holds.bytes = e.content().substr(0, file_size - piece_length) + std::string(piece_length, '\0');
    e.holds.stored = {{0, file_size}};
    e.options.rate_max = file_size / 10;
    e.add_whole_seed("old");
    auto const began = e.outside.time->now();
    CHECK(e.run() == error_code());
    CHECK(e.outside.time->now() - began >= std::chrono::seconds(8));
}
