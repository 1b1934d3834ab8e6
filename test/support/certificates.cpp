#include "support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace webseed::test {
namespace {

template <auto Free>
struct freed_by
{
    template <class T>
    void operator()(T* what) const
    {
        Free(what);
    }
};
using owned_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using owned_certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using owned_extension = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using owned_bio = std::unique_ptr<BIO, freed_by<BIO_free>>;

void need(bool is_done, char const* what)
{
    if (!is_done)
        throw std::runtime_error(std::string("certificates: ") + what);
}

owned_key make_key()
{
    owned_key key(EVP_EC_gen("P-256"));
    need(key != nullptr, "no key");
    return key;
}

void add_extension(X509& to, X509& issuer, int what, std::string const& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, &issuer, &to, nullptr, nullptr, 0);
    owned_extension const extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    need(extension && X509_add_ext(&to, extension.get(), -1) == 1, value.c_str());
}

// A certificate without extensions and signature, of a random serial number.
owned_certificate begin(EVP_PKEY& key, std::string const& subject, certificate_wish const& wish)
{
    owned_certificate made(X509_new());
    need(made != nullptr, "no certificate");
    std::uint32_t number = 0;
    need(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) == 1, "no random number");
    auto const seconds = [](std::chrono::hours time) { return static_cast<long>(std::chrono::seconds(time).count()); };
    auto* const name = X509_get_subject_name(made.get());
    auto const* const text = reinterpret_cast<unsigned char const*>(subject.c_str());
    need(
        X509_set_version(made.get(), X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), number) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(made.get()), seconds(wish.valid_from)) != nullptr &&
            X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds(wish.valid_until)) != nullptr &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
            X509_set_pubkey(made.get(), &key) == 1,
        "no certificate");
    return made;
}

void sign(X509& made, X509& issuer, EVP_PKEY& key)
{
    need(
        X509_set_issuer_name(&made, X509_get_subject_name(&issuer)) == 1 && X509_sign(&made, &key, EVP_sha256()) != 0,
        "no signature");
}

std::string subject_alternatives(certificate_wish const& wish)
{
    std::string text;
    for (auto const& name : wish.names)
        text += (text.empty() ? "DNS:" : ",DNS:") + name;
    for (auto const& address : wish.addresses)
        text += (text.empty() ? "IP:" : ",IP:") + address;
    return text;
}

void add_leaf_extensions(X509& made, X509& issuer, certificate_wish const& wish)
{
    add_extension(made, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made, issuer, NID_key_usage, "critical,digitalSignature");
    add_extension(made, issuer, NID_ext_key_usage, wish.is_for_client ? "clientAuth" : "serverAuth");
    if (auto const text = subject_alternatives(wish); !text.empty())
        add_extension(made, issuer, NID_subject_alt_name, text);
}

owned_bio open_file(std::string const& path)
{
    owned_bio file(BIO_new_file(path.c_str(), "w"));
    need(file != nullptr, path.c_str());
    return file;
}

void write_certificate(X509& certificate, std::string const& path)
{
    need(PEM_write_bio_X509(open_file(path).get(), &certificate) == 1, path.c_str());
}

certificate_files
write_both(X509& certificate, EVP_PKEY& key, std::filesystem::path const& directory, std::string const& name)
{
    certificate_files files{directory / (name + ".pem"), directory / (name + ".key.pem")};
    write_certificate(certificate, files.certificate);
    auto const file = open_file(files.key);
    need(PEM_write_bio_PrivateKey(file.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1, files.key.c_str());
    return files;
}

std::string subject_of(certificate_wish const& wish)
{
    return wish.names.empty() ? "nobody" : wish.names.front();
}

} // namespace

struct certificate_authority::identity
{
    owned_key key;
    owned_certificate certificate;
};

certificate_authority::certificate_authority(std::filesystem::path directory, std::string name)
    : directory_(std::move(directory))
    , name_(std::move(name))
{
    auto key = make_key();
    auto made = begin(*key, "authority " + name_, {});
    add_extension(*made, *made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(*made, *made, NID_subject_key_identifier, "hash");
    sign(*made, *made, *key);
    write_certificate(*made, file());
    identity_ = std::make_unique<identity const>(identity{std::move(key), std::move(made)});
}

certificate_authority::~certificate_authority() = default;

std::string certificate_authority::file() const
{
    return directory_ / (name_ + ".pem");
}

certificate_files certificate_authority::issue(std::string const& name, certificate_wish const& wish) const
{
    auto const key = make_key();
    auto const made = begin(*key, subject_of(wish), wish);
    add_leaf_extensions(*made, *identity_->certificate, wish);
    add_extension(*made, *identity_->certificate, NID_authority_key_identifier, "keyid:always");
    sign(*made, *identity_->certificate, *identity_->key);
    return write_both(*made, *key, directory_, name);
}

certificate_files
issue_by_itself(std::filesystem::path const& directory, std::string const& name, certificate_wish const& wish)
{
    auto const key = make_key();
    auto const made = begin(*key, subject_of(wish), wish);
    add_leaf_extensions(*made, *made, wish);
    sign(*made, *made, *key);
    return write_both(*made, *key, directory, name);
}

} // namespace webseed::test
