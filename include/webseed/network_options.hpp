// How the library's own network reaches servers: TLS, proxies, names.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace webseed {

struct tls_options
{
    /// A file of PEM certificates that are trusted instead of the system's; empty: the system's.
    std::string ca_file{};
    /// PEM files of the certificate and key that servers may ask for; empty: none.
    std::string certificate_file{};
    std::string key_file{};
    /// False: anybody may pose as the server. Only pieces are verified then; what else is sent, credentials too, is
    /// open to whoever sits on the line.
    bool verify = true;
};

/// URLs of proxies, as `[http|https|socks5|socks5h]://[user:password@]host[:port]`; http where no scheme is given;
/// ports 80, 443 and 1080 unless given. Empty: none. A proxy resolves the names of servers itself, but for `socks5`.
struct proxy_options
{
    /// For http URLs.
    std::string http{};
    /// For https URLs.
    std::string https{};
    /// For those that have none of their own.
    std::string all{};
    /// Hosts that are reached without: names, which also stand for all below them, addresses, and networks
    /// (10.0.0.0/8), each with or without a port; separated by commas or spaces. "*": all.
    std::string none{};
};

enum class address_family
{
    any,
    ipv4,
    ipv6,
};

struct network_options
{
    tls_options tls{};
    proxy_options proxy{};
    address_family family = address_family::any;
    /// The most addresses of a name that are tried.
    std::size_t address_count_max = 8;
    /// While an attempt is neither made nor refused, the next address is tried after this time, too (RFC 8305).
    std::chrono::milliseconds attempt_delay{250};
    /// Addresses of a name are used for so long without asking again,
    std::chrono::milliseconds resolved_time = std::chrono::seconds(60);
    /// and so long it is held for true that it has none.
    std::chrono::milliseconds unresolved_time = std::chrono::seconds(5);
    /// Threads for looking up names, started as they are needed: an unanswered lookup can't be interrupted.
    std::size_t resolver_thread_count_max = 4;
};

} // namespace webseed
