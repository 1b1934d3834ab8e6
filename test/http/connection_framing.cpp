// How a response is cut out of a stream of bytes.
#include "http/fetching.hpp"

#include <boost/asio/error.hpp>

#include <sstream>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;

namespace {

constexpr byte_range first_bytes{0, 40};
constexpr std::uint64_t file_size = 60;
char const part_fields[] = "Content-Range: bytes 0-39/60\r\n";
char const chunked_fields[] = "Content-Range: bytes 0-39/60\r\nTransfer-Encoding: chunked\r\n";

std::string chunk(std::string const& bytes, std::string const& extension = {})
{
    std::ostringstream text;
    text << std::hex << bytes.size() << extension << "\r\n" << bytes << "\r\n";
    return text.str();
}

std::string part()
{
    return content_of(file_size).substr(0, first_bytes.size);
}

/// What came of a response, in a form that can be compared and printed.
std::string outcome_of(std::vector<step> steps)
{
    http_client client;
    client.serve({std::move(steps)});
    auto const got = client.fetch(first_bytes, file_size);
    CHECK(got.delivered == client.sink.text.size());
    CHECK(client.connection->is_open() == (client.world.net->live_streams() == 1));
    CHECK(got.connects == 1);
    return std::to_string(got.status) + ' ' + got.error.message() + ": " + client.sink.text;
}

std::string outcome_of(std::string const& answer)
{
    return outcome_of({send_bytes{answer}, end_stream{}});
}

std::string good(std::string const& status = "206")
{
    return status + ' ' + error_code().message() + ": " + part();
}

std::string bad(std::string const& status, error_code error, std::string const& delivered = {})
{
    return status + ' ' + error.message() + ": " + delivered;
}

struct answered
{
    std::string answer;
    std::string outcome;
};

std::vector<answered> assorted_answers()
{
    auto const bytes = part();
    auto const whole = content_of(file_size);
    auto const two_chunks = chunk(bytes.substr(0, 17), ";a=b;c=\"d;e\"") + chunk(bytes.substr(17));
    auto const interims = std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    return {
        {partial(first_bytes, whole), good()},
        {interims + partial(first_bytes, whole), good()},
        {response("200 OK", "", whole), good("200")},
        {raw("200 OK", "", whole), good("200")},
        {raw("206 Partial Content", part_fields, bytes), good()},
        {raw("206 Partial Content", part_fields, bytes.substr(0, 39)),
         bad("206", errc::body_truncated, bytes.substr(0, 39))},
        {raw("206 Partial Content", chunked_fields, two_chunks + "0\r\n\r\n"), good()},
        {raw("206 Partial Content", chunked_fields, two_chunks + "0;x\r\nA: b\r\nC: d\r\n\r\n"), good()},
        {raw("206 Partial Content", chunked_fields, two_chunks + "5\r\nextra\r\n0\r\n\r\n"), good()},
        {raw("206 Partial Content", chunked_fields, two_chunks + "nonsense"), good()},
        {raw("206 Partial Content", chunked_fields, chunk(bytes + "surplus") + "0\r\n\r\n"), good()},
        {raw("206 Partial Content", chunked_fields, chunk(bytes.substr(0, 10)) + "0\r\n\r\n"),
         bad("206", errc::body_truncated, bytes.substr(0, 10))},
        {raw("206 Partial Content", chunked_fields, chunk(bytes.substr(0, 10)) + "0\r\nA: b\r\n"),
         bad("206", errc::body_truncated, bytes.substr(0, 10))},
        {raw("206 Partial Content", chunked_fields, "0\r\n\r\n"), bad("206", errc::body_truncated)},
        {raw("206 Partial Content", chunked_fields, "0\r\nA: b\r\n\r\n"), bad("206", errc::body_truncated)},
        {raw("206 Partial Content", chunked_fields, "0\r\n"), bad("206", errc::body_truncated)},
        {raw("206 Partial Content", chunked_fields, chunk(bytes.substr(0, 10)) + "zz\r\n"),
         bad("206", errc::response_invalid, bytes.substr(0, 10))},
        {raw("206 Partial Content", chunked_fields, "14\r\n0123456789\r\n0\r\n\r\n"),
         bad("206", errc::body_truncated, "0123456789\r\n0\r\n\r\n")},
        {raw("404 Not Found", "Content-Length: 5\r\n", "12345"), bad("404", errc::not_found)},
        {raw("206 Partial Content", "Content-Range: bytes 1-40/60\r\n", bytes), bad("206", errc::range_mismatch)},
        {"HTTP/1.1 206\nContent-Range: bytes 0-39/60\n\n" + bytes, bad("0", errc::response_invalid)},
        {"220 ftp ready\r\n", bad("0", errc::response_invalid)},
        {"\r\n" + partial(first_bytes, whole), bad("0", errc::response_invalid)},
        {"HTTP/2 206 OK\r\n", bad("0", errc::response_invalid)},
        {"HTTP/1.1 206 OK\r\nA: b\nC: d\r\n\r\n", bad("0", errc::response_invalid)},
        {"HTTP/1.1 206 OK\r\nA\r\n\r\n", bad("0", errc::response_invalid)},
        {"HTTP/1.1 2x6 OK\r\n\r\n", bad("0", errc::response_invalid)},
        {"HTTP/1.1 206 Partial", bad("0", errc::body_truncated)},
        {"", bad("0", errc::body_truncated)},
    };
}

} // namespace

