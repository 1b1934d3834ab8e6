#include "support/origin.hpp"

#include "support/answers.hpp"
#include "support/certificates.hpp"
#include "support/temporary_directory.hpp"
#include "support/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;
using asio::ip::tcp;

namespace {

// What a client got to hear, and how it ended.
struct heard
{
    std::string bytes;
    std::string end;
};

std::string name_of(error_code error)
{
    if (error == asio::error::eof)
        return "end";
    if (error == asio::error::connection_reset)
        return "reset";
    if (error == asio::ssl::error::stream_truncated)
        return "truncated";
    return error.message();
}

std::string const question = "GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=10-29\r\n\r\n";

template <class Stream>
heard ask(Stream& stream)
{
    asio::write(stream, asio::buffer(question));
    heard got;
    error_code error;
    asio::read(stream, asio::dynamic_buffer(got.bytes), error);
    got.end = name_of(error);
    return got;
}

tcp::socket connected_to(origin const& to, asio::io_context& context)
{
    tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), to.port()});
    return socket;
}

heard over_tcp(server const& script)
{
    origin_thread server(script);
    asio::io_context context;
    auto socket = connected_to(*server, context);
    return ask(socket);
}

heard over_tls(server const& script, origin_options const& options)
{
    origin_thread server(script, options);
    asio::io_context context;
    asio::ssl::context trust(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket> stream(connected_to(*server, context), trust);
    stream.handshake(asio::ssl::stream_base::client);
    return ask(stream);
}

heard in_virtual_time(server const& script, std::string const& scheme)
{
    world outside;
    outside.net->serve("h", script);
    heard got;
    auto talk = [&]() -> asio::awaitable<void> {
        connect_request to;
        to.to = endpoint{scheme, "h", 80};
        to.connect_timeout = 1h;
        std::string detail;
        auto made = co_await outside.net->connect(to, detail);
        auto& stream = **made;
        co_await stream.write(asio::buffer(question), time_point::max());
        for (;;)
        {
            co_await stream.wait_readable(time_point::max());
            std::array<char, 1000> buffer{};
            auto const size = stream.read_some(asio::buffer(buffer));
            if (!size)
            {
                got.end = name_of(size.error());
                co_return;
            }
            got.bytes.append(buffer.data(), *size);
        }
    };
    asio::co_spawn(outside.context, talk, [](std::exception_ptr) {});
    outside.run();
    return got;
}

std::string const content = "0123456789abcdefghijklmnopqrstuvwxyz";

std::string head_of_range(std::string const& more)
{
    return "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 10-29/36\r\n" + more + "\r\n";
}

} // namespace

TEST_CASE("one script does the same in virtual time, over TCP and over TLS")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    auto const files = authority.issue("server");
    origin_options tls;
    tls.certificate_file = files.certificate;
    tls.key_file = files.key;

    auto const ranged = head_of_range("Content-Length: 20\r\n");
    struct
    {
        std::string what;
        server script;
        std::string bytes;
        std::string end;
        std::string end_of_tls;
    } const rows[] = {
        {"range", then_hang_up(serve(content)), ranged + "abcdefghijklmnopqrst", "end", "end"},
        {"chunked", then_hang_up(chunked(content, 17)),
         head_of_range("Transfer-Encoding: chunked\r\n") + "11\r\nabcdefghijklmnopq\r\n3\r\nrst\r\n0\r\n\r\n", "end",
         "end"},
        {"until the end", until_end(content), head_of_range("") + "abcdefghijklmnopqrst", "end", "end"},
        {"status", then_hang_up(status(503, {{"Retry-After", "3"}}, "no")),
         "HTTP/1.1 503 Scripted\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno", "end", "end"},
        {"redirect", then_hang_up(redirect_to("/g", 307)),
         "HTTP/1.1 307 Scripted\r\nLocation: /g\r\nContent-Length: 0\r\n\r\n", "end", "end"},
        {"cut", truncate_after(5, serve(content)), ranged + "abcde", "end", "end"},
        {"cut below TLS", close_without_notify(5, serve(content)), ranged + "abcde", "end", "truncated"},
        {"cut behind all", truncate_after(50, serve(content)), ranged + "abcdefghijklmnopqrst", "end", "end"},
        {"in drops", then_hang_up(drip(7, 1ms, serve(content))), ranged + "abcdefghijklmnopqrst", "end", "end"},
        {"corrupt", then_hang_up(corrupt(serve(content))), ranged + "abcdefghijklmnopqrsu", "end", "end"},
        {"other range", then_hang_up(wrong_range(content)),
         "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 11-30/37\r\nContent-Length: "
         "20\r\n\r\nbcdefghijklmnopqrstu",
         "end", "end"},
        {"field", then_hang_up(gzip(content)),
         head_of_range("Content-Length: 20\r\nContent-Encoding: gzip\r\n") + "abcdefghijklmnopqrst", "end", "end"},
        {"hang up", hang_up(), "", "end", "end"},
        {"reset", reset(), "", "reset", "reset"},
        {"later", then_hang_up(delay(1ms, serve(content))), ranged + "abcdefghijklmnopqrst", "end", "end"},
        {"by path", by_path({{"/f", hang_up()}}), "", "end", "end"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        auto const seen = in_virtual_time(row.script, "http");
        CHECK(seen.bytes == row.bytes);
        CHECK(seen.end == row.end);
        CHECK(in_virtual_time(row.script, "https").end == row.end_of_tls);
        auto const tcp = over_tcp(row.script);
        CHECK(tcp.bytes == row.bytes);
        CHECK(tcp.end == row.end);
        auto const secure = over_tls(row.script, tls);
        CHECK(secure.bytes == row.bytes);
        CHECK(secure.end == row.end_of_tls);
    }
}

