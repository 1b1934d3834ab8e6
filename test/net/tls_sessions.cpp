#include "net/tls_sessions.hpp"

#include <doctest/doctest.h>

using namespace webseed;

namespace {

net::owned_session session(int version)
{
    net::owned_session made(SSL_SESSION_new());
    REQUIRE(SSL_SESSION_set_protocol_version(made.get(), version) == 1);
    return made;
}

} // namespace

TEST_CASE("a session of TLS 1.3 is used once, the latest first; one of TLS 1.2 again and again")
{
    net::tls_sessions all;
    CHECK(all.take("a:443") == nullptr);
    auto first = session(TLS1_3_VERSION);
    auto second = session(TLS1_3_VERSION);
    auto const* const expected = second.get();
    all.put("a:443", std::move(first));
    all.put("a:443", std::move(second));
    CHECK(all.take("b:443") == nullptr);
    CHECK(all.take("a:443").get() == expected);
    CHECK(all.take("a:443") != nullptr);
    CHECK(all.take("a:443") == nullptr);
    all.put("a:443", session(TLS1_2_VERSION));
    for (int i = 0; i != 20; ++i)
        CHECK(all.take("a:443") != nullptr);
}

TEST_CASE("so many sessions are kept of an endpoint, and of so many endpoints, those not used for longest forgotten")
{
    net::tls_sessions all;
    for (std::size_t i = 0; i != 2 * net::tls_sessions::session_count_max; ++i)
        all.put("a:443", session(TLS1_3_VERSION));
    std::size_t count = 0;
    while (all.take("a:443"))
        ++count;
    CHECK(count == net::tls_sessions::session_count_max);
    all.put("old:443", session(TLS1_2_VERSION));
    all.put("forgotten:443", session(TLS1_2_VERSION));
    for (std::size_t i = 0; i != net::tls_sessions::endpoint_count_max - 1; ++i)
    {
        all.put(std::to_string(i), session(TLS1_2_VERSION));
        CHECK(all.take("old:443") != nullptr);
    }
    CHECK(all.take("forgotten:443") == nullptr);
    CHECK(all.take("0") != nullptr);
}