TEST_CASE("what comes of a response doesn't depend on the pieces it arrives in")
{
    auto const gap = pause_for{std::chrono::nanoseconds(1)};
    for (auto const& [answer, outcome] : assorted_answers())
    {
        CAPTURE(answer);
        auto const expected = outcome_of(answer);
        CHECK(expected == outcome);
        for (std::size_t at = 1; at < answer.size(); ++at)
        {
            CAPTURE(at);
            std::vector<step> const halves{
                send_bytes{answer.substr(0, at)}, gap, send_bytes{answer.substr(at)}, gap, end_stream{}};
            REQUIRE(outcome_of(halves) == expected);
        }
        std::vector<step> bytes;
        for (auto const byte : answer)
        {
            bytes.push_back(send_bytes{std::string(1, byte)});
            bytes.push_back(gap);
        }
        bytes.push_back(end_stream{});
        CHECK(outcome_of(bytes) == expected);
    }
}

TEST_CASE("a body that is cut off keeps what came, and says so")
{
    struct row
    {
        step end;
        error_code error;
    };
    for (auto const& row :
         {row{end_stream{}, errc::body_truncated},
          row{reset_stream{}, asio::error::make_error_code(asio::error::connection_reset)}})
    {
        auto const answer = partial(first_bytes, content_of(file_size));
        CHECK(
            outcome_of({send_bytes{answer.substr(0, answer.size() - 1)}, row.end}) ==
            bad("206", row.error, part().substr(0, 39)));
        CHECK(outcome_of({send_bytes{answer.substr(0, 30)}, row.end}) == bad("0", row.error));
        CHECK(outcome_of({row.end}) == bad("0", row.error));
    }
}

TEST_CASE("bytes behind the body are not delivered, and spoil the connection")
{
    auto const whole = content_of(file_size);
    for (auto const& answer :
         {partial(first_bytes, whole) + "x", partial(first_bytes, whole) + whole,
          partial(first_bytes, whole) + partial(first_bytes, std::string(file_size, '?')),
          raw("206 Partial Content", chunked_fields, chunk(part()) + "0\r\n\r\nx")})
    {
        CAPTURE(answer);
        for (auto const pause : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(1)})
        {
            http_client client;
            auto const at = answer.find("\r\n\r\n") + 4;
            client.serve({{send_bytes{answer.substr(0, at)}, pause_for{pause}, send_bytes{answer.substr(at)}}});
            for (int i = 0; i != 3; ++i)
            {
                CHECK_FALSE(client.fetch(first_bytes, file_size).error);
                CHECK(client.sink.text == part());
            }
            CHECK(client.world.net->connects() == 3);
        }
    }
}

