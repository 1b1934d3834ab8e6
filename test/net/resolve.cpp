#include "net/resolve.hpp"

#include "net/loopback.hpp"

using namespace webseed;
using namespace webseed::test;

namespace {

boost::system::result<std::vector<tcp::endpoint>>
resolved(std::string host, time_point deadline = far(), std::uint16_t port = 80)
{
    return run(net::resolve(endpoint{"http", std::move(host), port}, deadline));
}

asio::awaitable<error_code> resolve_name(std::string host)
{
    endpoint to{"http", std::move(host), 80};
    auto const found = co_await net::resolve(std::move(to), far());
    co_return found ? error_code() : found.error();
}

// Asks nobody: no label of a name may be that long.
std::string const impossible_name = std::string(64, 'a') + ".invalid";

} // namespace

TEST_CASE("an address is its own, and needs no resolver")
{
    struct row
    {
        char const* host;
        char const* address;
    };
    for (auto const& row :
         {row{"127.0.0.1", "127.0.0.1"}, row{"192.0.2.1", "192.0.2.1"}, row{"::1", "::1"},
          row{"2001:DB8:0::1", "2001:db8::1"}, row{"::ffff:127.0.0.1", "::ffff:127.0.0.1"}})
    {
        CAPTURE(row.host);
        auto const found = resolved(row.host, std::chrono::steady_clock::now() - std::chrono::hours(1), 8080);
        REQUIRE(found);
        REQUIRE(found->size() == 1);
        CHECK(found->front().address().to_string() == row.address);
        CHECK(found->front().port() == 8080);
    }
}

TEST_CASE("localhost is here")
{
    auto const found = resolved("localhost", far(), 8080);
    REQUIRE(found);
    CHECK_FALSE(found->empty());
    CHECK(found->size() <= net::address_count_max);
    for (auto const& each : *found)
    {
        CHECK(each.address().is_loopback());
        CHECK(each.port() == 8080);
    }
}

TEST_CASE("a name that nobody has is not resolved")
{
    for (auto const& name : {impossible_name, std::string("a..invalid"), std::string(300, 'a')})
    {
        CAPTURE(name);
        auto const found = resolved(name);
        REQUIRE_FALSE(found);
        CHECK(found.error() == errc::resolve_failed);
    }
}

TEST_CASE("resolving has a deadline")
{
    // The resolver may be quicker even than a deadline that has passed.
    auto const found = resolved("localhost", std::chrono::steady_clock::now() - std::chrono::hours(1));
    if (!found)
        CHECK(found.error() == errc::connect_timed_out);
}

TEST_CASE("resolving can be cancelled")
{
    for (auto const& name : {std::string("localhost"), impossible_name})
    {
        asio::io_context context{1};
        CHECK(cancelled(context, resolve_name(name)) == asio::error::operation_aborted);
    }
}

TEST_CASE("a context may be destroyed while a name is being resolved")
{
    for (int handlers = 0; handlers != 3; ++handlers)
    {
        asio::io_context context{1};
        asio::co_spawn(context, resolve_name("localhost"), [](std::exception_ptr, error_code) {});
        for (int i = 0; i != handlers; ++i)
            context.poll_one();
    }
}
