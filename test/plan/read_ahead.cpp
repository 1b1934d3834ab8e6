#include "plan/read_ahead.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace webseed::test;
using namespace webseed::planning;
using webseed::byte_range;
namespace torrent = webseed::torrent;

namespace {

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

// 64 pieces of 16 bytes, read by readers that never want more than 8 of them.
struct readers
{
    void read(std::uint64_t reader, byte_range range)
    {
        auto const id = all.begin(reader, range, 64 * 16, options);
        all.end(id);
    }

    // "3-4! 4-8": pieces, and whether they are awaited.
    std::string wanted(std::uint64_t kept_size_max = no_limit) const
    {
        std::string text;
        for (auto const& [run, is_awaited] : all.wanted(layout, kept_size_max))
            text += (text.empty() ? "" : " ") + std::to_string(run.first) + "-" + std::to_string(run.last) +
                    (is_awaited ? "!" : "");
        return text;
    }

    read_ahead_options options{.least = 0, .most = 8 * 16};
    torrent::layout layout{torrent_of({{{"f"}, 64 * 16}}, 16)};
    read_ahead all;
};

} // namespace

TEST_CASE("a read wants its own pieces, and nothing else if its reader has jumped")
{
    readers r;
    auto const first = r.all.begin(1, {40, 10}, 64 * 16, r.options);
    CHECK(r.wanted() == "2-4!");
    auto const second = r.all.begin(1, {800, 1}, 64 * 16, r.options);
    CHECK(r.wanted() == "2-4! 50-51!");
    r.all.end(first);
    r.all.end(second);
    CHECK(r.wanted().empty());
}

TEST_CASE("who reads on gets ahead as much as it has read in a row, up to a limit")
{
    readers r;
    r.read(1, {0, 16});
    CHECK(r.wanted().empty());
    r.read(1, {16, 16});
    CHECK(r.wanted() == "2-3");
    r.read(1, {32, 16});
    CHECK(r.wanted() == "3-5");
    r.read(1, {48, 16});
    CHECK(r.wanted() == "4-7");
    r.read(1, {64, 16});
    CHECK(r.wanted() == "5-9");
    for (std::uint64_t at = 80; at != 480; at += 16)
        r.read(1, {at, 16});
    CHECK(r.wanted() == "30-36");
    r.read(1, {480, 16});
    CHECK(r.wanted() == "31-39");
    r.read(1, {496, 16});
    r.read(1, {512, 16});
    CHECK(r.wanted() == "33-39"); // not before a quarter of it is used up
    r.read(1, {16, 16});          // a jump
    CHECK(r.wanted().empty());
}

TEST_CASE("nobody reads ahead beyond the end of what it may read, or beyond what is kept")
{
    readers r;
    r.options.least = 64;
    auto const id = r.all.begin(1, {0, 16}, 100, r.options);
    r.all.end(id);
    CHECK(r.wanted() == "1-5");
    CHECK(r.wanted(32) == "1-3");
    r.read(2, {320, 16});
    CHECK(r.wanted(32) == "1-2 21-22");
    auto const last = r.all.begin(1, {64, 36}, 100, r.options);
    r.all.end(last);
    CHECK(r.wanted() == "21-25");
}

TEST_CASE("who is gone wants nothing, but for reads that haven't ended")
{
    readers r;
    r.options.least = 32;
    auto const id = r.all.begin(1, {0, 16}, 1024, r.options);
    r.all.remove(1);
    CHECK(r.wanted() == "0-1!");
    r.all.end(id);
    CHECK(r.wanted().empty());
}
