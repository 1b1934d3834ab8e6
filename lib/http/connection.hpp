// One keep-alive HTTP/1.1 connection to a server, which fetches one range or body after the other. Beast parses the
// heads and chunked bodies; a body of known length goes straight from the stream into a borrowed buffer and on to the
// sink. Knows no pieces and no sockets.
#pragma once

#include "http/body_sink.hpp"
#include "http/inbox.hpp"
#include "http/range_response.hpp"
#include "http/redirect.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>
#include <webseed/request_options.hpp>
#include <webseed/types.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::http {

class exchange;
struct exchange_place;

struct connection_options
{
    std::string user_agent;
    std::chrono::milliseconds resolve_timeout{};
    std::chrono::milliseconds connect_timeout{};
    std::chrono::milliseconds handshake_timeout{};
    std::chrono::milliseconds head_timeout{};
    std::chrono::milliseconds stall_timeout{};
    /// Fewer bytes of a body than this in stall_timeout: errc::stalled.
    std::uint64_t stall_size_min = 0;
    /// From sending a request to the end of the response, whatever takes the time; 0: never.
    std::chrono::milliseconds range_timeout{};
};

struct range_request
{
    std::string host_field;
    std::string target;
    answer_kind kind = answer_kind::range;
    /// Not empty. Inside the file; of a document the limit of its size, with an offset of 0.
    byte_range range;
    /// Of the kind `exact` also 0: that of the range, which is all there is.
    std::uint64_t file_size = 0;
    /// Of the kind `exact`: nothing in the request says which bytes are wanted, and all of the file is to come.
    bool is_all_asked = false;
    /// Of the kind `range`: whether the file itself is a page of HTML, to judge by its name.
    bool is_page = false;
    /// Of the kind `range`: so many bytes in front of it are read in vain where the server sends the whole file.
    std::uint64_t skip_max = skip_size_max;
    /// Of the kind `range`: what an earlier response said of the version of the file, whose bytes these must match;
    /// empty: any version will do.
    std::string validator{};
    /// Sent as they are: whoever asks has chosen what this server may get; see request_fields.hpp.
    std::vector<header_field> fields{};

    friend bool operator==(range_request const&, range_request const&) = default;
};

struct range_result
{
    error_code error;
    /// 0 where no response came.
    unsigned status = 0;
    /// What network::connect() said, or why a redirect is refused; empty where there is no more to say.
    std::string detail;
    std::optional<std::chrono::seconds> retry_after;
    /// Set with errc::status_unexpected: it can be followed. One that can't be is errc::redirect_refused.
    std::optional<redirect> moved;
    /// Of a response that brings something: what a later request may say in order to get the same version of the file;
    /// empty: nothing.
    std::string validator;
    /// From sending the request to the first byte of the response.
    std::chrono::steady_clock::duration head_time{};
    /// The first refusal_size_max bytes of the body of a 503 to a request of the kind `exact`, as far as they came:
    /// see parse_wait().
    std::string refusal;
    /// Bytes that the sink accepted. Without an error it may still be less than asked for, unless that was `exact`.
    std::uint64_t delivered = 0;
    /// Bytes of bodies that came over the line.
    std::uint64_t received = 0;
    /// Streams opened and requests sent for it: one request, or two where a kept-alive stream turned out to be dead;
    /// none where it had been sent ahead; and those that were sent ahead with it.
    unsigned connects = 0;
    unsigned requests = 0;

    // Of the last response that came:

    /// It could be followed by others at once: HTTP/1.1, kept alive, with a Content-Length, and no error.
    bool may_be_followed = false;
    /// The server said that it is the last one on its stream. So many responses that has had, with this one.
    bool is_last = false;
    unsigned response_count = 0;
    /// Its head said how long its body is.
    bool has_length = false;
    /// It brought all of the file where a range was asked for; of the kind `exact`.
    bool brought_all = false;
    /// Other requests were under way with this one, and it wasn't asked again without.
    bool was_among_others = false;
    /// Asked again without others it went well, and among them it hadn't.
    bool is_doubtful = false;
    /// It should have been asked again, and mustn't be now: what is said of it may be wrong.
    bool is_put_off = false;
    /// Of the requests that were to be sent ahead so many were; and so many are under way, with those of earlier calls.
    unsigned sent_ahead = 0;
    unsigned under_way = 0;
};

