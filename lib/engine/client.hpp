// Asks for a URL wherever its server says that it is: follows redirects, gives each request the headers that are its
// due, lets nobody be reached who may not be, and begins anew where it began when a place that was remembered fails.
// Keeps a few connections, so that a redirect costs none.
#pragma once

#include "engine/engine_parts.hpp"
#include "engine/host_gates.hpp"
#include "engine/shared_redirects.hpp"
#include "engine/throttle.hpp"
#include "http/connection.hpp"
#include "http/redirect.hpp"
#include "http/url.hpp"

#include <webseed/address_policy.hpp>
#include <webseed/request_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace webseed::core {

/// References: all must outlive the client.
struct client_parts
{
    network& net;
    clock& time;
    http::buffer_lender& buffers;
    address_policy const& addresses;
    request_options const& options;
};

/// What they are for all that is under way in an engine. Both must outlive the client.
inline client_parts client_parts_of(engine_parts const& shared, request_options const& options)
{
    return {*shared.net, *shared.time, *shared.buffers, shared.addresses, options};
}

/// What will be asked for next, at the seed's own place.
struct client_ahead
{
    http::url where;
    http::range_request asked;
};

/// One thing to ask for. Pointers may be null; what they point to must outlive the operation.
struct client_request
{
    /// The seed's own URL of it.
    http::url where;
    /// Its host, target and headers are filled in for each hop.
    http::range_request asked;
    /// Where to look it up, and note where it was found; by this number.
    shared_redirects* known = nullptr;
    std::uint32_t file = 0;
    /// Whether the seed's URL itself has a query, and not only what is asked for below it.
    bool has_own_query = false;
    /// How fast the body may come.
    throttle* limits = nullptr;
    /// Asked before a request goes to another host than it is for.
    host_pass* pass = nullptr;
    /// Sent along where the request goes to the seed's own place, and the embedder has no hook for headers.
    std::vector<client_ahead> ahead{};
    std::chrono::milliseconds patience{};
};

struct client_result
{
    explicit client_result(http::url asked)
        : where(std::move(asked))
    {}

    /// Connects, requests and bytes received are those of all hops together. Of an error with the status of a redirect
    /// the rest is about that response.
    http::range_result response;
    /// The URL that was asked last, and how many redirects led there.
    http::url where;
    unsigned redirects = 0;
    /// Not set: nothing was asked there; a host that has no room for another request is in the way.
    bool was_admitted = true;
};

class client
{
public:
    /// @param is_named_by_user  who named the seed.
    client(client_parts parts, bool is_named_by_user);

    /// Errors: those of http::connection::fetch(); errc::address_refused, errc::redirect_refused,
    /// errc::redirect_limit. What the embedder's hook for headers throws is thrown. Otherwise as
    /// http::connection::fetch(): one at a time, on one strand.
    /// @param request, sink, got  must outlive the operation. @param got  of which nothing is kept.
    boost::asio::awaitable<void> fetch(client_request const& request, http::body_sink& sink, client_result& got);

    /// How the last response came; once there was one.
    stream_facts const& facts() const { return lines_.front()->connection.facts(); }
    void close() noexcept { lines_.clear(); }
    /// Forgets what was sent ahead.
    void close_ahead() noexcept;
    /// Of the connection used last.
    unsigned response_count() const noexcept
    {
        return lines_.empty() ? 0 : lines_.front()->connection.response_count();
    }

private:
    /// Where a request goes, and how it came to go there.
    struct hop
    {
        http::url to;
        unsigned number = 0;
        bool is_from_public = false;
        bool has_query = false; // of somebody else's making

        bool leads_as(hop const& other) const;
    };
    struct line
    {
        hop first; // for which it was opened
        http::connection connection;
    };

    boost::asio::awaitable<void> fetch_slowly(client_request const& request, http::body_sink& sink, client_result& got);
    boost::asio::awaitable<void> follow(client_request const& request, http::body_sink& sink, client_result& got);
    /// @param own  what the seed was asked for first.
    http::connection& line_to(hop const& to, http::url const& own);
    http::requests_ahead ahead_of(client_request const& request, hop const& at) const;
    time_point turn_of(client_request const& request);
    boost::asio::awaitable<bool>
    ask(client_request const& request, hop const& at, http::body_sink& sink, http::range_result& response);
    bool is_public_there() const;

    client_parts parts_;
    bool is_named_by_user_;
    http::connection_options connecting_;
    std::vector<std::unique_ptr<line>> lines_; // the one used last first
};

} // namespace webseed::core
