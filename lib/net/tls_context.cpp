#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <utility>

namespace webseed::net {

namespace {

// A connection reads that much at once, and holds it only while there is something to read: two records, which are
// still in the nearest caches when they are decrypted and copied. Eight took a tenth more of the processor's time.
constexpr std::size_t read_ahead_size = 34u << 10;

int owner_index()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// C calls it, which knows no exceptions: a session that can't be kept isn't.
int keep_session(SSL* ssl, SSL_SESSION* session) noexcept
{
    auto const* const owner = static_cast<session_owner const*>(SSL_get_ex_data(ssl, owner_index()));
    if (owner == nullptr || SSL_SESSION_is_resumable(session) == 0)
        return 0;
    SSL_SESSION_up_ref(session);
    owned_session kept(session);
    try
    {
        owner->sessions->put(owner->endpoint, std::move(kept));
    }
    catch (...)
    {}
    return 0;
}

// OpenSSL would ask the terminal for the password of a key.
int no_password(char*, int, int, void*)
{
    return -1;
}

// Whom the server must be, and what SNI tells it: a name, but no address (RFC 6066, section 3).
bool set_name(SSL* ssl, std::string name)
{
    auto* const param = SSL_get0_param(ssl);
    error_code not_an_address;
    auto const address = boost::asio::ip::make_address(name, not_an_address);
    if (!not_an_address && address.is_v4())
        return X509_VERIFY_PARAM_set1_ip(param, address.to_v4().to_bytes().data(), 4) == 1;
    if (!not_an_address)
        return X509_VERIFY_PARAM_set1_ip(param, address.to_v6().to_bytes().data(), 16) == 1;
    if (name.ends_with('.'))
        name.pop_back();
    // Names count where the standard has them, not in the subject (RFC 9525); "w*.example" is for nobody.
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return !name.empty() && X509_VERIFY_PARAM_set1_host(param, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

} // namespace

void ssl_freed::operator()(SSL* ssl) const noexcept
{
    // As if it had been shut down in the proper way: else its session would be spoilt for others.
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

std::string tls_reason()
{
    auto const error = ERR_peek_error();
    if (error == 0)
        return "no reason given";
    if (ERR_SYSTEM_ERROR(error))
        return error_code(ERR_GET_REASON(error), boost::system::system_category()).message();
    auto const* const text = ERR_reason_error_string(error);
    return text != nullptr ? text : "error " + std::to_string(error) + " of OpenSSL";
}

tls_context::tls_context(tls_options options)
    : options_(std::move(options))
{}

tls_context::~tls_context() = default;

bool tls_context::load_trusted()
{
    auto const is_loaded = options_.ca_file.empty()
                               ? SSL_CTX_set_default_verify_paths(context_.get())
                               : SSL_CTX_load_verify_file(context_.get(), options_.ca_file.c_str());
    if (is_loaded != 1)
        problem_ = "the trusted certificates in " + (options_.ca_file.empty() ? "the system" : options_.ca_file) +
                   " can't be read: " + tls_reason();
    return is_loaded == 1;
}

bool tls_context::load_own()
{
    if (options_.certificate_file.empty() && options_.key_file.empty())
        return true;
    auto const& certificate = options_.certificate_file;
    auto const& key = options_.key_file.empty() ? certificate : options_.key_file;
    if (certificate.empty())
        problem_ = "there is no certificate for the key " + key;
    else if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1)
        problem_ = "the certificate " + certificate + " can't be read: " + tls_reason();
    else if (SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
        problem_ = "the key " + key + " can't be used: " + tls_reason();
    return problem_.empty();
}

void tls_context::prepare()
{
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    auto* const context = context_.get();
    static constexpr unsigned char http_1_1[] = "\x08http/1.1";
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_alpn_protos(context, http_1_1, sizeof http_1_1 - 1) != 0)
    {
        problem_ = "OpenSSL can't be used: " + tls_reason();
        return;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    // A record that isn't for us returns, too: else a server could keep OpenSSL busy with them without end.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_ahead_size);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    // Whoever is named in the file is trusted, though somebody else vouches for him.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, options_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if ((options_.verify && !load_trusted()) || !load_own())
        return;
}

tls_client tls_context::make(endpoint const& to, std::string& detail)
{
    std::call_once(prepared_, [this] { prepare(); });
    tls_client made;
    if (!problem_.empty())
    {
        detail = problem_;
        return made;
    }
    ERR_clear_error();
    made.owner = std::make_unique<session_owner>(session_owner{sessions_, to.host + ":" + std::to_string(to.port)});
    made.ssl.reset(SSL_new(context_.get()));
    if (!made.ssl || SSL_set_ex_data(made.ssl.get(), owner_index(), made.owner.get()) != 1 ||
        !set_name(made.ssl.get(), to.host))
    {
        detail = tls_reason();
        made.ssl.reset();
        return made;
    }
    SSL_set_connect_state(made.ssl.get());
    if (auto const earlier = sessions_->take(made.owner->endpoint))
        SSL_set_session(made.ssl.get(), earlier.get());
    return made;
}

} // namespace webseed::net
