#include <webseed/network.hpp>

#include "net/loopback.hpp"

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
