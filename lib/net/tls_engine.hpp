// OpenSSL between two streams of bytes: what never waits. It reads straight from the lower stream, and puts aside what
// it has to send, for somebody who can wait.
#pragma once

#include "net/tls_context.hpp"

#include <webseed/network.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/result.hpp>

#include <memory>
#include <string>

namespace webseed::net {

/// One end of a connection. Not to be moved: OpenSSL points to it. would_block of its functions means: send `out`, wait
/// until `lower` is readable if it `is_drained`, and call again.
class tls_engine
{
public:
    /// @param client  with `ssl`.
    tls_engine(std::unique_ptr<stream> lower_stream, tls_client client);
    tls_engine(tls_engine const&) = delete;
    tls_engine& operator=(tls_engine const&) = delete;

    /// Goes on with the handshake; no error: it is done.
    error_code shake_hands();

    /// Why the certificate is refused, if it is that what the handshake failed of; else empty.
    std::string const& refusal() const { return refusal_; }

    std::string version() const;
    bool is_resumed() const;

    /// As stream::read_some().
    boost::system::result<std::size_t> read_some(boost::asio::mutable_buffer buffer);

    /// Whether read_some() would not say would_block.
    bool has_record();

    /// Makes records of the beginning of `bytes`, in `out`. Returns its size.
    std::size_t write_some(boost::asio::const_buffer bytes, error_code& error);

    std::unique_ptr<stream> lower;
    /// To be sent.
    std::string out;
    /// What all reads say once what had come before was read.
    error_code ended;
    /// Whether `lower` had nothing when it was last asked. Cleared by whoever has waited for it.
    bool is_drained = false;

private:
    static BIO_METHOD const* carrier();
    static int take(BIO* bio, char* to, int size) noexcept;
    static int put(BIO* bio, char const* bytes, int size) noexcept;
    static long control(BIO* bio, int what, long number, void* pointer) noexcept;

    error_code outcome(int returned);

    error_code lower_error_;
    std::string refusal_;
    tls_client client_; // goes first: it points to the others
};

} // namespace webseed::net
