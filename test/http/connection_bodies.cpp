// Whole bodies: of one size, or of any size up to a limit.
#include "http/fetching.hpp"

#include <sstream>

using namespace webseed;
using namespace webseed::test;
using http::answer_kind;

namespace {

constexpr std::uint64_t size = 40;
char const chunked[] = "Transfer-Encoding: chunked\r\n";

std::string chunks_of(std::string const& body, std::size_t chunk_size)
{
    std::ostringstream text;
    for (std::size_t at = 0; at < body.size(); at += chunk_size)
    {
        auto const bytes = body.substr(at, chunk_size);
        text << std::hex << bytes.size() << "\r\n" << bytes << "\r\n";
    }
    text << "0\r\n\r\n";
    return text.str();
}

struct answered
{
    std::string answer;
    error_code error;
    std::string delivered;
    bool is_reusable = false;
};

void check_pieces(answer_kind kind, answered const& row, std::vector<step> steps)
{
    http_client client;
    client.serve({std::move(steps)});
    auto const got = client.fetch(http_client::request_of(kind, size));
    CHECK(got.error == row.error);
    CHECK(client.sink.text == row.delivered);
    CHECK(got.delivered == row.delivered.size());
    CHECK(client.requests.size() == 1);
    CHECK(client.requests[0].find("Range") == std::string::npos);
}

/// The answer whole, in two parts cut anywhere, and with the stream left open behind it.
void check(answer_kind kind, answered const& row)
{
    CAPTURE(row.answer);
    auto const gap = pause_for{std::chrono::nanoseconds(1)};
    check_pieces(kind, row, {send_bytes{row.answer}, end_stream{}});
    for (std::size_t at = 1; at < row.answer.size(); ++at)
    {
        CAPTURE(at);
        check_pieces(
            kind, row,
            {send_bytes{row.answer.substr(0, at)}, gap, send_bytes{row.answer.substr(at)}, gap, end_stream{}});
    }
    if (!row.is_reusable)
        return;
    http_client client;
    client.serve(row.answer);
    client.fetch(http_client::request_of(kind, size));
    CHECK(client.connection->is_open());
    client.fetch(http_client::request_of(kind, size));
    CHECK(client.world.net->connects() == 1);
}

} // namespace

TEST_CASE("a body of one size is right if it has that size, however its end is told")
{
    auto const body = content_of(size);
    auto const longer = body + "x";
    auto const shorter = body.substr(0, size - 1);
    for (auto const& row : {
             answered{response("200 OK", "", body), {}, body, true},
             answered{raw("200 OK", chunked, chunks_of(body, 7)), {}, body, true},
             answered{raw("200 OK", chunked, chunks_of(body, size)), {}, body, true},
             answered{raw("200 OK", "", body), {}, body},
             answered{"HTTP/1.0 200 OK\r\n\r\n" + body, {}, body},
             answered{response("200 OK", "", longer), errc::range_mismatch, ""},
             answered{response("200 OK", "", shorter), errc::range_mismatch, ""},
             answered{response("200 OK", "", ""), errc::range_mismatch, ""},
             answered{raw("200 OK", chunked, chunks_of(longer, 7)), errc::range_mismatch, body},
             answered{raw("200 OK", chunked, chunks_of(longer, 100)), errc::range_mismatch, body},
             answered{raw("200 OK", chunked, chunks_of(body + body + body, 100)), errc::range_mismatch, body},
             answered{raw("200 OK", chunked, chunks_of(shorter, 7)), errc::range_mismatch, shorter},
             answered{raw("200 OK", chunked, chunks_of("", 7)), errc::range_mismatch, ""},
             answered{raw("200 OK", "", longer), errc::range_mismatch, body},
             answered{raw("200 OK", "", shorter), errc::body_truncated, shorter},
             answered{raw("200 OK", "Content-Length: 40\r\n", shorter), errc::body_truncated, shorter},
             answered{response("206 OK", "Content-Range: bytes 0-39/40\r\n", body), errc::status_unexpected, "", true},
             answered{response("404 Not Found", "", "no"), errc::not_found, "", true},
         })
        check(answer_kind::exact, row);
}

TEST_CASE("of a body that is more than what is wanted the rest is passed over, however its end is told")
{
    auto const body = content_of(size);
    struct row
    {
        std::string answer;
        bool is_all_asked;
        error_code error;
        std::string delivered;
    };
    auto const part = body.substr(10, 5);
    for (auto const& row : {
             row{response("200 OK", "", body), false, {}, part},
             row{response("200 OK", "", part), false, {}, part},
             row{raw("200 OK", chunked, chunks_of(part, 2)), false, {}, part},
             row{raw("200 OK", chunked, chunks_of(body, 7)), false, errc::range_mismatch, body.substr(0, 5)},
             row{response("200 OK", "", body), true, {}, part},
             row{raw("200 OK", chunked, chunks_of(body, 7)), true, {}, part},
             row{raw("200 OK", chunked, chunks_of(body, 100)), true, {}, part},
             row{raw("200 OK", "", body), true, {}, part},
             row{raw("200 OK", chunked, chunks_of(body.substr(0, 12), 7)), true, errc::range_mismatch,
                 body.substr(10, 2)},
             row{response("200 OK", "", part), true, errc::range_mismatch, ""},
             row{raw("200 OK", chunked, chunks_of(body + "x", 7)), true, errc::range_mismatch, part},
             row{raw("200 OK", chunked, chunks_of(body.substr(0, 20), 7)), true, errc::range_mismatch, part},
             row{raw("200 OK", "", body + "x"), true, errc::range_mismatch, part},
             row{raw("200 OK", "", body.substr(0, 20)), true, errc::body_truncated, part},
         })
    {
        CAPTURE(row.answer);
        CAPTURE(row.is_all_asked);
        http_client client;
        client.serve({{send_bytes{row.answer}, end_stream{}}});
        auto asked = http_client::request_of({10, 5}, size);
        asked.kind = answer_kind::exact;
        asked.is_all_asked = row.is_all_asked;
        auto const got = client.fetch(asked);
        CHECK(got.error == row.error);
        CHECK(client.sink.text == row.delivered);
        CHECK(got.brought_all == (row.answer == response("200 OK", "", body) && !row.is_all_asked));
    }
}

