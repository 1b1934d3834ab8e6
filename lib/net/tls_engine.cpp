#include "net/tls_engine.hpp"

#include <boost/asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>
#include <utility>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

// More isn't made before some of it is sent: a server can't make us answer without end.
constexpr std::size_t out_size_max = 256u << 10;
constexpr std::size_t record_size_max = 16u << 10;

// Empty where it isn't the certificate that the handshake failed of.
std::string why_refused(SSL* ssl)
{
    auto const error = ERR_peek_error();
    if (ERR_GET_LIB(error) != ERR_LIB_SSL || ERR_GET_REASON(error) != SSL_R_CERTIFICATE_VERIFY_FAILED)
        return {};
    auto const result = SSL_get_verify_result(ssl);
    switch (result)
    {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "the certificate is for another name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "the certificate is not yet valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "the certificate is signed by itself";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "the certificate is of an unknown authority";
    default:
        return X509_verify_cert_error_string(result);
    }
}

} // namespace

BIO_METHOD const* tls_engine::carrier()
{
    static auto const method = [] {
        std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(
            BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "stream"), BIO_meth_free);
        if (!made || BIO_meth_set_read(made.get(), take) != 1 || BIO_meth_set_write(made.get(), put) != 1 ||
            BIO_meth_set_ctrl(made.get(), control) != 1)
            throw std::bad_alloc();
        return made;
    }();
    return method.get();
}

int tls_engine::take(BIO* bio, char* to, int size) noexcept
{
    auto& self = *static_cast<tls_engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    self.is_drained = false;
    try
    {
        auto const got = self.lower->read_some(asio::buffer(to, static_cast<std::size_t>(size)));
        if (got)
            return static_cast<int>(*got);
        self.is_drained = got.error() == asio::error::would_block;
        if (self.is_drained)
            BIO_set_retry_read(bio);
        else
            self.lower_error_ = got.error();
    }
    catch (...)
    {
        self.lower_error_ = make_error_code(errc::internal);
    }
    return -1;
}

int tls_engine::put(BIO* bio, char const* bytes, int size) noexcept
{
    auto& self = *static_cast<tls_engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.out.size() >= out_size_max)
    {
        BIO_set_retry_write(bio);
        return -1;
    }
    try
    {
        self.out.append(bytes, static_cast<std::size_t>(size));
        return size;
    }
    catch (...)
    {
        self.lower_error_ = make_error_code(errc::internal);
        return -1;
    }
}

long tls_engine::control(BIO*, int what, long, void*) noexcept
{
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

tls_engine::tls_engine(std::unique_ptr<stream> lower_stream, tls_client client)
    : lower(std::move(lower_stream))
    , client_(std::move(client))
{
    auto* const bio = BIO_new(carrier());
    if (bio == nullptr)
        throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(client_.ssl.get(), bio, bio);
}

// What a call of OpenSSL means that returned no success.
error_code tls_engine::outcome(int returned)
{
    switch (SSL_get_error(client_.ssl.get(), returned))
    {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
        return asio::error::eof;
    default:
        break;
    }
    if (lower_error_ == asio::error::eof)
        return asio::ssl::error::stream_truncated;
    if (lower_error_)
        return lower_error_;
    if (auto const error = ERR_peek_error(); error != 0)
        return error_code(static_cast<int>(error), asio::error::get_ssl_category());
    return errc::tls_failed;
}

error_code tls_engine::shake_hands()
{
    if (ended)
        return ended;
    ERR_clear_error();
    auto const done = SSL_do_handshake(client_.ssl.get());
    if (done == 1)
        return {};
    auto const error = outcome(done);
    if (error != asio::error::would_block)
        refusal_ = why_refused(client_.ssl.get());
    return error;
}

std::string tls_engine::version() const
{
    return SSL_get_version(client_.ssl.get());
}

bool tls_engine::is_resumed() const
{
    return SSL_session_reused(client_.ssl.get()) == 1;
}

boost::system::result<std::size_t> tls_engine::read_some(asio::mutable_buffer buffer)
{
    std::size_t size = 0;
    while (!ended && buffer.size() != 0)
    {
        ERR_clear_error();
        std::size_t got = 0;
        auto const done = SSL_read_ex(client_.ssl.get(), buffer.data(), buffer.size(), &got);
        size += got;
        buffer += got;
        if (done == 1)
            continue;
        auto const error = outcome(done);
        if (error == asio::error::would_block)
            break;
        ended = error;
    }
    if (size != 0 || (buffer.size() == 0 && !ended))
        return size;
    return ended ? ended : error_code(asio::error::would_block);
}

bool tls_engine::has_record()
{
    if (ended)
        return true;
    if (is_drained)
        return false;
    ERR_clear_error();
    char first = 0;
    std::size_t got = 0;
    auto const done = SSL_peek_ex(client_.ssl.get(), &first, 1, &got);
    if (done == 1)
        return true;
    auto const error = outcome(done);
    if (error == asio::error::would_block)
        return false;
    ended = error;
    return true;
}

std::size_t tls_engine::write_some(asio::const_buffer bytes, error_code& error)
{
    // A server that says no more may still listen.
    error = ended == asio::error::eof ? error_code() : ended;
    if (error)
        return 0;
    ERR_clear_error();
    std::size_t written = 0;
    auto const done = SSL_write_ex(client_.ssl.get(), bytes.data(), std::min(bytes.size(), record_size_max), &written);
    if (done == 1)
        return written;
    error = outcome(done);
    if (error != asio::error::would_block)
        ended = error;
    return 0;
}

} // namespace webseed::net
