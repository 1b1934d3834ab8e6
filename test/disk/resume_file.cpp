#include "disk/resume_file.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace webseed;
using disk::decode;
using disk::encode;
using disk::resume_record;

namespace {

metainfo few_files(std::uint64_t piece_length = 1024)
{
    return test::torrent_of({{{"a"}, 1500}, {{"b"}, 3000}, {{"c"}, 6000}}, piece_length);
}

resume_record record_of(metainfo const& torrent)
{
    resume_record made;
    made.files.push_back({file_index{0}, {1500, 1'700'000'000'123'456'789u, 2, 3, 4}});
    made.files.push_back({file_index{2}, {6000, UINT64_MAX, 0, 7, 8}});
    made.verified.resize(torrent.piece_count());
    for (std::size_t i = 0; i < made.verified.size(); i += 3)
        made.verified[i] = true;
    auto const end = torrent.end_offset();
    auto const length = torrent.piece_length();
    for (std::uint64_t at = length; at + 4 < end; at += 3 * length) // the beginning and the end of a piece
    {
        made.begun.push_back({at, 1});
        if (at + length <= end)
            made.begun.push_back({at + length - 2, 2});
    }
    return made;
}

/// What somebody could forge who knows how the checksum is made.
void mend_checksum(std::vector<std::byte>& bytes)
{
    auto const digest = torrent::sha256_of(std::span(bytes).first(bytes.size() - 32));
    std::ranges::copy(digest, bytes.end() - 32);
}

constexpr std::size_t count_at = 80;
constexpr std::size_t range_count_at = 84;
constexpr std::size_t guards_at = 88;
constexpr std::size_t guard_size = 44;
constexpr std::size_t ranges_at = guards_at + 2 * guard_size;

} // namespace

TEST_CASE("a record comes back as it was")
{
    for (std::uint64_t const piece_length : {16u, 100u, 1024u, 2048u, 20000u})
    {
        CAPTURE(piece_length);
        auto const torrent = few_files(piece_length);
        auto const record = record_of(torrent);
        auto const bytes = encode(torrent, record);
        CHECK(decode(torrent, bytes) == record);
        CHECK(bytes.size() <= disk::resume_size_max(torrent));
    }
}

TEST_CASE("a record of nothing comes back")
{
    auto const torrent = few_files();
    resume_record record;
    record.verified.resize(torrent.piece_count());
    CHECK(decode(torrent, encode(torrent, record)) == record);
}

TEST_CASE("a flipped bit anywhere makes a record worthless")
{
    auto const torrent = few_files();
    auto bytes = encode(torrent, record_of(torrent));
    for (std::size_t at = 0; at != bytes.size() * 8; ++at)
    {
        CAPTURE(at);
        auto const bit = std::byte{1} << (at % 8);
        bytes[at / 8] ^= bit;
        CHECK_FALSE(decode(torrent, bytes));
        bytes[at / 8] ^= bit;
    }
    CHECK(decode(torrent, bytes));
}

TEST_CASE("a record that was cut or lengthened anywhere is worthless")
{
    auto const torrent = few_files();
    auto const bytes = encode(torrent, record_of(torrent));
    for (std::size_t size = 0; size != bytes.size(); ++size)
    {
        CAPTURE(size);
        CHECK_FALSE(decode(torrent, std::span(bytes).first(size)));
        CHECK_FALSE(decode(torrent, std::span(bytes).last(size)));
        auto longer = bytes;
        longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(size), std::byte{});
        CHECK_FALSE(decode(torrent, longer));
    }
    auto twice = bytes;
    twice.insert(twice.end(), bytes.begin(), bytes.end());
    CHECK_FALSE(decode(torrent, twice));
}