TEST_CASE("a document may have any size up to the limit, however its end is told")
{
    auto const body = content_of(size);
    auto const longer = body + "x";
    auto const shorter = body.substr(0, 11);
    for (auto const& row : {
             answered{response("200 OK", "", body), {}, body, true},
             answered{response("200 OK", "", shorter), {}, shorter, true},
             answered{response("200 OK", "", ""), {}, "", true},
             answered{raw("200 OK", chunked, chunks_of(body, 7)), {}, body, true},
             answered{raw("200 OK", chunked, chunks_of(shorter, 7)), {}, shorter, true},
             answered{raw("200 OK", chunked, chunks_of("", 7)), {}, "", true},
             answered{raw("200 OK", "", body), {}, body},
             answered{raw("200 OK", "", shorter), {}, shorter},
             answered{raw("200 OK", "", ""), {}, ""},
             answered{response("200 OK", "", longer), errc::document_too_large, ""},
             answered{raw("200 OK", chunked, chunks_of(longer, 7)), errc::document_too_large, body},
             answered{raw("200 OK", "", longer), errc::document_too_large, body},
             answered{raw("200 OK", chunked, "7\r\n1234567\r\n"), errc::body_truncated, "1234567"},
             answered{raw("200 OK", "Content-Length: 12\r\n", shorter), errc::body_truncated, shorter},
             answered{response("401 Unauthorized", "", "no"), errc::unauthorized, "", true},
         })
        check(answer_kind::document, row);
}

TEST_CASE("a body that is longer than allowed closes the connection, small as it may be")
{
    for (auto const kind : {answer_kind::exact, answer_kind::document})
    {
        http_client client;
        client.serve(response("200 OK", "", content_of(size + 1)));
        CHECK(client.fetch(http_client::request_of(kind, size)).error);
        CHECK_FALSE(client.connection->is_open());
    }
}

TEST_CASE("a limit may be as large as numbers go")
{
    http_client client;
    client.serve(raw("200 OK", chunked, chunks_of(content_of(1000), 100)));
    auto const got =
        client.fetch(http_client::request_of(answer_kind::document, std::numeric_limits<std::uint64_t>::max()));
    CHECK_FALSE(got.error);
    CHECK(client.sink.text == content_of(1000));
    CHECK(client.connection->is_open());
}

TEST_CASE("what a 503 says is kept, as far as it is short, however it comes")
{
    struct row
    {
        std::string answer;
        std::string refusal;
    };
    auto const page = content_of(2000);
    for (auto const& row : {
             row{response("503 Service Unavailable", "", "30\n"), "30\n"},
             row{response("503 Service Unavailable", "Connection: close\r\n", "30"), "30"},
             row{raw("503 Service Unavailable", "", "30"), "30"},
             row{raw("503 Service Unavailable", chunked, chunks_of("30", 1)), "30"},
             row{raw("503 Service Unavailable", chunked, chunks_of(page, 100)), page.substr(0, 64)},
             row{raw("503 Service Unavailable", "", page), page.substr(0, 64)},
             row{response("503 Service Unavailable", "", page), page.substr(0, 64)},
             row{response("503 Service Unavailable", "Connection: close\r\n", page), ""},
             row{response("503 Service Unavailable", "", ""), ""},
             row{raw("503 Service Unavailable", "Content-Length: 3\r\n", "30"), "30"},
             row{response("429 Too Many Requests", "", "30"), ""},
         })
    {
        CAPTURE(row.answer);
        http_client client;
        client.serve({{send_bytes{row.answer}, end_stream{}}});
        auto const got = client.fetch(http_client::request_of(answer_kind::exact, size));
        CHECK(got.error == errc::overloaded);
        CHECK(got.refusal == row.refusal);
        CHECK(got.delivered == 0);
    }
}

TEST_CASE("a 503 that comes in chunks is read to its end, and leaves the connection open")
{
    http_client client;
    client.serve(raw("503 Service Unavailable", chunked, chunks_of("30", 1)));
    CHECK(client.fetch(http_client::request_of(answer_kind::exact, size)).refusal == "30");
    CHECK(client.connection->is_open());
}

TEST_CASE("a 503 without an end is a 503 all the same, in time")
{
    http_client client;
    client.serve({{send_bytes{raw("503 Service Unavailable", "", "30")}}});
    auto const got = client.fetch(http_client::request_of(answer_kind::exact, size));
    CHECK(got.error == errc::overloaded);
    CHECK(got.refusal == "30");
    CHECK_FALSE(client.connection->is_open());
}
