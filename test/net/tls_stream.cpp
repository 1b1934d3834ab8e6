#include "net/tls_server.hpp"

#include <boost/asio/completion_condition.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/ssl.h>

#include <filesystem>

using namespace webseed;
using namespace webseed::test;

namespace {

using test_body = std::function<asio::awaitable<void>(network&, std::uint16_t port, tcp::acceptor&)>;

// Runs a client against servers that do as `script` says, one connection after the other.
void with_server(tls_place const& place, int version, tls_script script, test_body client)
{
    auto task = [](tls_place const& at, int max, tls_script does, test_body body) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto listener = listener_on(executor);
        auto context = context_of(at.good);
        SSL_CTX_set_max_proto_version(context.native_handle(), max);
        auto const id = reinterpret_cast<unsigned char const*>("test");
        SSL_CTX_set_session_id_context(context.native_handle(), id, 4);
        for (int i = 0; i != 3; ++i)
            in_background(executor, serve_tls(listener, context, does));
        auto const net = net::make_tcp_network(at.options(), everybody_is_here);
        co_await body(*net, listener.local_endpoint().port(), listener);
        listener.close();
    };
    run(task(place, version, std::move(script), std::move(client)));
}

asio::awaitable<std::unique_ptr<stream>> connect(network& net, std::uint16_t port)
{
    std::string detail;
    auto request = request_to("https", "localhost", port);
    auto made = co_await net.connect(std::move(request), detail);
    CAPTURE(detail);
    REQUIRE(made);
    co_return std::move(*made);
}

std::string pattern(std::size_t size)
{
    std::string made(size, '\0');
    for (std::size_t i = 0; i != size; ++i)
        made[i] = static_cast<char>(i * 2654435761u >> 13);
    return made;
}

std::size_t open_file_count()
{
    using iterator = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(iterator("/proc/self/fd"), iterator()));
}

} // namespace

TEST_CASE("a later connection goes on where an earlier one left off, by TLS 1.2 and 1.3")
{
    tls_place const place;
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION})
        with_server(
            place, version, greeting("hello"),
            [&](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
                for (int i = 0; i != 3; ++i)
                {
                    auto const made = co_await connect(net, port);
                    auto const facts = made->facts();
                    CHECK(facts.tls == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
                    CHECK(facts.is_resumed == (i != 0));
                    CHECK(facts.address == asio::ip::make_address("127.0.0.1"));
                    CHECK_FALSE(facts.proxy_authorization);
                    error_code error;
                    auto const text = co_await read_until_error(*made, error);
                    CHECK(text == "hello");
                    CHECK(error == asio::error::eof);
                    CHECK(read_error(*made) == asio::error::eof);
                    error = co_await made->wait_readable(far());
                    CHECK_FALSE(error);
                }
            });
}

TEST_CASE("the server is told the name, but no address")
{
    tls_place const place;
    std::string name;
    auto script = [&](tls_socket& end) -> asio::awaitable<void> {
        co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        auto const* const told = SSL_get_servername(end.native_handle(), TLSEXT_NAMETYPE_host_name);
        name = told != nullptr ? told : "(none)";
    };
    with_server(
        place, TLS1_3_VERSION, script, [&](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
            for (std::string const host : {"localhost", "127.0.0.1"})
            {
                std::string detail;
                auto request = request_to("https", host, port);
                auto const made = co_await net.connect(std::move(request), detail);
                REQUIRE(made);
                error_code error;
                co_await read_until_error(**made, error);
                CHECK(name == (host == "localhost" ? "localhost" : "(none)"));
            }
        });
}

TEST_CASE("a stream that ends without the server's word is truncated, and not at its end")
{
    tls_place const place;
    auto script = [](tls_socket& end) -> asio::awaitable<void> {
        co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        co_await asio::async_write(end, asio::buffer("half", 4), asio::use_awaitable);
        end.lowest_layer().close();
    };
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION})
        with_server(
            place, version, script, [](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
                auto const made = co_await connect(net, port);
                error_code error;
                auto const text = co_await read_until_error(*made, error);
                CHECK(text == "half");
                CHECK(error == asio::ssl::error::stream_truncated);
                CHECK(read_error(*made) == asio::ssl::error::stream_truncated);
            });
}

TEST_CASE("much goes both ways, through keys that change, in reads of any size")
{
    tls_place const place;
    auto const content = pattern(3u << 20);
    auto script = [&](tls_socket& end) -> asio::awaitable<void> {
        co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        std::string got(content.size(), '\0');
        co_await asio::async_read(end, asio::buffer(got), asio::use_awaitable);
        std::size_t sent = 0;
        while (sent != got.size())
        {
            if (SSL_version(end.native_handle()) == TLS1_3_VERSION)
                SSL_key_update(end.native_handle(), SSL_KEY_UPDATE_REQUESTED);
            auto const size = std::min<std::size_t>(got.size() - sent, 100001);
            co_await asio::async_write(
                end, asio::buffer(got) + sent, asio::transfer_exactly(size), asio::use_awaitable);
            sent += size;
        }
        // The client's keys have changed, too, once it says something.
        co_await asio::async_read(end, asio::buffer(got, 4), asio::use_awaitable);
        co_await asio::async_write(end, asio::buffer(got, 4), asio::use_awaitable);
        co_await end.async_shutdown(asio::use_awaitable);
    };
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION})
        for (auto const size : {std::size_t{256} << 10, std::size_t{777}})
            with_server(
                place, version, script, [&](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
                    auto const made = co_await connect(net, port);
                    auto error = co_await made->write(asio::buffer(content), far());
                    REQUIRE_FALSE(error);
                    std::string all;
                    std::string piece(size, '\0');
                    while (all.size() != content.size())
                    {
                        error = co_await made->wait_readable(far());
                        REQUIRE_FALSE(error);
                        auto const got = made->read_some(asio::buffer(piece)); // never would_block after a wait
                        REQUIRE(got);
                        all.append(piece, 0, *got);
                    }
                    CHECK(all == content);
                    CHECK(read_error(*made) == asio::error::would_block);
                    error = co_await made->write(asio::buffer("tail", 4), far());
                    CHECK_FALSE(error);
                    auto const tail = co_await read_until_error(*made, error);
                    CHECK(tail == "tail");
                    CHECK(error == asio::error::eof);
                });
}

