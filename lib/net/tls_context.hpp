// What all TLS connections of a network have in common: whom to trust, who we are, and what both sides may agree on.
#pragma once

#include "net/tls_sessions.hpp"

#include <webseed/network.hpp>
#include <webseed/network_options.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace webseed::net {

struct ssl_freed
{
    void operator()(SSL* ssl) const noexcept;
};

/// Whose sessions those of a connection are.
struct session_owner
{
    std::shared_ptr<tls_sessions> sessions;
    std::string endpoint;
};

/// The client's end of a connection, before its handshake and without a way to send anything.
struct tls_client
{
    std::unique_ptr<session_owner> owner; // outlives `ssl`, which points to it
    std::unique_ptr<SSL, ssl_freed> ssl;
};

/// Called from all workers. TLS 1.2 and 1.3, without compression and renegotiation.
class tls_context
{
public:
    /// Reads no file before it is first used: who speaks no TLS needs none.
    explicit tls_context(tls_options options);
    ~tls_context();

    /// For a connection to `to`, whose certificate must be for that name or address. Without `ssl`: it can't be done,
    /// and `detail` says why; of files that can't be read it names the first.
    tls_client make(endpoint const& to, std::string& detail);

private:
    void prepare();
    bool load_trusted();
    bool load_own();

    tls_options options_;
    std::shared_ptr<tls_sessions> sessions_ = std::make_shared<tls_sessions>();
    std::once_flag prepared_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
    std::string problem_;
};

/// OpenSSL's words for the first error in the calling thread's queue.
std::string tls_reason();

} // namespace webseed::net
