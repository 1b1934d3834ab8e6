// Several files, padding between them, and seeds that lack some or send wrong bytes for them.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <boost/asio/post.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;

namespace {

// Pieces of 16: 0 is a and padding; 1 is padding; 2 is b; 3 is the rest of b, padding and c.
std::vector<made_file> padded_files()
{
    auto const text = letters(100);
    return {{"a", text.substr(0, 10)}, padding(22), {"b", text.substr(10, 20)}, padding(5), {"c", text.substr(30, 7)}};
}

std::vector<std::uint32_t> finished_files(std::vector<event> const& told)
{
    std::vector<std::uint32_t> files;
    for (auto const& each : told)
        if (auto const* const finished = std::get_if<file_finished>(&each))
            files.push_back(to_number(finished->file));
    std::ranges::sort(files);
    return files;
}

template <class Event>
std::vector<Event> only(std::vector<event> const& told)
{
    std::vector<Event> found;
    for (auto const& each : told)
        if (auto const* const wanted = std::get_if<Event>(&each))
            found.push_back(*wanted);
    return found;
}

// The files as served by somebody who has another byte at `offset` of the torrent.
std::vector<made_file> with_wrong_byte(std::vector<made_file> files, std::uint64_t offset)
{
    for (auto& file : files)
    {
        if (offset < file.content.size())
        {
            file.content[offset] = '!';
            break;
        }
        offset -= file.content.size();
    }
    return files;
}

} // namespace

TEST_CASE("padding is hashed with its pieces, but neither asked for nor told")
{
    embedded e(padded_files());
    e.add_good_seed("good");
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    CHECK(finished_files(e.events()) == std::vector<std::uint32_t>{0, 2, 4});
    CHECK(e.running.stats().bytes_received == 37);
    for (auto const& line : e.outside.net->log())
        CHECK(line.starts_with("good /t/"));
    CHECK(e.running.stats().seeds.at(0).failures == 0);
}

TEST_CASE("whoever hashes much padding lets others run, and ends when the download is closed")
{
    constexpr std::size_t mib = 1 << 20;
    embedded e({{"a", letters(16)}, padding(4 * mib), {"b", letters(16)}}, 8 * mib);
    e.options.part_size_max = 0; // one claim
    e.add_good_seed("good");
    e.holds.on_write = [&] {
        asio::post(e.outside.context, [&] { e.running.close(); });
        return error_code();
    };
    CHECK(e.run() == errc::closed);
    CHECK(e.outside.net->log().size() == 1);
    embedded again({{"a", letters(16)}, padding(4 * mib), {"b", letters(16)}}, 8 * mib);
    again.add_good_seed("good");
    CHECK(again.run() == error_code());
}

TEST_CASE("a wrong piece is told with the file that its bytes came from")
{
    struct
    {
        std::uint64_t wrong_byte;
        std::uint32_t piece;
        std::uint32_t file;
        std::string message;
    } const rows[] = {
        {0, 0, 0, "piece 0 (t/a at 0): wrong bytes from http://liar/"},
        {32, 1, 2, "piece 1 (t/b at 0): wrong bytes from http://liar/"},
        {33, 1, 2, "piece 1 (t/b at 0): wrong bytes from http://liar/"},
        {60, 2, 4, "piece 2 (t/c at 3): wrong bytes from http://liar/"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.wrong_byte);
        embedded e(padded_files(), row.wrong_byte == 60 ? 30 : 20);
        e.options.requesters_per_seed = 1;
        e.add_seed("liar", serving(with_wrong_byte(e.files, row.wrong_byte)));
        CHECK(e.run() == errc::no_correct_data);
        CHECK(e.running.diagnosis().message == row.message);
        auto const bad = only<piece_bad>(e.events());
        REQUIRE(bad.size() == 1);
        CHECK(to_number(bad[0].piece) == row.piece);
        CHECK(to_number(bad[0].file) == row.file);
        CHECK(bad[0].seed_url == "http://liar/");
    }
}

TEST_CASE("of several pieces that nobody has right, one is named and the others are counted")
{
    embedded e({{"f", letters(64)}});
    e.options.requesters_per_seed = 1;
    e.add_seed("liar", serving(with_wrong_byte(with_wrong_byte(e.files, 20), 50)));
    CHECK(e.run() == errc::no_correct_data);
    CHECK(e.running.diagnosis().message == "piece 1 (t/f at 16): wrong bytes from http://liar/, and 1 more pieces");
    CHECK(e.running.stats().pieces_verified == 2);
}

