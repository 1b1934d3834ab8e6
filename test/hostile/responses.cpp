// Servers whose responses can't be used, by the rows of the table of threats.
#include "hostile/meeting.hpp"

#include "support/printing.hpp"

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

using content_text = std::string const&;

// The right head but for how long the body is, of which these fields tell; and this body.
server framed(std::string const& content, std::string fields, std::string body)
{
    return [content, fields = std::move(fields), body = std::move(body)](request const& asked) {
        auto bytes = range_response(asked, content);
        bytes.erase(bytes.find("Content-Length"));
        return std::vector<step>{send_bytes{bytes + fields + "\r\n" + body}};
    };
}

server chunks(std::string const& content, std::string body)
{
    return framed(content, "Transfer-Encoding: chunked\r\n", std::move(body));
}

std::string text_of(std::uint64_t first, std::uint64_t last, std::string const& total)
{
    return "bytes " + std::to_string(first) + '-' + std::to_string(last) + '/' + total;
}

} // namespace

TEST_CASE("H1: heads without an end, huge ones and floods of interim responses are given up at once")
{
    useless_kind const rows[] = {
        {"fields without an end", [](content_text) { return endless_head(); }, errc::head_too_large},
        {"one field without an end",
         [](content_text) {
             return [](request const&) {
                 return std::vector<step>{send_bytes{"HTTP/1.1 200 OK\r\nX: "}, repeat_bytes{std::string(1000, 'x')}};
             };
         },
         errc::head_too_large},
        {"a huge field",
         [](content_text content) { return with_field("X", std::string(100'000, 'x'), serve(content)); },
         errc::head_too_large},
        {"interim responses", [](content_text) { return interim_flood(); }, errc::response_invalid},
        {"no HTTP", [](content_text) { return raw("220 ready\r\n"); }, errc::response_invalid},
        {"no HTTP without an end",
         [](content_text) {
             return [](request const&) { return std::vector<step>{repeat_bytes{std::string(1000, '\0')}}; };
         },
         errc::response_invalid},
    };
    for (auto const& row : rows)
        check_useless(row);
}

TEST_CASE("H2: who brings a byte now and then, or none, is given up")
{
    useless_kind const rows[] = {
        {"never a word", [](content_text) { return stall(); }, errc::head_timed_out},
        {"a head in drops",
         [](content_text) {
             return [](request const&) {
                 return std::vector<step>{send_bytes{"HTTP/1.1 200 OK\r\nX: "}, repeat_bytes{"x", 1ms}};
             };
         },
         errc::head_timed_out},
        {"a body in drops", [](content_text content) { return drip(1, 1ms, serve(content)); }, errc::stalled},
        {"chunks in drops", [](content_text content) { return drip(1, 1ms, chunked(content)); }, errc::stalled},
        {"a body that stops", [](content_text content) { return stall_after(0, serve(content)); }, errc::stalled},
    };
    auto const hurry = [](meeting& m) {
        m.how.head_timeout = 200ms;
        m.how.stall_timeout = 200ms;
        m.how.stall_size_min = 4096;
    };
    for (auto const& row : rows)
        check_useless(row, hurry, true);
}

TEST_CASE("H2: a response may be given a time as a whole, however steadily it drips")
{
    useless_kind const rows[] = {
        {"a body", [](content_text content) { return drip(100, 5ms, serve(content)); }, errc::range_timed_out},
        {"chunks", [](content_text content) { return drip(100, 5ms, chunked(content)); }, errc::range_timed_out},
        {"no head", [](content_text) { return stall(); }, errc::range_timed_out},
    };
    auto const hurry = [](meeting& m) {
        m.how.stall_size_min = 1;
        m.how.range_timeout = 500ms;
    };
    for (auto const& row : rows)
        check_useless(row, hurry, true);
}

TEST_CASE("H3: another range than was asked for is never taken")
{
    auto const other = error_code(errc::range_mismatch);
    auto const nonsense = error_code(errc::response_invalid);
    auto const whole = [](std::size_t size) { return std::to_string(size); };
    struct
    {
        std::string what;
        std::function<std::string(byte_range, std::size_t)> claim;
        error_code error;
    } const rows[] = {
        {"begins later", [&](auto r, auto n) { return text_of(r.offset + 1, r.end() - 1, whole(n)); }, other},
        {"ends later", [&](auto r, auto n) { return text_of(r.offset, r.end(), whole(n + 1)); }, other},
        {"another size", [&](auto r, auto n) { return text_of(r.offset, r.end() - 1, whole(n + 1)); }, other},
        {"beyond its size", [](auto r, auto) { return text_of(r.offset, r.end() - 1, "10"); }, nonsense},
        {"backwards", [&](auto r, auto n) { return text_of(r.end(), r.offset, whole(n)); }, nonsense},
        {"no numbers", [](auto, auto) { return "bytes a-b/c"; }, nonsense},
        {"no range", [&](auto, auto n) { return "bytes */" + whole(n); }, nonsense},
        {"a size of 64 bits and more",
         [](auto r, auto) { return text_of(r.offset, r.end() - 1, "18446744073709851616"); }, nonsense},
        {"a start of 64 bits and more",
         [&](auto r, auto n) { return "bytes 18446744073709551616-" + whole(r.end() - 1) + '/' + whole(n); }, nonsense},
        {"negative", [&](auto r, auto n) { return "bytes -1-" + whole(r.end() - 1) + '/' + whole(n); }, nonsense},
        {"another unit", [&](auto r, auto n) { return "pieces" + text_of(r.offset, r.end() - 1, whole(n)).substr(5); },
         nonsense},
        {"nothing", [](auto, auto) { return std::string(); }, nonsense},
    };
    for (auto const& row : rows)
    {
        auto const made = [&](content_text content) { return claim_range(content, row.claim); };
        check_useless({row.what, made, row.error});
    }
}

TEST_CASE("H3: a 206 that doesn't say its range, has several, or bytes that nobody asked for")
{
    useless_kind const rows[] = {
        {"the bytes behind", [](content_text content) { return wrong_range(content); }, errc::range_mismatch},
        {"no Content-Range",
         [](content_text content) {
             return [content](request const& asked) {
                 auto const range = asked.range(content.size());
                 auto const body = content.substr(range.offset, range.size);
                 return std::vector<step>{send_bytes{response("206 Partial Content", "", body)}};
             };
         },
         errc::response_invalid},
        {"several parts",
         [](content_text content) {
             return with_field("Content-Type", "multipart/byteranges; boundary=b", serve(content));
         },
         errc::response_invalid},
    };
    for (auto const& row : rows)
        check_useless(row);
}

TEST_CASE("H4: who sends the whole file for a range is used where little must be skipped, and never written elsewhere")
{
    for (auto const size : {40'000u, 300'000u}) // less and more than what may be skipped
    {
        CAPTURE(size);
        meeting alone(size);
        alone.add(whole_file(alone.content));
        CHECK(alone.run() == error_code());
        CHECK(alone.has_content());
        CHECK(alone.last().seeds.at(0).failures == 0);
        CHECK(alone.last().bytes_received <= 2 * alone.content.size());
    }

    meeting both;
    both.add(whole_file(both.content));
    both.add(serve(both.content));
    CHECK(both.run() == error_code());
    CHECK(both.has_content());
    CHECK(both.last().seeds.at(0).bytes_received <= 4 * meeting::piece_length); // its first claim

    check_useless(
        {"another file", [](content_text content) { return whole_file(content + "more"); }, errc::range_mismatch});
}

TEST_CASE("H5: bodies that are too short, broken off, too long, or shouldn't be there")
{
    useless_kind const rows[] = {
        {"ends at once", [](content_text content) { return truncate_after(0, serve(content)); }, errc::body_truncated},
        {"no answer", [](content_text) { return hang_up(); }, errc::body_truncated},
        {"a reset", [](content_text) { return reset(); }, boost::asio::error::connection_reset},
        {"a body of no length, cut", [](content_text content) { return truncate_after(0, until_end(content)); },
         errc::body_truncated},
        {"chunks, cut", [](content_text content) { return truncate_after(10, chunked(content)); },
         errc::body_truncated},
        {"a length that is too long",
         [](content_text content) { return framed(content, "Content-Length: 1000000\r\n", content); },
         errc::response_invalid},
        {"two lengths", [](content_text content) { return with_field("Content-Length", "1", serve(content)); },
         errc::response_invalid},
        {"204 with a body", [](content_text content) { return status(204, {}, content); }, errc::status_unexpected},
        {"304 with a body", [](content_text content) { return status(304, {}, content); }, errc::status_unexpected},
    };
    for (auto const& row : rows)
        check_useless(row);
}

TEST_CASE("H5: what comes before a body is broken off is used, and the rest fetched")
{
    meeting m;
    auto const& server = m.add(truncate_after(3 * meeting::piece_length / 2, serve(m.content)));
    m.how.claim_size_max = 2 * meeting::piece_length;
    m.how.claim_size_first = m.how.claim_size_max;
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().bytes_received == m.content.size());
    CHECK(server.connections() > 1);
}

TEST_CASE("H6: chunks that no right server would send")
{
    useless_kind const rows[] = {
        {"no number", [](content_text content) { return chunks(content, "zz\r\nabc\r\n0\r\n\r\n"); },
         errc::response_invalid},
        {"a size of 64 bits and more",
         [](content_text content) { return chunks(content, "10000000000000000\r\nabc\r\n0\r\n\r\n"); },
         errc::response_invalid},
        {"a negative size", [](content_text content) { return chunks(content, "-3\r\nabc\r\n0\r\n\r\n"); },
         errc::response_invalid},
        {"a huge extension",
         [](content_text content) {
             return chunks(content, "3;" + std::string(1'000'000, 'x') + "\r\nabc\r\n0\r\n\r\n");
         },
         errc::response_invalid},
        {"no end of a chunk", [](content_text content) { return chunks(content, "3\r\nabcdefg\r\n0\r\n\r\n"); },
         errc::response_invalid},
        {"a length, too", [](content_text content) { return with_field("Content-Length", "5", chunked(content)); },
         errc::response_invalid},
        {"chunks of chunks",
         [](content_text content) { return with_field("Transfer-Encoding", "gzip", chunked(content)); },
         errc::response_invalid},
    };
    for (auto const& row : rows)
        check_useless(row);
}

TEST_CASE("H7: nothing that is said to be compressed is taken")
{
    for (auto const* const coding : {"gzip", "deflate", "br", "gzip, gzip, gzip, gzip", "x-unknown"})
        check_useless(
            {coding, [&](content_text content) { return with_field("Content-Encoding", coding, serve(content)); },
             errc::encoding_refused});
    check_useless(
        {"a bomb",
         [](content_text) {
             return [](request const& asked) {
                 auto const range = asked.range(1);
                 auto const head = "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Range: " +
                                   text_of(range.offset, range.end() - 1, "300000") + "\r\n\r\n";
                 return std::vector<step>{send_bytes{head}, repeat_bytes{std::string(16'000, '\0')}};
             };
         },
         errc::encoding_refused});
    meeting plain;
    plain.add(with_field("Content-Encoding", "identity", serve(plain.content)));
    CHECK(plain.run() == error_code());
}

TEST_CASE("H8: wrong bytes are never said to be verified, nor asked for again where they came from")
{
    auto corrupted = [](std::string content) {
        for (std::size_t at = 100; at < content.size(); at += meeting::piece_length)
            content[at] = '!';
        return content;
    };
    useless_kind const rows[] = {
        {"a wrong byte in each piece", [&](content_text content) { return serve(corrupted(content)); },
         errc::no_correct_data},
        {"another version", [](content_text content) { return serve(std::string(content.size(), 'x')); },
         errc::no_correct_data},
        {"pieces in another order",
         [](content_text content) {
             auto const half = 9 * meeting::piece_length;
             return serve(content.substr(half) + content.substr(0, half));
         },
         errc::no_correct_data},
        {"random bytes without an end", [](content_text) { return endless_body(); }, errc::range_mismatch},
    };
    for (auto const& row : rows)
        check_useless(row);
}

TEST_CASE("H8: one wrong piece costs that piece, and nobody else is blamed")
{
    meeting m;
    auto content = m.content;
    content[7] = '!';
    m.how.seed_bad_piece_count_max = 5;
    m.add(serve(content));
    m.add_honest();
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    CHECK(m.last().seeds.at(0).pieces_bad == 1);
    CHECK(m.last().seeds.at(0).state == seed_state::ready);
    CHECK(m.last().seeds.at(1).pieces_bad == 0);
    CHECK(m.last().bytes_wasted == meeting::piece_length);
}

TEST_CASE("H12: whatever a busy server says of how long to wait, it is asked again")
{
    for (auto const* const wait :
         {"99999999999999999999", "-1", "", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"})
        for (auto const code : {429u, 503u})
        {
            CAPTURE(wait);
            CAPTURE(code);
            meeting m;
            m.add(first(status(code, {{"Retry-After", wait}})).then(serve(m.content)));
            CHECK(m.run() == error_code());
            CHECK(m.has_content());
            CHECK(m.told_of(0) == errc::overloaded);
        }
}

TEST_CASE("H12: while a host wants to be left alone, no seed of it is asked, and the others are")
{
    using clock = std::chrono::steady_clock;
    std::vector<clock::time_point> asked_at;
    meeting m;
    auto const busy = first(status(503, {{"Retry-After", "1"}})).then(serve(m.content));
    auto const& host = m.add([&, busy](request const& asked) {
        asked_at.push_back(clock::now());
        return busy(asked);
    });
    auto const& other = m.add(drip(meeting::piece_length, 100ms, serve(m.content)));
    m.how.more_torrent_seeds = {host.url("/g")}; // a second seed on the same host
    m.how.retry_after_max = 10s;
    m.engine_how.host_requests_max = 1;
    CHECK(m.run() == error_code());
    CHECK(m.has_content());
    REQUIRE(asked_at.size() >= 2);
    CHECK(asked_at[1] - asked_at[0] >= 1s);
    CHECK(other.requests() > 1);
}
