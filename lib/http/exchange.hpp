// One request and its response, over a stream that is open. Knows neither how the stream came about nor which requests
// follow.
#pragma once

#include "http/connection.hpp"
#include "http/heads.hpp"
#include "http/inbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace webseed::http {

/// What a connection has for all its exchanges. All of it must outlive them.
struct exchange_parts
{
    clock& time;
    buffer_lender& buffers;
    connection_options const& options;
    stream_facts const& peer;
    endpoint const& to;
};

/// How the request stands among others on the stream.
struct exchange_place
{
    /// To be written first. Empty: the request was sent already.
    std::string text;
    /// Others were sent behind it: what comes behind its response is theirs, and stays in the inbox.
    bool is_followed = false;
    /// For the head of the response, from now on.
    std::chrono::milliseconds head_timeout{};
    /// Of the request, if that was before.
    std::optional<time_point> sent_at;
};

/// Owns the stream and its inbox meanwhile, so that they are closed and emptied on every way out but a clean end.
class exchange
{
public:
    /// The references must outlive the exchange.
    exchange(
        exchange_parts const& parts, std::unique_ptr<stream> line, inbox in, exchange_place place,
        range_request const& request, body_sink& sink, range_result& result);

    /// Once. See connection::fetch().
    boost::asio::awaitable<error_code> run();

    /// Whether a byte of the response has come.
    bool has_heard() const noexcept { return has_heard_; }
    /// Whether the sink has been told of a byte.
    bool has_begun() const noexcept { return has_begun_; }
    /// The stream, if another request can follow on it.
    std::unique_ptr<stream> take_reusable() noexcept;
    /// What came behind the response, if others were sent behind the request.
    inbox take_inbox() noexcept;

private:
    void hear();
    error_code read();
    error_code read_head();
    error_code begin_body(response_parser& head);
    body_plan plan_for(response_parser const& head);
    error_code read_redirect(response_parser const& head);
    error_code begin_refusal(response_facts const& facts);
    bool may_end() const noexcept { return taken_ >= least_; }
    std::span<std::byte const> next_of_body();
    boost::asio::awaitable<error_code> decode();
    std::span<std::byte const> begin_taking(std::span<std::byte const> bytes);
    error_code end_taking(std::size_t delivered, error_code error);
    void keep_refusal(std::span<std::byte const> bytes);
    boost::asio::awaitable<error_code> wait();
    /// Whether the response has taken too long as a whole.
    bool is_late() const noexcept { return parts_.time.now() >= deadline_; }
    /// What it means that a wait has come to its end.
    error_code meaning_of(error_code error, errc timed_out) const noexcept;

    /// Bytes of the body still to come, as far as it is read.
    std::uint64_t left() const noexcept { return end_ - taken_; }
    bool is_done() const noexcept { return has_head_ && (left() == 0 || is_decoded_); }

    exchange_parts const& parts_;
    exchange_place place_;
    range_request const& request_;
    body_sink& sink_;
    range_result& result_;
    std::unique_ptr<stream> stream_;
    inbox in_;
    std::unique_ptr<response_parser> chunks_; // of a chunked body
    time_point start_;
    time_point head_deadline_;
    time_point deadline_;
    // Of all heads of the response, the interim ones counted.
    std::size_t head_size_ = 0;
    std::size_t field_count_ = 0;
    unsigned interims_ = 0;
    bool has_come_ = false; // what is in the inbox is to be looked at before more is read
    bool has_heard_ = false;
    bool has_head_ = false;
    bool has_begun_ = false;

    // The body: bytes [skip, most_) of it are wanted, and it is read as far as end_, which is a byte further where only
    // so it shows whether the body is longer than allowed_. It mustn't end before least_.
    body_plan plan_;
    std::uint64_t most_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t allowed_ = 0;
    std::uint64_t least_ = 0;
    std::uint64_t taken_ = 0;
    bool has_chunk_ = false;  // chunked, and the head of the first chunk has come
    bool is_decoded_ = false; // chunked, and the last chunk has come
    bool keeps_alive_ = false;
    bool is_clean_ = false; // the response ended where we stopped reading
    // Stalling: only waiting counts, so that neither a slow disk nor a limit of the rate is held against the seed.
    time_point::duration waited_{};
    std::uint64_t taken_while_waiting_ = 0;
};

} // namespace webseed::http