TEST_CASE("a record is worthless in which what was begun can't be so")
{
    auto const torrent = few_files(); // 10500 bytes, of which every third piece is verified
    using ranges = std::vector<byte_range>;
    auto is_known = [&torrent](ranges begun) {
        auto record = record_of(torrent);
        record.begun = std::move(begun);
        return decode(torrent, encode(torrent, record)).has_value();
    };
    CHECK(is_known({}));
    CHECK(is_known({{1024, 2048}, {4096, 1}}));
    CHECK(is_known({{10240, 260}}));
    ranges const wrong[] = {
        {{1024, 0}},
        {{1024, 5}, {1029, 1}},
        {{1024, 5}, {1028, 5}},
        {{2000, 1}, {1024, 1}},
        {{1024, 1}, {1024, 1}},
        {{1023, 1}},
        {{1023, 2}},
        {{1024, 2049}},
        {{3500, 1}},
        {{1024, 3500}},
        {{10240, 261}},
        {{10500, 1}},
        {{10241, UINT64_MAX}},
        {{UINT64_MAX, 1}},
    };
    for (auto const& each : wrong)
    {
        CAPTURE(each.front().offset);
        CAPTURE(each.front().size);
        CHECK_FALSE(is_known(each));
    }
}

TEST_CASE("there are only so many ranges in a record")
{
    auto const torrent = test::torrent_of({{{"a"}, 3 * disk::begun_count_max}}, 1u << 20);
    resume_record record;
    record.verified.resize(torrent.piece_count());
    while (record.begun.size() != disk::begun_count_max)
        record.begun.push_back({record.begun.size() * 2, 1});
    CHECK(decode(torrent, encode(torrent, record)) == record);
    CHECK(encode(torrent, record).size() <= disk::resume_size_max(torrent));
    record.begun.push_back({record.begun.size() * 2, 1});
    CHECK_FALSE(decode(torrent, encode(torrent, record)));
}

TEST_CASE("a record of the format before this one is worthless")
{
    auto const torrent = few_files();
    auto bytes = encode(torrent, record_of(torrent));
    bytes[15] = std::byte{'1'};
    mend_checksum(bytes);
    CHECK_FALSE(decode(torrent, bytes));
}

TEST_CASE("a record of another torrent is worthless")
{
    auto const torrent = few_files();
    auto const bytes = encode(torrent, record_of(torrent));
    CHECK_FALSE(decode(few_files(2048), bytes));
    CHECK_FALSE(decode(test::torrent_of({{{"a"}, 1500}, {{"b"}, 3000}, {{"d"}, 6000}}, 1024), bytes));
}

TEST_CASE("a forged record is worthless unless encode() could have made it")
{
    auto const torrent = few_files();
    auto const right = encode(torrent, record_of(torrent));
    struct forgery
    {
        char const* what;
        std::size_t at;
        unsigned value;
    };
    forgery const forgeries[] = {
        {"more ranges than there are", range_count_at, 9},
        {"fewer ranges than there are", range_count_at, 1},
        {"ranges without end", range_count_at + 3, 0xff},
        {"no ranges, but their bytes", range_count_at, 0},
        {"a range as long as no torrent", ranges_at + 15, 0x80},
        {"a range behind the end", ranges_at + 6, 1},
        {"more guards than there are", count_at, 3},
        {"fewer guards than there are", count_at, 1},
        {"guards without end", count_at + 3, 0xff},
        {"a file that doesn't exist", guards_at + guard_size, 3},
        {"a file twice", guards_at + guard_size, 0},
        {"files in another order", guards_at, 2},
        {"a piece behind the last", right.size() - 33, 0xff},
    };
    for (auto const& [what, at, value] : forgeries)
    {
        CAPTURE(what);
        auto bytes = right;
        bytes[at] = std::byte(value);
        mend_checksum(bytes);
        CHECK_FALSE(decode(torrent, bytes));
    }
    auto bytes = right;
    bytes[guards_at + 4] ^= std::byte{1}; // a size: nobody can tell
    mend_checksum(bytes);
    CHECK(decode(torrent, bytes));
}