TEST_CASE("a chunked body that says nonsense is refused")
{
    auto const bytes = part();
    auto const long_extension = ";" + std::string(17 * 1024, 'x');
    for (auto const& body : {
             std::string("zz\r\n") + bytes,
             std::string("\r\n") + bytes,
             std::string("-1\r\n") + bytes,
             std::string(" 28\r\n") + bytes,
             std::string("10000000000000000\r\n") + bytes,         // 2^64
             std::string("fffffffffffffffffffffff28\r\n") + bytes, // 40 in the last 64 bits
             "28" + long_extension + "\r\n" + bytes + "\r\n0\r\n\r\n",
             "28;=\r\n" + bytes,
             std::string("2") + std::string(20'000, '0'),
         })
    {
        CAPTURE(body.substr(0, 30));
        CHECK(outcome_of(raw("206 Partial Content", chunked_fields, body)) == bad("206", errc::response_invalid));
    }
    // Until the line ends, or the trailer of what would be the last chunk, it might still be something.
    for (auto const* const size : {"28\n", "28 \n", "0x28\r\n"})
        CHECK(outcome_of(raw("206 Partial Content", chunked_fields, size + bytes)) == bad("206", errc::body_truncated));
    // 2^64 - 1 is a size; the body just isn't that long.
    CHECK(
        outcome_of(raw("206 Partial Content", chunked_fields, "ffffffffffffffff\r\n" + bytes.substr(0, 39))) ==
        bad("206", errc::body_truncated, bytes.substr(0, 39)));
    auto const endless_trailer = chunk(bytes.substr(0, 39)) + "0\r\n" + "A: " + std::string(70'000, 'a');
    CHECK(
        outcome_of(raw("206 Partial Content", chunked_fields, endless_trailer)) ==
        bad("206", errc::response_invalid, bytes.substr(0, 39)));
}

TEST_CASE("the start of a long chunked file is enough where that is all that was wanted")
{
    auto const whole = content_of(200'000);
    std::string chunks;
    for (std::size_t at = 0; at < whole.size(); at += 500)
        chunks += chunk(whole.substr(at, 500));
    for (auto const pause : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(1)})
    {
        http_client client;
        client.serve(
            {{send_bytes{raw("200 OK", "Transfer-Encoding: chunked\r\n", "")}, pause_for{pause}, send_bytes{chunks}}});
        auto const got = client.fetch({0, 1000}, whole.size());
        CHECK_FALSE(got.error);
        CHECK(client.sink.text == whole.substr(0, 1000));
        CHECK_FALSE(client.connection->is_open());
    }
}

TEST_CASE("a chunked body of many chunks is put together, and leaves the connection open")
{
    auto const whole = content_of(100'000);
    for (auto const size : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{33'000}, whole.size()})
    {
        CAPTURE(size);
        std::string body;
        for (std::size_t at = 0; at < whole.size(); at += size)
            body += chunk(whole.substr(at, size), at % 5 == 0 ? ";x=y" : "");
        http_client client;
        client.serve({{send_bytes{raw("200 OK", "Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n")}}});
        auto const got = client.fetch({0, whole.size()}, whole.size());
        CHECK_FALSE(got.error);
        CHECK(client.sink.text == whole);
        CHECK(client.connection->is_open());
    }
}

TEST_CASE("a value may stand on several lines, and a trailer says nothing of the response")
{
    auto const folded = std::string("Content-Range:\r\n bytes\r\n\t0-39/60\r\n"
                                    "Last-Modified: Sun, 06 Nov\r\n 1994 08:49:37 GMT\r\nContent-Length: 40\r\n");
    auto const trailer = "0\r\nETag: \"v1\"\r\nContent-Range: bytes 20-59/60\r\nRetry-After: 7\r\n\r\n";
    http_client client;
    client.serve(
        {{send_bytes{raw("206 Partial Content", folded, part())}},
         {send_bytes{raw("206 Partial Content", chunked_fields, chunk(part()) + trailer)}}});
    auto const got = client.fetch(first_bytes, file_size);
    CHECK_FALSE(got.error);
    CHECK(got.validator == "Sun, 06 Nov 1994 08:49:37 GMT");
    auto const chunked = client.fetch(first_bytes, file_size);
    CHECK_FALSE(chunked.error);
    CHECK(client.sink.text == part());
    CHECK(chunked.validator.empty());
    CHECK_FALSE(chunked.retry_after);
}

TEST_CASE("a length and chunks together, or two lengths, are refused")
{
    for (auto const* const fields : {
             "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 40\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
             "Content-Length: 40\r\nContent-Length: 41\r\n",
             "Content-Length: 40, 41\r\n",
             "Content-Length: -40\r\n",
             "Content-Length: +40\r\n",
             "Content-Length: 18446744073709551656\r\n",
             "Content-Length: \r\n",
             "Content-Length: 0x28\r\n",
             "Content-Length : 40\r\n",
             "No colon\r\n",
             ": 40\r\n",
             "A\1: 40\r\n",
         })
    {
        CAPTURE(fields);
        auto const answer = raw("206 Partial Content", part_fields + std::string(fields), chunk(part()));
        CHECK(outcome_of(answer) == bad("0", errc::response_invalid));
    }
    auto const twice = raw("206 OK", part_fields + std::string("Content-Length: 40\r\nContent-Length: 40\r\n"), part());
    CHECK(outcome_of(twice) == good());
}

TEST_CASE("a body without a length goes on until the server closes, and the connection with it")
{
    auto const whole = content_of(file_size);
    CHECK(outcome_of(raw("200 OK", "", whole)) == good("200"));
    CHECK(outcome_of("HTTP/1.0 200 OK\r\n\r\n" + whole) == good("200"));
    CHECK(outcome_of("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n" + whole) == good("200"));
    CHECK(
        outcome_of(raw("200 OK", "", part().substr(0, 20))) == bad("200", errc::body_truncated, part().substr(0, 20)));
    http_client client;
    client.serve({{send_bytes{raw("200 OK", "", whole)}}});
    CHECK_FALSE(client.fetch({0, file_size}, file_size).error);
    CHECK_FALSE(client.connection->is_open());
}

TEST_CASE("a few interim responses are passed over, a flood or a switch of protocols is refused")
{
    auto const last = partial(first_bytes, content_of(file_size));
    auto const interims = [](int count) {
        std::string text;
        for (int i = 0; i != count; ++i)
            text += "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        return text;
    };
    CHECK(outcome_of(interims(8) + last) == good());
    CHECK(outcome_of(interims(9) + last) == bad("0", errc::response_invalid));
    CHECK(outcome_of("HTTP/1.1 101 Switching Protocols\r\n\r\n" + last) == bad("0", errc::response_invalid));
    CHECK(outcome_of("HTTP/1.1 099 What\r\n\r\n" + last) == bad("0", errc::response_invalid));
}

TEST_CASE("a head may have 16 KiB, however it arrives")
{
    auto const head_of = [](std::size_t size, std::size_t line) {
        auto text = "HTTP/1.1 206 OK\r\nContent-Length: 40\r\n" + std::string(part_fields);
        while (text.size() + 2 < size)
        {
            auto const room = size - text.size() - 2;
            auto const length = room < line + 5 ? room : line;
            text += "A: " + std::string(length - 5, 'a') + "\r\n";
        }
        text += "\r\n";
        REQUIRE(text.size() == size);
        return text;
    };
    for (auto const line : {std::size_t{170}, std::size_t{5000}, std::size_t{100'000}})
    {
        CAPTURE(line);
        for (auto const piece : {std::size_t{100}, std::size_t{1000}, std::size_t{15'000}, std::size_t{1'000'000}})
        {
            CAPTURE(piece);
            auto const outcome_in_pieces = [&](std::size_t size) {
                auto const answer = head_of(size, line) + part();
                std::vector<step> steps;
                for (std::size_t at = 0; at < answer.size(); at += piece)
                {
                    steps.push_back(send_bytes{answer.substr(at, piece)});
                    steps.push_back(pause_for{std::chrono::nanoseconds(1)});
                }
                return outcome_of(steps);
            };
            CHECK(outcome_in_pieces(16 * 1024) == good());
            CHECK(outcome_in_pieces(16 * 1024 + 1) == bad("0", errc::head_too_large));
            CHECK(outcome_in_pieces(40'000) == bad("0", errc::head_too_large));
        }
    }
}

TEST_CASE("a head may have a hundred fields, those of interim heads counted")
{
    auto const fields = [](int count) {
        std::string text;
        for (int i = 0; i != count; ++i)
            text += "A: b\r\n";
        return text;
    };
    auto const answer = raw("206 OK", part_fields + std::string("Content-Length: 40\r\n"), part());
    auto const with = [&](int interim, int last) {
        auto const begin = answer.find("\r\n") + 2;
        return raw("103 Early Hints", fields(interim), "") + answer.substr(0, begin) + fields(last) +
               answer.substr(begin);
    };
    CHECK(outcome_of(with(0, 98)) == good());
    CHECK(outcome_of(with(0, 99)) == bad("0", errc::head_too_large));
    CHECK(outcome_of(with(60, 38)) == good());
    CHECK(outcome_of(with(60, 39)) == bad("0", errc::head_too_large));
    CHECK(outcome_of(with(101, 0)) == bad("0", errc::head_too_large));
}

TEST_CASE("heads that never end are given up at the limit")
{
    std::string const lines = "HTTP/1.1 206 OK\r\n";
    std::string more;
    while (more.size() < 100'000)
        more += "A: b\r\n";
    CHECK(outcome_of(lines + more) == bad("0", errc::head_too_large));
    CHECK(outcome_of(lines + "A: " + std::string(100'000, 'a')) == bad("0", errc::head_too_large));
    CHECK(outcome_of("HTTP/1.1 206 " + std::string(100'000, 'a')) == bad("0", errc::head_too_large));
}
