// Certificates for TLS under test, made when they are needed. Nothing of it may be trusted outside of tests.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test {

/// What a certificate says. The first of `names` is also the subject's common name.
struct certificate_wish
{
    std::vector<std::string> names{"localhost"};
    /// "127.0.0.1", "::1".
    std::vector<std::string> addresses{"127.0.0.1", "::1"};
    /// From now on; negative: before now.
    std::chrono::hours valid_from{-24};
    std::chrono::hours valid_until{24};
    /// Whether it is a client's, and not a server's.
    bool is_for_client = false;
};

/// Paths of PEM files.
struct certificate_files
{
    std::string certificate;
    std::string key;
};

/// An authority that people can trust by its `file()`, and what it signs. Two of them don't know each other, whatever
/// they are called. Throws std::runtime_error where OpenSSL or the directory fails.
class certificate_authority
{
public:
    /// @param directory  must exist; holds `name`.pem from then on.
    explicit certificate_authority(std::filesystem::path directory, std::string name = "ca");
    ~certificate_authority();

    /// The path of its own certificate.
    std::string file() const;

    /// Makes `name`.pem and `name`.key.pem in the directory, of a new key.
    certificate_files issue(std::string const& name, certificate_wish const& wish = {}) const;

private:
    struct identity;

    std::filesystem::path directory_;
    std::string name_;
    std::unique_ptr<identity const> identity_;
};

/// The same, signed by itself.
certificate_files
issue_by_itself(std::filesystem::path const& directory, std::string const& name, certificate_wish const& wish = {});

} // namespace webseed::test