/// Requests to be sent at once, to be fetched after the one that is fetched now.
struct requests_ahead
{
    std::vector<range_request> requests{};
    /// For the head of a response that was asked for ahead, from the end of the response before; head_timeout at most.
    std::chrono::milliseconds patience{};
    /// Asked before what went wrong among others is asked for again; empty: it may be.
    std::function<bool()> may_repeat{};
};

inline constexpr std::size_t refusal_size_max = 64;

class connection
{
public:
    /// The references must outlive the connection. Nothing is connected before the first request.
    /// @param may_reach  as in connect_request.
    connection(
        network& net, clock& time, buffer_lender& buffers, endpoint to, connection_options options,
        std::function<bool(boost::asio::ip::address const&)> may_reach = {});

    /// Sends `ahead` behind the request; but not to a proxy, and no more text than a server surely takes while it
    /// sends. Later calls shall be for those that were sent, in that order: with any other one, and after an error,
    /// those under way are forgotten with the stream. What goes wrong among others, but for errc::overloaded, before
    /// the sink has heard of it is asked once more without them.
    ///
    /// Reads `request.range`, or as much of it from its start as the server sends, into `sink`; of other kinds the
    /// whole body, whether its end is told by a length, by chunks or by the server's closing.
    /// @param request, sink, result  must outlive the operation. A result in each coroutine on the way would be most of
    ///                               what a request takes in memory.
    /// Completes when the response has ended, or on the first error; a connection about which there is any doubt is
    /// closed, and the next call connects anew. So is a kept-alive stream that the server has closed or sent unasked
    /// bytes on meanwhile; one that turns out to be dead before the first byte of the response, or says 408, is
    /// replaced once. Errors: those of judge(), judge_exact() and judge_document() (a body that turns out to be longer
    /// than allowed gives what its Content-Length would have given, after what is allowed of it was delivered), of
    /// network and stream, of the sink; errc::head_timed_out, errc::head_too_large, errc::body_truncated,
    /// errc::response_invalid, errc::stalled, errc::range_timed_out; errc::redirect_refused; errc::content_changed
    /// where the file isn't the validator's; errc::proxy_unauthorized where it's the proxy that says 407. Terminal
    /// cancellation: operation_aborted, as a value or thrown. One at a time; on one strand. RFC 9110 section 14, RFC
    /// 9112.
    boost::asio::awaitable<void>
    fetch(range_request const& request, body_sink& sink, range_result& result, requests_ahead ahead = {});

    bool is_open() const noexcept { return stream_ != nullptr; }
    bool has_under_way() const noexcept { return !sent_.empty(); }
    /// Responses that the stream has had.
    unsigned response_count() const noexcept { return response_count_; }
    void close() noexcept;
    /// Of the last stream that it opened.
    stream_facts const& facts() const noexcept { return facts_; }

private:
    // A request whose response hasn't begun to be read.
    struct sent_request
    {
        range_request request;
        std::size_t size = 0; // of its text
        time_point at;
    };

    boost::asio::awaitable<error_code> connect(std::string& detail);
    bool is_quiet();
    exchange_place send(range_request const& request, requests_ahead& ahead, range_result& result);
    bool end(exchange& talk, range_result& result);

    network& net_;
    clock& time_;
    buffer_lender& buffers_;
    endpoint to_;
    connection_options options_;
    std::function<bool(boost::asio::ip::address const&)> may_reach_;
    std::unique_ptr<stream> stream_;
    stream_facts facts_;
    // Of the stream:
    std::deque<sent_request> sent_;
    std::size_t sent_size_ = 0; // of their text
    inbox in_;
    unsigned response_count_ = 0;
};

} // namespace webseed::http