TEST_CASE("padding that can't be right is named, and the files around it are fetched")
{
    // The torrent's hash of piece 1 is that of other bytes than zeros.
    embedded e({{"a", letters(16)}, {"", std::string(16, 'x')}, {"b", letters(16)}});
    e.options.requesters_per_seed = 1;
    e.add_good_seed("good");
    CHECK(e.run() == errc::no_correct_data);
    CHECK(e.running.diagnosis().message == "piece 1 (padding at 0): wrong bytes from http://good/");
    CHECK(finished_files(e.events()) == std::vector<std::uint32_t>{0, 2});
}

TEST_CASE("a seed that has sent too many wrong pieces is given up at once, whatever it was doing")
{
    struct
    {
        std::vector<made_file> files;
        std::string nature;
    } const rows[] = {
        {{{"f", letters(64)}}, "its next piece was on the way"},
        {{{"a", letters(10)}, padding(6), {"b", letters(40)}}, "the piece ends in padding"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.nature);
        embedded e(row.files);
        e.options.requesters_per_seed = 1;
        e.options.seed_bad_piece_count_max = 1;
        e.add_seed("liar", serving(with_wrong_byte(e.files, 3)));
        CHECK(e.run() == errc::no_correct_data);
        CHECK(e.outside.net->log().size() == 1);
        CHECK(e.running.stats().bytes_verified == 0);
        auto const told = only<seed_given_up>(e.events());
        REQUIRE(told.size() == 1);
        CHECK(told[0].error == errc::no_correct_data);
    }
}

TEST_CASE("a seed that lacks a file is told so, and still asked for the others")
{
    struct
    {
        std::string answer;
        errc error;
    } const rows[] = {
        {response("404 Not Found", "", ""), errc::not_found},
        {response("403 Forbidden", "", ""), errc::unauthorized},
        {response("200 OK", "", "a page about it"), errc::range_mismatch},
        {response("206 Partial Content", "Content-Range: bytes 0-15/17\r\n", letters(16)), errc::range_mismatch},
        {response("200 OK", "Content-Encoding: gzip\r\n", letters(16)), errc::encoding_refused},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.answer);
        embedded e({{"a", letters(16)}, {"b", letters(16)}, {"c", letters(16)}});
        e.options.requesters_per_seed = 1;
        e.add_seed("poor", [&](request const& asked) {
            if (asked.target == "/t/b")
                return std::vector<step>{send_bytes{row.answer}};
            return serving(e.files)(asked);
        });
        CHECK(e.run() == row.error);
        CHECK(e.running.stats().pieces_verified == 2);
        auto const told = e.events();
        CHECK(finished_files(told) == std::vector<std::uint32_t>{0, 2});
        auto const missing = only<file_missing>(told);
        REQUIRE(missing.size() == 1);
        CHECK(missing[0].file == file_index{1});
        CHECK(missing[0].error == row.error);
        CHECK(missing[0].cause.url == "http://poor/t/b");
    }
}

TEST_CASE("a seed that asks for patience too often is given up with what it said")
{
    embedded e({{"f", letters(16)}});
    e.options.requesters_per_seed = 1;
    e.add_seed("busy", [](request const&) { return std::vector<step>{send_bytes{response("503 Busy", "", "")}}; });
    CHECK(e.run() == errc::overloaded);
    auto const told = only<seed_given_up>(e.events());
    REQUIRE(told.size() == 1);
    CHECK(told[0].error == errc::overloaded);
    CHECK(e.running.stats().seeds.at(0).failures == 0);
}

TEST_CASE("every request says who asks, in one line")
{
    struct
    {
        std::string set;
        std::string sent;
    } const rows[] = {
        {"", "webseed/"},
        {"my program/1", "my program/1"},
        {"mine\r\nX: y", "mineX: y"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.set);
        embedded e({{"f", letters(16)}});
        e.options.user_agent = row.set;
        std::string sent;
        e.add_seed("host", [&](request const& asked) {
            sent = asked.field("User-Agent");
            return serving(e.files)(asked);
        });
        CHECK(e.run() == error_code());
        CHECK(sent.starts_with(row.sent));
    }
}
