#include "http/fetching.hpp"

#include <boost/asio/error.hpp>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;

namespace {

constexpr byte_range in_the_middle{1000, 500};

} // namespace

TEST_CASE("a request is exactly these lines")
{
    http_client client;
    auto const content = content_of(5000);
    client.serve(partial(in_the_middle, content));
    client.fetch(in_the_middle, content.size());
    REQUIRE(client.requests.size() == 1);
    CHECK(
        client.requests[0] ==
        "GET /file HTTP/1.1\r\nHost: seed\r\nUser-Agent: tester/1\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
        "Range: bytes=1000-1499\r\n");
}

TEST_CASE("a whole file is asked for without a range, and may come as a 206 all the same")
{
    auto const content = content_of(5000);
    for (auto const& answer : {response("200 OK", "", content), partial({0, 5000}, content)})
    {
        http_client client;
        client.serve(answer);
        auto const got = client.fetch({0, content.size()}, content.size());
        CHECK_FALSE(got.error);
        CHECK(client.sink.text == content);
        CHECK(client.requests[0].find("Range") == std::string::npos);
        CHECK(client.connection->is_open());
    }
}

TEST_CASE("a range is delivered, and counted")
{
    http_client client;
    auto const content = content_of(400'000);
    byte_range const range{100'000, 250'000};
    client.serve(partial(range, content));
    auto const got = client.fetch(range, content.size());
    CHECK_FALSE(got.error);
    CHECK(got.status == 206);
    CHECK(got.delivered == range.size);
    CHECK(got.received == range.size);
    CHECK(got.connects == 1);
    CHECK(got.requests == 1);
    CHECK_FALSE(got.retry_after);
    CHECK(client.sink.text == content.substr(range.offset, range.size));
    CHECK(client.connection->is_open());
}

TEST_CASE("a 206 that ends before the range does is a success with less")
{
    http_client client;
    auto const content = content_of(5000);
    client.serve(partial({1000, 200}, content));
    auto const got = client.fetch(in_the_middle, content.size());
    CHECK_FALSE(got.error);
    CHECK(got.delivered == 200);
    CHECK(client.sink.text == content.substr(1000, 200));
    CHECK(client.connection->is_open());
}

TEST_CASE("a 206 with other bytes than asked for delivers nothing and closes the connection")
{
    struct row
    {
        std::string fields;
        errc error;
    };
    for (auto const& row : {
             row{"Content-Range: bytes 0-499/5000\r\n", errc::range_mismatch},
             row{"Content-Range: bytes 1001-1500/5000\r\n", errc::range_mismatch},
             row{"Content-Range: bytes 1000-1500/5000\r\n", errc::range_mismatch},
             row{"Content-Range: bytes 1000-1499/5001\r\n", errc::range_mismatch},
             row{"Content-Range: bytes 1499-1000/5000\r\n", errc::response_invalid},
             row{"Content-Range: bytes 1000-18446744073709551616/5000\r\n", errc::response_invalid},
             row{"Content-Range: bytes 1000-1498/5000\r\n", errc::response_invalid}, // the length says 500
             row{"Content-Range: bytes 1000-1499/5000\r\nContent-Range: bytes 0-499/5000\r\n", errc::response_invalid},
             row{"Content-Type: multipart/byteranges; boundary=b\r\n", errc::response_invalid},
             row{"", errc::response_invalid},
         })
    {
        CAPTURE(row.fields);
        http_client client;
        client.serve(
            {{send_bytes{raw("206 Partial Content", "Content-Length: 500\r\n" + row.fields, content_of(499))}}});
        auto const got = client.fetch(in_the_middle, 5000);
        CHECK(got.error == row.error);
        CHECK(got.status == 206);
        CHECK(got.delivered == 0);
        CHECK(client.sink.text.empty());
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("of a 200 the bytes in front of a near range are thrown away")
{
    http_client client;
    auto const content = content_of(200'000);
    client.serve(response("200 OK", "", content));
    byte_range const range{http::skip_size_max, 60'000};
    auto const got = client.fetch(range, content.size());
    CHECK_FALSE(got.error);
    CHECK(got.status == 200);
    CHECK(got.delivered == range.size);
    CHECK(got.received == range.end());
    CHECK(client.sink.text == content.substr(range.offset, range.size));
    CHECK_FALSE(client.connection->is_open()); // the rest of the file is still to come
}

TEST_CASE("a 200 that ends where the range does leaves the connection open")
{
    http_client client;
    auto const content = content_of(5000);
    client.serve(response("200 OK", "", content));
    auto const got = client.fetch({1000, 4000}, content.size());
    CHECK_FALSE(got.error);
    CHECK(client.sink.text == content.substr(1000));
    CHECK(client.connection->is_open());
}

TEST_CASE("a 200 for a far range or of another file is not read")
{
    struct row
    {
        std::uint64_t offset;
        std::size_t size;
        errc error;
    };
    for (auto const row :
         {row{http::skip_size_max + 1, 200'000, errc::range_ignored}, row{0, 199'999, errc::range_mismatch},
          row{0, 0, errc::range_mismatch}})
    {
        CAPTURE(row.size);
        http_client client;
        client.serve(response("200 OK", "", content_of(row.size)));
        auto const got = client.fetch({row.offset, 100}, 200'000);
        CHECK(got.error == row.error);
        CHECK(got.status == 200);
        CHECK(got.received == 0);
        CHECK(client.sink.text.empty());
    }
}

TEST_CASE("a 200 for a far range is read in vain up to there if that is wished, and the sink is told")
{
    auto const content = content_of(300'000);
    auto const in_a_chunk =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + content + "\r\n0\r\n\r\n";
    for (auto const& answer : {response("200 OK", "", content), in_a_chunk})
    {
        http_client client;
        client.serve(answer);
        client.sink.read_size_max = 10'000; // as a limit of the rate
        auto request = client.request_of({250'000, 100}, content.size());
        request.skip_max = 250'000;
        auto const got = client.fetch(request);
        CHECK_FALSE(got.error);
        CHECK(got.delivered == 100);
        CHECK(client.sink.text == content.substr(250'000, 100));
        CHECK(client.sink.skipped_size == 250'000);
        CHECK(client.sink.largest_skipped <= 10'000);
        CHECK_FALSE(client.connection->is_open());
    }
}

TEST_CASE("a status that brings nothing says why")
{
    struct row
    {
        char const* status;
        errc error;
    };
    for (auto const& row : {
             row{"404 Not Found", errc::not_found},
             row{"410 Gone", errc::not_found},
             row{"416 Range Not Satisfiable", errc::not_found},
             row{"451 Unavailable For Legal Reasons", errc::not_found},
             row{"401 Unauthorized", errc::unauthorized},
             row{"403 Forbidden", errc::unauthorized},
             row{"407 Proxy Authentication Required", errc::unauthorized},
             row{"429 Too Many Requests", errc::overloaded},
             row{"503 Service Unavailable", errc::overloaded},
             row{"500 Oh", errc::status_unexpected},
             row{"502 Bad Gateway", errc::status_unexpected},
             row{"301 Moved Permanently", errc::redirect_refused},
             row{"302 Found", errc::redirect_refused}, // without a Location
             row{"307 Temporary Redirect", errc::redirect_refused},
             row{"300 Multiple Choices", errc::status_unexpected},
             row{"305 Use Proxy", errc::status_unexpected},
             row{"299 ", errc::status_unexpected},
         })
    {
        CAPTURE(row.status);
        for (auto const size : {std::size_t{0}, std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1}})
        {
            CAPTURE(size);
            http_client client;
            client.serve(response(row.status, "Content-Range: bytes */5000\r\n", content_of(size)));
            auto const got = client.fetch(in_the_middle, 5000);
            CHECK(got.error == row.error);
            CHECK(std::to_string(got.status) == std::string(row.status).substr(0, 3));
            CHECK(client.sink.text.empty());
            CHECK(got.delivered == 0);
            // A small page is read and thrown away: that costs less than a new connection.
            CHECK(client.connection->is_open() == (size <= 16 * 1024));
        }
    }
}

TEST_CASE("an error page of unknown length, or on a connection that ends, is not read")
{
    for (auto const* const fields :
         {"", "Transfer-Encoding: chunked\r\n", "Connection: close\r\nContent-Length: 5\r\n"})
    {
        CAPTURE(fields);
        http_client client;
        client.serve({{send_bytes{raw("404 Not Found", fields, "")}}});
        auto const start = client.world.time->now();
        CHECK(client.fetch(in_the_middle, 5000).error == errc::not_found);
        CHECK(client.world.net->live_streams() == 0);
        CHECK(client.world.time->now() == start);
    }
}

TEST_CASE("an error page that is cut short, or never comes, still says what its head said")
{
    std::vector<std::vector<step>> const ends{{end_stream{}}, {reset_stream{}}, {}};
    for (auto const& end : ends)
    {
        http_client client;
        std::vector<step> steps{send_bytes{raw("410 Gone", "Content-Length: 10\r\n", "12345")}};
        steps.insert(steps.end(), end.begin(), end.end());
        client.serve({steps});
        auto const got = client.fetch(in_the_middle, 5000);
        CHECK(got.error == errc::not_found);
        CHECK(got.status == 410);
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("a status without a body has none, whatever its length says")
{
    for (auto const* const status : {"204 No Content", "304 Not Modified"})
    {
        CAPTURE(status);
        http_client client;
        client.serve({{send_bytes{raw(status, "Content-Length: 100\r\n", "")}}});
        auto const start = client.world.time->now();
        CHECK(client.fetch(in_the_middle, 5000).error == errc::status_unexpected);
        CHECK(client.world.time->now() == start);
        CHECK(client.connection->is_open());
    }
}

TEST_CASE("an overloaded server's Retry-After is handed on")
{
    struct row
    {
        char const* field;
        std::optional<std::chrono::seconds> wait;
    };
    for (auto const& row : {
             row{"Retry-After: 120\r\n", std::chrono::seconds(120)},
             row{"retry-after:   7  \r\n", std::chrono::seconds(7)},
             row{"Retry-After: 1000000000000000000\r\n", std::chrono::seconds(3'153'600'000)},
             row{"Retry-After: 99999999999999999999999\r\n", std::chrono::seconds(3'153'600'000)},
             row{"Retry-After: soon\r\n", std::nullopt},
             row{"Retry-After: -5\r\n", std::nullopt},
             row{"Retry-After: 5\r\nRetry-After: 50\r\n", std::nullopt},
             row{"", std::nullopt},
         })
    {
        for (auto const* const status : {"429 Too Many Requests", "503 Service Unavailable"})
        {
            CAPTURE(row.field);
            http_client client;
            client.serve(response(status, row.field, "patience"));
            auto const got = client.fetch(in_the_middle, 5000);
            CHECK(got.error == errc::overloaded);
            CHECK(got.retry_after == row.wait);
        }
    }
}

TEST_CASE("a body in a Content-Encoding is refused, in none at all it is taken")
{
    struct row
    {
        char const* field;
        bool is_good;
    };
    for (auto const& row : {
             row{"Content-Encoding: identity\r\n", true},
             row{"content-encoding: Identity\r\n", true},
             row{"Content-Encoding: gzip\r\n", false},
             row{"Content-Encoding: gzip, gzip, gzip\r\n", false},
             row{"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", false},
             row{"Transfer-Encoding: gzip\r\n", false},
             row{"Transfer-Encoding: gzip, chunked\r\n", false},
             row{"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", false},
         })
    {
        CAPTURE(row.field);
        http_client client;
        auto const content = content_of(5000);
        auto const fields = std::string("Content-Range: bytes 1000-1499/5000\r\n") + row.field;
        client.serve({{send_bytes{raw("206 Partial Content", fields, content.substr(1000, 500))}, end_stream{}}});
        auto const got = client.fetch(in_the_middle, content.size());
        CHECK(got.delivered == (row.is_good ? 500 : 0));
        CHECK(got.error == (row.is_good ? error_code() : error_code(errc::encoding_refused)));
        CHECK_FALSE(client.connection->is_open());
    }
}

TEST_CASE("an error of the sink ends the response and the connection, and is passed on")
{
    auto const content = content_of(200'000);
    for (auto const size : {std::uint64_t{100}, std::uint64_t{200'000}})
    {
        CAPTURE(size);
        http_client client;
        client.serve(partial({0, size}, content));
        client.sink.before_return = []() -> asio::awaitable<error_code> { co_return errc::disk_full; };
        auto const got = client.fetch({0, size}, content.size());
        CHECK(got.error == errc::disk_full);
        CHECK(got.delivered == 0);
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("an exception of the sink is passed on, and the connection is closed")
{
    http_client client;
    auto const content = content_of(5000);
    client.serve(partial({0, 100}, content));
    client.sink.before_return = []() -> asio::awaitable<error_code> { throw std::runtime_error("the sink's"); };
    client.start({0, 100}, content.size());
    client.world.run();
    REQUIRE(client.thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(client.thrown), "the sink's");
    CHECK(client.world.net->live_streams() == 0);
    CHECK(client.buffers.lent() == 0);
    client.sink.before_return = nullptr;
    CHECK_FALSE(client.fetch({0, 100}, content.size()).error);
}
