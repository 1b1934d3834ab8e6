// One stream for many requests, and what to do when it turns out to be dead.
#include "http/fetching.hpp"

#include <boost/asio/error.hpp>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;

namespace {

constexpr byte_range range{100, 50};
auto const content = content_of(1000);

send_bytes good()
{
    return send_bytes{partial(range, content)};
}

void check_good(http::range_result const& got, http_client const& client)
{
    CHECK_FALSE(got.error);
    CHECK(got.delivered == range.size);
    CHECK(client.sink.text == content.substr(range.offset, range.size));
}

} // namespace

TEST_CASE("many requests go over one stream")
{
    http_client client;
    client.world.net->serve(
        "seed", [](request const& asked) { return std::vector<step>{send_bytes{range_response(asked, content)}}; });
    for (std::uint64_t offset = 0; offset != 900; offset += 100)
    {
        auto const got = client.fetch({offset, 100}, content.size());
        CHECK_FALSE(got.error);
        CHECK(got.connects == (offset == 0 ? 1u : 0u));
        CHECK(got.requests == 1);
        CHECK(client.sink.text == content.substr(offset, 100));
    }
    CHECK(client.world.net->connects() == 1);
    CHECK(client.world.net->live_streams() == 1);
    client.connection->close();
    CHECK(client.world.net->live_streams() == 0);
    CHECK_FALSE(client.connection->is_open());
}

TEST_CASE("an answer that nobody asked for spoils one request, not all that follow")
{
    http_client client;
    auto const is_late = pause_for{std::chrono::seconds(1)};
    for (auto const& unasked : {response("200 OK", "", "abc"), partial({0, 50}, content)})
    {
        CAPTURE(unasked);
        client.serve({{good(), is_late, send_bytes{unasked}}, {good()}});
        check_good(client.fetch(range, content.size()), client);
        CHECK(client.fetch(range, content.size()).error == errc::range_mismatch);
        CHECK_FALSE(client.connection->is_open());
        auto const got = client.fetch(range, content.size());
        check_good(got, client);
        CHECK(got.connects == 1);
        client.connection->close();
    }
}

TEST_CASE("errors with small pages leave the stream to the next request")
{
    http_client client;
    client.serve(
        {{send_bytes{response("404 Not Found", "", "gone")}},
         {send_bytes{response("503 Busy", "Retry-After: 1\r\n", "")}},
         {good()}});
    CHECK(client.fetch(range, content.size()).error == errc::not_found);
    CHECK(client.fetch(range, content.size()).error == errc::overloaded);
    auto const got = client.fetch(range, content.size());
    check_good(got, client);
    CHECK_FALSE(got.retry_after);
    CHECK(client.world.net->connects() == 1);
}

TEST_CASE("a response whose status forbids a body has none, whatever its fields promise")
{
    for (auto const* const status : {"204 No Content", "304 Not Modified"})
        for (auto const* const field : {"Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n"})
        {
            CAPTURE(status);
            CAPTURE(field);
            http_client client;
            auto const head = std::string("HTTP/1.1 ") + status + "\r\n" + field + "\r\n";
            client.serve({{send_bytes{head}}, {send_bytes{head + "0\r\n\r\n"}}, {good()}});
            CHECK(client.fetch(range, content.size()).error == errc::status_unexpected);
            CHECK(client.connection->is_open());
            CHECK(client.fetch(range, content.size()).error == errc::status_unexpected);
            CHECK_FALSE(client.connection->is_open());
            check_good(client.fetch(range, content.size()), client);
        }
}

TEST_CASE("the server says whether the stream stays")
{
    struct row
    {
        std::string answer;
        bool stays;
    };
    auto const body = content.substr(range.offset, range.size);
    auto const fields = std::string("Content-Range: bytes 100-149/1000\r\nContent-Length: 50\r\n");
    for (auto const& row : {
             row{"HTTP/1.1 206 OK\r\n" + fields + "\r\n" + body, true},
             row{"HTTP/1.1 206 OK\r\nConnection: close\r\n" + fields + "\r\n" + body, false},
             row{"HTTP/1.1 206 OK\r\nConnection: Keep-Alive, CLOSE\r\n" + fields + "\r\n" + body, false},
             row{"HTTP/1.0 206 OK\r\n" + fields + "\r\n" + body, false},
             row{"HTTP/1.0 206 OK\r\nConnection: keep-alive\r\n" + fields + "\r\n" + body, true},
         })
    {
        CAPTURE(row.answer);
        http_client client;
        client.serve(row.answer);
        for (int i = 0; i != 2; ++i)
            check_good(client.fetch(range, content.size()), client);
        CHECK(client.world.net->connects() == (row.stays ? 1 : 2));
    }
}

