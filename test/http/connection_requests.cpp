// What a request says beyond its range, and what comes back of it beyond the bytes: redirects, versions, proxies.
#include "http/fetching.hpp"

#include <boost/asio/error.hpp>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;
using std::chrono::seconds;

namespace {

constexpr byte_range range{1000, 500};
auto const content = content_of(5000);

http::range_request asked()
{
    return http_client::request_of(range, content.size());
}

/// The lines of the only request.
std::string only_request(http_client const& client)
{
    REQUIRE(client.requests.size() == 1);
    return client.requests[0];
}

/// A network of one proxy for whole URLs, which is where the other network leads.
class proxied final : public network
{
public:
    proxied(std::shared_ptr<network> behind, std::string authorization)
        : behind_(std::move(behind))
        , authorization_(std::move(authorization))
    {}

    asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string& detail) override
    {
        auto made = co_await behind_->connect(std::move(request), detail);
        if (!made)
        {
            detail = "the proxy said no";
            co_return made.error();
        }
        co_return std::make_unique<line>(std::move(*made), authorization_);
    }

private:
    class line final : public stream
    {
    public:
        line(std::unique_ptr<stream> to, std::string authorization)
            : to_(std::move(to))
            , authorization_(std::move(authorization))
        {}

        boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
        {
            return to_->read_some(buffer);
        }
        asio::awaitable<error_code> wait_readable(time_point deadline) override { return to_->wait_readable(deadline); }
        asio::awaitable<error_code> write(asio::const_buffer bytes, time_point deadline) override
        {
            return to_->write(bytes, deadline);
        }
        void close() noexcept override { to_->close(); }
        stream_facts facts() const override
        {
            auto made = to_->facts();
            made.proxy_authorization = authorization_;
            return made;
        }

    private:
        std::unique_ptr<stream> to_;
        std::string authorization_;
    };

    std::shared_ptr<network> behind_;
    std::string authorization_;
};

void connect_by(http_client& client, network& net)
{
    client.connection = std::make_unique<http::connection>(
        net, *client.world.time, client.buffers, endpoint{"http", "seed", 80}, client.options);
}

} // namespace

TEST_CASE("a request says what it is given to say, but nothing that would make it another")
{
    http_client client;
    client.serve(partial(range, content));
    auto request = asked();
    request.fields = {
        {"Authorization", "Basic bWU6d29yZA=="},
        {"X-A", "1"},
        {"X-A", "2"},
        {"Range", "bytes=0-0"},
        {"X-B", "x\r\nHost: evil"},
        {"Bad Name", "x"},
        {"Proxy-Authorization", "x"}};
    CHECK_FALSE(client.fetch(request).error);
    CHECK(
        only_request(client) ==
        "GET /file HTTP/1.1\r\nHost: seed\r\nUser-Agent: tester/1\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
        "Range: bytes=1000-1499\r\nAuthorization: Basic bWU6d29yZA==\r\nX-A: 1\r\nX-A: 2\r\n");
}

TEST_CASE("a request's own User-Agent and Accept take the place of the usual ones")
{
    http_client client;
    client.serve(partial(range, content));
    auto request = asked();
    request.fields = {{"user-agent", "mine"}, {"ACCEPT", "video/*"}};
    CHECK_FALSE(client.fetch(request).error);
    CHECK(
        only_request(client) ==
        "GET /file HTTP/1.1\r\nHost: seed\r\nAccept-Encoding: identity\r\nRange: bytes=1000-1499\r\n"
        "user-agent: mine\r\nACCEPT: video/*\r\n");
}

TEST_CASE("a redirect is handed back, and the connection kept if its page is small")
{
    struct row
    {
        char const* status;
        std::string fields;
        std::string target;
        seconds lifetime;
    };
    for (auto const& row : {
             row{"301 Moved Permanently", "Location: http://other/x\r\n", "http://other/x",
                 http::redirect_lifetime_max},
             row{"302 Found", "Location: x?y\r\n", "http://seed/x?y", http::redirect_lifetime_usual},
             row{"303 See Other", "location: https://seed/x\r\n", "https://seed/x", http::redirect_lifetime_usual},
             row{"307 Temporary Redirect", "Location: //o:81\r\nCache-Control: max-age=9\r\n", "http://o:81/",
                 seconds(9)},
             row{"308 Permanent Redirect", "Location: /x\r\nLocation: /x\r\nExpires: 0\r\n", "http://seed/x",
                 seconds(0)},
             row{"302 Found", "Location: /x\r\nCache-Control: max-age=9\r\nCache-Control: no-store\r\n",
                 "http://seed/x", seconds(0)},
             row{"302 Found",
                 "Location: /x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nExpires: Sun, 06 Nov 1994 08:49:57 GMT\r\n"
                 "Age: 5\r\n",
                 "http://seed/x", seconds(15)},
         })
    {
        CAPTURE(row.fields);
        for (auto const kind : {http::answer_kind::range, http::answer_kind::exact, http::answer_kind::document})
        {
            http_client client;
            client.serve(response(row.status, row.fields, "moved"));
            auto const got =
                client.fetch(kind == http::answer_kind::range ? asked() : http_client::request_of(kind, 500));
            CHECK(got.error == errc::status_unexpected);
            REQUIRE(got.moved);
            CHECK(got.moved->target.full() == row.target);
            CHECK(got.moved->lifetime == row.lifetime);
            CHECK(got.detail == "");
            CHECK(got.delivered == 0);
            CHECK(client.connection->is_open());
        }
    }
}

