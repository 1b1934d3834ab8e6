#include <webseed/network.hpp>

#include "net/loopback.hpp"
#include "net/tcp_network.hpp"

#include <atomic>

using namespace webseed;
using namespace webseed::test;

namespace {

asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
connect(std::string host, std::uint16_t port, std::chrono::milliseconds timeout, std::string scheme = "http")
{
    connect_request request;
    request.to = endpoint{std::move(scheme), std::move(host), port};
    request.resolve_timeout = std::chrono::hours(1);
    request.connect_timeout = timeout;
    request.handshake_timeout = timeout;
    auto const net = make_tcp_network();
    std::string detail;
    auto made = co_await net->connect(std::move(request), detail);
    co_return std::move(made);
}

asio::awaitable<error_code> connect_error(std::string host, std::uint16_t port, std::string scheme = "http")
{
    auto const made = co_await connect(std::move(host), port, std::chrono::hours(1), std::move(scheme));
    co_return made ? error_code() : made.error();
}

} // namespace

TEST_CASE("a connection is made to an address, or to a name that has one that answers")
{
    // Only IPv4 listens: where localhost has an IPv6 address too, that one refuses first.
    for (auto const* const host : {"127.0.0.1", "localhost"})
    {
        CAPTURE(host);
        auto test = [](std::string to) -> asio::awaitable<void> {
            auto const executor = co_await asio::this_coro::executor;
            auto listener = listener_on(executor);
            auto const port = listener.local_endpoint().port();
            auto made = co_await connect(std::move(to), port, std::chrono::hours(1));
            REQUIRE(made);
            auto server = listener.accept();
            auto error = co_await (*made)->write(asio::buffer("hi", 2), far());
            CHECK_FALSE(error);
            std::string got(2, '\0');
            asio::read(server, asio::buffer(got));
            CHECK(got == "hi");
            CHECK(read_error(**made) == asio::error::would_block);
        };
        run(test(host));
    }
}

TEST_CASE("where nobody listens, the last refusal is told")
{
    for (auto const* const host : {"127.0.0.1", "localhost"})
    {
        CAPTURE(host);
        asio::io_context context{1};
        auto const port = nobody_on(context.get_executor()).port();
        CHECK(run(connect_error(host, port)) == asio::error::connection_refused);
    }
}

TEST_CASE("a name that nobody has, and a scheme that isn't spoken, are told")
{
    CHECK(run(connect_error(std::string(64, 'a') + ".invalid", 80)) == errc::resolve_failed);
    CHECK(run(connect_error("127.0.0.1", 443, "gopher")) == errc::scheme_unsupported);
}

TEST_CASE("connecting to an address that is silent has a deadline, and can be cancelled")
{
    asio::io_context context{1};
    full_listener const listener(context.get_executor());
    auto const made = run(connect("127.0.0.1", listener.where().port(), std::chrono::milliseconds(50)));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::connect_timed_out);
    CHECK(cancelled(context, connect_error("127.0.0.1", listener.where().port())) == asio::error::operation_aborted);
}

TEST_CASE("a name that leads elsewhere later is asked about each time, by its address")
{
    int lookup_count = 0;
    auto flip = [&lookup_count](std::string const&) {
        auto const* const text = ++lookup_count == 1 ? "127.0.0.2" : "127.0.0.3";
        return net::lookup_answer{{asio::ip::make_address(text)}, {}};
    };
    network_options options;
    options.resolved_time = {};
    auto const net = net::make_tcp_network(options, flip);
    auto test = [](network& by) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        tcp::acceptor const listener(executor, tcp::endpoint(tcp::v4(), 0));
        connect_request request;
        request.to = endpoint{"http", "flips.example", listener.local_endpoint().port()};
        request.may_reach = [](asio::ip::address const& address) { return address.to_string() == "127.0.0.2"; };
        request.resolve_timeout = request.connect_timeout = std::chrono::hours(1);
        std::string detail = "of an earlier one";
        auto made = co_await by.connect(request, detail);
        REQUIRE(made);
        CHECK(detail.empty());
        CHECK((*made)->facts().address == asio::ip::make_address("127.0.0.2"));
        CHECK((*made)->facts().tls.empty());
        made = co_await by.connect(request, detail);
        REQUIRE_FALSE(made);
        CHECK(made.error() == errc::address_refused);
        CHECK(detail == "127.0.0.3 may not be reached");
    };
    run(test(*net));
    CHECK(lookup_count == 2);
}

TEST_CASE("a host that could be taken for more than a host isn't asked for")
{
    for (auto const& host : {std::string(), std::string("a b"), std::string("a\r\nb"), std::string("a\0b", 3)})
        CHECK(run(connect_error(host, 80)) == errc::url_invalid);
}

TEST_CASE("a name that isn't resolved in time is told, and the network may be destroyed before who connects")
{
    std::atomic<bool> is_let_go = false;
    auto hang = [&is_let_go](std::string const&) {
        is_let_go.wait(false);
        return net::lookup_answer{};
    };
    auto net = net::make_tcp_network({}, hang);
    auto test = [](network& by, std::chrono::milliseconds timeout) -> asio::awaitable<error_code> {
        connect_request request;
        request.to = endpoint{"http", "hangs.example", 80};
        request.resolve_timeout = timeout;
        request.connect_timeout = std::chrono::hours(1);
        std::string detail;
        auto const made = co_await by.connect(request, detail);
        co_return made ? error_code() : made.error();
    };
    CHECK(run(test(*net, std::chrono::milliseconds(20))) == errc::resolve_timed_out);
    asio::io_context context{1};
    std::optional<error_code> outcome;
    auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
    asio::co_spawn(context, test(*net, std::chrono::hours(1)), keep);
    context.poll();
    net.reset();
    is_let_go = true;
    is_let_go.notify_all();
    context.restart();
    context.run();
    CHECK(outcome == errc::resolve_failed);
}