TEST_CASE("a stream that the server closed while it was idle is replaced before it is used")
{
    for (step const& end : {step(end_stream{}), step(reset_stream{})})
    {
        http_client client;
        client.serve({{good(), pause_for{std::chrono::seconds(5)}, end}, {good()}});
        check_good(client.fetch(range, content.size()), client);
        client.world.run_for(std::chrono::seconds(4));
        CHECK(client.connection->is_open());
        client.world.run_for(std::chrono::seconds(2));
        auto const got = client.fetch(range, content.size());
        check_good(got, client);
        CHECK(got.connects == 1);
        CHECK(client.world.net->connects() == 2);
    }
}

TEST_CASE("an answer that nobody asked for is not taken for the next one's")
{
    http_client client;
    auto const wrong = partial(range, std::string(content.size(), '?'));
    client.serve({{good(), pause_for{std::chrono::seconds(5)}, send_bytes{wrong}}, {good()}});
    check_good(client.fetch(range, content.size()), client);
    client.world.run_for(std::chrono::seconds(6));
    check_good(client.fetch(range, content.size()), client);
    CHECK(client.world.net->connects() == 2);
}

TEST_CASE("a kept stream that dies under a request is replaced once, and nobody notices")
{
    for (step const& end : {step(end_stream{}), step(reset_stream{})})
    {
        http_client client;
        client.serve({{good()}, {end}, {good()}});
        check_good(client.fetch(range, content.size()), client);
        auto const got = client.fetch(range, content.size());
        check_good(got, client);
        CHECK(got.connects == 1);
        CHECK(got.requests == 2);
        CHECK(client.requests.size() == 3);
    }
}

TEST_CASE("a kept stream on which the server says that it got no request is replaced once, a fresh one isn't")
{
    auto const late = [](char const* fields) { return send_bytes{response("408 Request Timeout", fields, "late")}; };
    for (auto const* const fields : {"", "Connection: close\r\n"})
    {
        http_client client;
        client.serve({{good()}, {late(fields)}, {good()}, {late(fields)}, {late(fields)}});
        check_good(client.fetch(range, content.size()), client);
        auto const got = client.fetch(range, content.size());
        check_good(got, client);
        CHECK(got.status == 206);
        CHECK(got.connects == 1);
        CHECK(got.requests == 2);
        auto const again = client.fetch(range, content.size());
        CHECK(again.error == errc::status_unexpected);
        CHECK(again.status == 408);
        CHECK(again.requests == 2);
        CHECK(client.requests.size() == 5);
    }
}

TEST_CASE("it is replaced only once")
{
    http_client client;
    client.serve({{good()}, {end_stream{}}});
    check_good(client.fetch(range, content.size()), client);
    auto const got = client.fetch(range, content.size());
    CHECK(got.error == errc::body_truncated);
    CHECK(got.connects == 1);
    CHECK(got.requests == 2);
    CHECK(client.requests.size() == 3);
    CHECK(client.world.net->live_streams() == 0);
}

TEST_CASE("a fresh stream that dies is not replaced")
{
    for (step const& end : {step(end_stream{}), step(reset_stream{})})
    {
        http_client client;
        client.serve({{end}, {good()}});
        auto const got = client.fetch(range, content.size());
        CHECK(got.error);
        CHECK(got.status == 0);
        CHECK(got.connects == 1);
        CHECK(got.requests == 1);
    }
}

TEST_CASE("a kept stream is not replaced once a byte of the answer has come, or when it is merely slow")
{
    struct row
    {
        std::vector<step> answer;
        error_code error;
    };
    for (auto const& row : {
             row{{send_bytes{"H"}, end_stream{}}, errc::body_truncated},
             row{{send_bytes{"HTTP/1.1 100 Continue\r\n\r\n"}, end_stream{}}, errc::body_truncated},
             row{{send_bytes{"H"}, reset_stream{}}, asio::error::make_error_code(asio::error::connection_reset)},
             row{{send_bytes{"nonsense"}, end_stream{}}, errc::response_invalid},
             row{{}, errc::head_timed_out},
         })
    {
        http_client client;
        client.serve({{good()}, row.answer, {good()}});
        check_good(client.fetch(range, content.size()), client);
        auto const got = client.fetch(range, content.size());
        CHECK(got.error == row.error);
        CHECK(got.connects == 0);
        CHECK(got.requests == 1);
        CHECK(client.requests.size() == 2);
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("if the server can't be reached again, the second try says so")
{
    http_client client;
    client.serve({{good()}, {end_stream{}}});
    check_good(client.fetch(range, content.size()), client);
    client.world.net->refuse("seed", asio::error::connection_refused);
    auto const got = client.fetch(range, content.size());
    CHECK(got.error == asio::error::connection_refused);
    CHECK(got.requests == 1);
    CHECK(got.connects == 1);
}