TEST_CASE("a redirect is seen from the whole of what was asked for")
{
    http_client client;
    client.world.net->serve("h", [](request const&) {
        return std::vector<step>{send_bytes{response("302 Found", "Location: ../y\r\n", "")}};
    });
    client.connection = std::make_unique<http::connection>(
        *client.world.net, *client.world.time, client.buffers, endpoint{"https", "h", 8443}, client.options);
    auto request = asked();
    request.host_field = "h:8443";
    request.target = "/a/b/c?d=/e/";
    CHECK(client.fetch(request).moved->target.full() == "https://h:8443/a/y");
}

TEST_CASE("a redirect that can't be followed says why")
{
    struct row
    {
        std::string fields;
        char const* detail;
    };
    for (auto const& row : {
             row{"", "it has no Location"},
             row{"Location: \r\n", "it has no Location"},
             row{"Location: /x\r\nLocation: /y\r\n", "it has no Location that is a URL"},
             row{"Location: http://\r\n", "it has no Location that is a URL"},
             row{"Location: gopher://x/y?z=secret\r\n", "it leads to gopher://x/y?z=..."},
             row{"Location: /" + std::string(9000, 'x') + "\r\n", "it has no Location that is a URL"},
         })
    {
        CAPTURE(row.detail);
        http_client client;
        client.serve(response("302 Found", row.fields, ""));
        auto const got = client.fetch(asked());
        CHECK(got.error == errc::redirect_refused);
        CHECK_FALSE(got.moved);
        CHECK(got.status == 302);
        CHECK(got.detail == row.detail);
        CHECK(client.connection->is_open());
    }
}

