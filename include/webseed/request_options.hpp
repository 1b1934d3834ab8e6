// What requests say, and how long they may take: the same for downloads, for loading torrents and for probing seeds.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace webseed {

struct header_field
{
    std::string name;
    std::string value;

    friend bool operator==(header_field const&, header_field const&) = default;
};

/// A user's name and password on a host, sent as Authorization (Basic).
struct login
{
    /// In lower case; empty: any host that the user names.
    std::string host;
    std::string user;
    std::string password;
};

/// A request that is about to be sent.
struct header_question
{
    /// The whole URL, with its query, without a user's name and password.
    std::string url;
    /// Whether the program or embedder named the seed, and not the torrent or magnet link.
    bool is_named_by_user = false;
    /// The number of the redirect that leads there; 0: the seed's own URL.
    unsigned hop = 0;
    /// What the server said to the same request with the headers given last: 401 or 403; 0: it wasn't asked yet.
    unsigned refused_status = 0;
};

/// Headers for one request, such as a token that expires; asked again once after a 401 or 403. Runs on the workers, on
/// several at once, and may suspend. What it throws fails the request.
using header_source = std::function<boost::asio::awaitable<std::vector<header_field>>(header_question)>;

struct request_options
{
    /// Sent as User-Agent; empty: the library's own.
    std::string user_agent{};
    /// Sent to the seeds that the user names, and to nobody they redirect to unless it is the same origin (scheme, host
    /// and port). Fields that make the request itself (Host, Range, Connection, ...) are left out.
    std::vector<header_field> headers{};
    /// For servers whose URL has no user's name and password of its own.
    std::vector<login> logins{};
    /// Asked for each request, wherever it goes. Its fields come after the others, and replace those with their name.
    header_source more_headers{};

    /// Resolving a name.
    std::chrono::milliseconds resolve_timeout = std::chrono::seconds(10);
    /// Connecting to any of its addresses; through a proxy, to the server.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(20);
    /// TLS.
    std::chrono::milliseconds handshake_timeout = std::chrono::seconds(20);
    /// From sending a request to the end of the response head.
    std::chrono::milliseconds head_timeout = std::chrono::seconds(30);
    /// A body that brings less than `stall_size_min` bytes in this time is given up. Time in which it isn't read, for a
    /// limit of the rate or a slow disk, doesn't count.
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(20);
    std::uint64_t stall_size_min = 1024;
    /// A response that takes longer than this as a whole is given up, such time counted; 0: never.
    std::chrono::milliseconds range_timeout{};

    /// Redirects that are followed for one request.
    unsigned redirect_count_max = 5;
};

} // namespace webseed
