// Where earlier TLS connections left off, so that later ones to the same server are agreed on with less work.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace webseed::net {

struct session_freed
{
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using owned_session = std::unique_ptr<SSL_SESSION, session_freed>;

/// Called from all workers. Forgets the endpoints that were asked for least lately.
class tls_sessions
{
public:
    /// @param endpoint  the name that the server's certificate was checked against, and the port.
    void put(std::string const& endpoint, owned_session session);

    /// Null where there is none. One of TLS 1.3 is given away, so that nobody on the line can tell two connections of
    /// the same client by it (RFC 8446, C.4); an older one is kept for the next, too.
    owned_session take(std::string const& endpoint);

    static constexpr std::size_t endpoint_count_max = 256;
    static constexpr std::size_t session_count_max = 8; // of an endpoint

private:
    struct kept
    {
        std::deque<owned_session> sessions; // the latest last
        std::uint64_t turn = 0;             // when it was last used
    };

    void forget_oldest();

    std::mutex mutex_;
    std::map<std::string, kept> endpoints_;
    std::uint64_t turn_ = 0;
};

} // namespace webseed::net