TEST_CASE("what tells the version of a file is handed back with its bytes, and asked for with the next ones")
{
    http_client client;
    client.serve(partial(range, content, "ETag: \"v1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    auto request = asked();
    request.validator = client.fetch(request).validator;
    CHECK(request.validator == "\"v1\"");
    auto const again = client.fetch(request);
    CHECK_FALSE(again.error);
    CHECK(again.validator == "\"v1\"");
    REQUIRE(client.requests.size() == 2);
    CHECK(client.requests[0].find("If-Range") == std::string::npos);
    CHECK(client.requests[1].find("\r\nRange: bytes=1000-1499\r\nIf-Range: \"v1\"\r\n") != std::string::npos);
}

TEST_CASE("another version of the file brings nothing")
{
    struct row
    {
        std::string answer;
        error_code error;
    };
    auto const whole = [](std::string const& fields) { return response("200 OK", fields, content); };
    for (auto const& row : {
             row{partial(range, content, "ETag: \"v1\"\r\n"), {}},
             row{partial(range, content, "ETag: W/\"v2\"\r\n"), {}},
             row{partial(range, content), {}},
             row{partial(range, content, "ETag: \"v2\"\r\n"), errc::content_changed},
             row{partial({0, 20}, content, "ETag: \"v2\"\r\n"), errc::content_changed},
             row{whole("ETag: \"v1\"\r\n"), {}}, // no ranges there, but the same version
             row{whole("ETag: \"v2\"\r\n"), errc::content_changed},
             row{whole(""), errc::content_changed},
             row{response("404 Not Found", "ETag: \"v2\"\r\n", ""), errc::not_found},
         })
    {
        CAPTURE(row.answer.substr(0, 100));
        http_client client;
        client.serve(row.answer);
        auto request = asked();
        request.validator = "\"v1\"";
        auto const got = client.fetch(request);
        CHECK(got.error == row.error);
        CHECK(got.delivered == (row.error ? 0 : range.size));
        if (row.error)
            CHECK(got.validator == "");
        CHECK(client.connection->is_open() == (got.status == 206 ? !row.error : got.status == 404));
    }
}

TEST_CASE("a whole file is asked for without an If-Range, but must be the same version, too")
{
    for (auto const* const etag : {"\"v1\"", "\"v2\""})
    {
        http_client client;
        client.serve(response("200 OK", std::string("ETag: ") + etag + "\r\n", content));
        auto request = http_client::request_of({0, content.size()}, content.size());
        request.validator = "\"v1\"";
        auto const got = client.fetch(request);
        CHECK(got.error == (etag[2] == '1' ? error_code() : error_code(errc::content_changed)));
        CHECK(only_request(client).find("If-Range") == std::string::npos);
    }
}

TEST_CASE("a page of HTML in the place of a file brings nothing, and ends the connection")
{
    for (auto const* const fields : {"Content-Type: text/html\r\n", "Content-Type: text/html\r\nContent-Length: 4\r\n"})
    {
        http_client client;
        client.serve(raw("200 OK", fields, "page"));
        auto const got = client.fetch(asked());
        CHECK(got.error == errc::page_instead);
        CHECK(client.sink.text.empty());
        CHECK_FALSE(client.connection->is_open());
    }
    http_client client;
    client.serve(raw("200 OK", "Content-Type: text/html\r\n", content));
    auto request = asked();
    request.is_page = true;
    CHECK_FALSE(client.fetch(request).error);
}

TEST_CASE("a proxy is asked for whole URLs, and with its own credentials")
{
    http_client client;
    proxied net(client.world.net, "Basic cHJveHk6d29yZA==");
    connect_by(client, net);
    client.serve(partial(range, content));
    CHECK_FALSE(client.fetch(asked()).error);
    CHECK(
        only_request(client) ==
        "GET http://seed/file HTTP/1.1\r\nHost: seed\r\nUser-Agent: tester/1\r\nAccept: */*\r\n"
        "Accept-Encoding: identity\r\nRange: bytes=1000-1499\r\nProxy-Authorization: Basic cHJveHk6d29yZA==\r\n");
    CHECK(client.connection->facts().proxy_authorization);
}

TEST_CASE("a proxy without credentials is asked for whole URLs, too")
{
    http_client client;
    proxied net(client.world.net, "");
    connect_by(client, net);
    client.serve(partial(range, content));
    CHECK_FALSE(client.fetch(asked()).error);
    CHECK(only_request(client).starts_with("GET http://seed/file HTTP/1.1\r\nHost: seed\r\n"));
    CHECK(only_request(client).find("Proxy-") == std::string::npos);
}

TEST_CASE("a 407 is the proxy's where there is one")
{
    for (auto const has_proxy : {true, false})
    {
        http_client client;
        proxied net(client.world.net, "");
        if (has_proxy)
            connect_by(client, net);
        client.serve(response("407 Proxy Authentication Required", "", "who?"));
        auto const got = client.fetch(asked());
        CHECK(got.error == (has_proxy ? errc::proxy_unauthorized : errc::unauthorized));
        CHECK(got.status == 407);
    }
}

TEST_CASE("what the network has to say about a failure is handed on")
{
    http_client client;
    proxied net(client.world.net, "");
    connect_by(client, net);
    client.world.net->refuse("seed", errc::proxy_failed);
    auto const got = client.fetch(asked());
    CHECK(got.error == errc::proxy_failed);
    CHECK(got.detail == "the proxy said no");
}

TEST_CASE("addresses are asked about before they are connected to, each time anew")
{
    http_client client;
    client.serve(partial(range, content));
    client.world.net->locate("seed", [] { return asio::ip::make_address("10.1.2.3"); });
    std::vector<std::string> questions;
    auto may = true;
    auto may_reach = [&](asio::ip::address const& address) {
        questions.push_back(address.to_string());
        return may;
    };
    client.connection = std::make_unique<http::connection>(
        *client.world.net, *client.world.time, client.buffers, endpoint{"http", "seed", 80}, client.options, may_reach);
    CHECK_FALSE(client.connection->facts().address);
    CHECK_FALSE(client.fetch(asked()).error);
    CHECK(client.connection->facts().address == asio::ip::make_address("10.1.2.3"));
    client.connection->close();
    CHECK(client.connection->facts().address);
    may = false;
    CHECK(client.fetch(asked()).error == errc::address_refused);
    CHECK(questions == std::vector<std::string>{"10.1.2.3", "10.1.2.3"});
    CHECK(client.requests.size() == 1);
}

TEST_CASE("it is measured how long the first byte takes")
{
    http_client client;
    auto const answer = partial(range, content);
    client.serve(
        {{pause_for{seconds(3)}, send_bytes{answer.substr(0, 1)}, pause_for{seconds(5)},
          send_bytes{answer.substr(1)}}});
    CHECK(client.fetch(asked()).head_time == seconds(3));
    client.connection->close();
    client.world.net->swallow("seed");
    CHECK(client.fetch(asked()).head_time == seconds(0));
}