TEST_CASE("part of a record isn't readable, and a wait for the rest has a deadline, after which it goes on")
{
    tls_place const place;
    with_server(
        place, TLS1_3_VERSION,
        [](tls_socket& end) -> asio::awaitable<void> {
            co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            co_await let_time_pass();
            co_await let_time_pass();
            co_await let_time_pass();
            co_await asio::async_write(end, asio::buffer("late", 4), asio::use_awaitable);
            co_await end.async_shutdown(asio::use_awaitable);
        },
        [](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
            auto const made = co_await connect(net, port);
            auto error = co_await made->wait_readable(soon());
            CHECK(error == errc::stalled);
            auto const text = co_await read_until_error(*made, error);
            CHECK(text == "late");
            CHECK(error == asio::error::eof);
        });
}

TEST_CASE("a handshake that fails says why, and one that never ends has a deadline")
{
    struct row
    {
        char const* answer; // of the server, who then closes
        bool is_closed;
        error_code error;
        char const* detail;
    };
    for (auto const& row : {
             row{"HTTP/1.1 400 Bad Request\r\n\r\n", false, errc::tls_failed, "wrong version number"},
             row{"", true, errc::tls_failed, "the server closed the connection"},
             row{"\x15\x03\x03\0\x02\x02\x28", false, errc::tls_failed, ""},
             row{"", false, errc::handshake_timed_out, ""},
         })
    {
        CAPTURE(row.detail);
        auto task = [](std::string answer, bool is_closed, error_code expected,
                       std::string words) -> asio::awaitable<void> {
            auto const executor = co_await asio::this_coro::executor;
            auto listener = listener_on(executor);
            auto serve = [](tcp::acceptor& at, std::string text, bool closes) -> asio::awaitable<void> {
                auto socket = co_await at.async_accept(asio::use_awaitable);
                std::string hello(5, '\0');
                co_await asio::async_read(socket, asio::buffer(hello), asio::use_awaitable);
                co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
                if (closes)
                    socket.shutdown(tcp::socket::shutdown_send);
                error_code error;
                while (!error) // until the client has gone
                    co_await socket.async_read_some(
                        asio::buffer(hello), asio::redirect_error(asio::use_awaitable, error));
            };
            in_background(executor, serve(listener, std::move(answer), is_closed));
            auto const net = net::make_tcp_network({}, everybody_is_here);
            auto request = request_to("https", "localhost", listener.local_endpoint().port());
            if (expected == errc::handshake_timed_out)
                request.handshake_timeout = std::chrono::milliseconds(30);
            std::string detail;
            auto const made = co_await net->connect(std::move(request), detail);
            REQUIRE_FALSE(made);
            CHECK(made.error() == expected);
            if (words.empty())
                CHECK(detail.empty() == (expected == errc::handshake_timed_out));
            else
                CHECK(detail == words);
        };
        std::string const answer = row.answer[0] == '\x15' ? std::string("\x15\x03\x03\0\x02\x02\x28", 7) : row.answer;
        run(task(answer, row.is_closed, row.error, row.detail));
    }
}

TEST_CASE("closing, cancelling and destroying end what is under way, and leave nothing open")
{
    tls_place const place;
    auto const before = open_file_count();
    for (int what = 0; what != 4; ++what)
    {
        CAPTURE(what);
        with_server(
            place, TLS1_3_VERSION,
            [](tls_socket& end) -> asio::awaitable<void> {
                co_await end.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
                std::string byte(1, '\0');
                co_await asio::async_read(end, asio::buffer(byte), asio::use_awaitable);
            },
            [what](network& net, std::uint16_t port, tcp::acceptor&) -> asio::awaitable<void> {
                auto const executor = co_await asio::this_coro::executor;
                auto made = co_await connect(net, port);
                error_code outcome = errc::internal;
                asio::cancellation_signal stop;
                auto wait = [](stream& on) -> asio::awaitable<error_code> {
                    co_return co_await on.wait_readable(far());
                };
                auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
                asio::co_spawn(executor, wait(*made), asio::bind_cancellation_slot(stop.slot(), std::move(keep)));
                co_await let_time_pass();
                CHECK(outcome == errc::internal);
                if (what == 0)
                    made->close();
                else if (what == 1)
                    made.reset();
                else if (what == 2)
                    stop.emit(asio::cancellation_type::terminal);
                if (what != 3)
                {
                    co_await let_time_pass();
                    CHECK(outcome == asio::error::operation_aborted);
                }
                else
                    made->close(); // and nobody waits for it
                if (what == 0)
                {
                    CHECK(read_error(*made) == asio::error::operation_aborted);
                    auto const error = co_await made->write(asio::buffer("x", 1), far());
                    CHECK(error == asio::error::operation_aborted);
                }
                if (what == 3)
                    co_await let_time_pass();
            });
    }
    CHECK(open_file_count() == before);
}