TEST_CASE("an origin counts what it does, and keeps the heads it is asked with")
{
    origin_thread server(by_connection({first(status(404)).then(serve(content)), hang_up()}));
    asio::io_context context;
    std::string got;
    {
        auto socket = connected_to(*server, context);
        asio::write(socket, asio::buffer(question + question));
        error_code error;
        asio::read(socket, asio::dynamic_buffer(got), asio::transfer_at_least(150), error);
        CHECK(got.ends_with("abcdefghijklmnopqrst"));
        CHECK(server->requests() == 2);
        CHECK(server->open_connections() == 1);
    }
    auto second = connected_to(*server, context);
    CHECK(ask(second).end == "end");
    CHECK(server->bytes_sent() == got.size());
    CHECK(server->connections() == 2);
    CHECK(server->requests() == 3);
    REQUIRE(server->heads().size() == 3);
    CHECK(server->heads().at(2) == question.substr(0, question.size() - 2));
}

TEST_CASE("an origin is at ::1, too, where there is one")
{
    origin_thread server(then_hang_up(serve(content)));
    if (!server->has_ipv6())
        return;
    asio::io_context context;
    tcp::socket socket(context);
    socket.connect({asio::ip::address_v6::loopback(), server->port()});
    CHECK(ask(socket).end == "end");
}

TEST_CASE("an origin speaks before it is asked, and takes only those who show the right certificate")
{
    temporary_directory place;
    certificate_authority const authority(place.path());
    auto const files = authority.issue("server");
    origin_options how;
    how.certificate_file = files.certificate;
    how.key_file = files.key;
    how.client_ca_file = authority.file();
    how.greeting = raw("220 ready");
    origin_thread server(stall(), how);
    asio::io_context context;
    asio::ssl::context trust(asio::ssl::context::tls_client);
    auto greeting = [&] {
        asio::ssl::stream<tcp::socket> stream(connected_to(*server, context), trust);
        std::string got;
        error_code error;
        stream.handshake(asio::ssl::stream_base::client, error);
        if (!error)
            asio::read(stream, asio::dynamic_buffer(got), asio::transfer_at_least(9), error);
        return got;
    };
    CHECK(greeting().empty());
    certificate_wish wish;
    wish.is_for_client = true;
    auto const shown = authority.issue("client", wish);
    trust.use_certificate_chain_file(shown.certificate);
    trust.use_private_key_file(shown.key, asio::ssl::context::pem);
    CHECK(greeting() == "220 ready");
    CHECK(server->requests() == 0);
}

TEST_CASE("whatever an origin is doing, it ends with it")
{
    asio::io_context context{1};
    server const scripts[] = {
        stall(),
        stall_after(3, serve(content)),
        endless_head(),
        endless_body(),
        interim_flood(),
        drip(1, 24h, serve(content)),
        when([] { return false; }, serve(content)),
        hang_up(), // it waits for the client to go
    };
    for (auto const& script : scripts)
    {
        std::optional<origin> server(std::in_place, context, script);
        tcp::socket client = connected_to(*server, context);
        asio::write(client, asio::buffer(question));
        while (server->requests() == 0)
            context.run_one();
        context.poll_one();
        server.reset();
        CHECK(context.run_for(1min) > 0);
        CHECK(context.stopped());
        context.restart();
    }
}

TEST_CASE("a script that throws ends its connection, and no other")
{
    auto throwing = [](request const&) -> std::vector<step> { throw std::runtime_error("no"); };
    origin_thread server(by_connection({throwing, then_hang_up(serve(content))}));
    asio::io_context context;
    auto first = connected_to(*server, context);
    CHECK(ask(first).bytes.empty());
    auto second = connected_to(*server, context);
    CHECK(ask(second).bytes.ends_with("abcdefghijklmnopqrst"));
}
