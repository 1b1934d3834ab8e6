// An http::connection over a stream in memory, whose bytes arrive in the pieces into which the fuzzer cuts them.
#pragma once

#include "fuzz/input.hpp"
#include "http/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace webseed::test {

/// What comes behind the last byte.
enum class stream_end
{
    silence,
    orderly,
    reset,
};

/// What a server sends, whatever it is asked.
struct script
{
    std::string bytes;
    /// Sizes of the pieces in which they arrive, over and over; none: everything at once, and its end with it.
    std::vector<std::size_t> pieces;
    stream_end end = stream_end::silence;
};

/// The first connection finds the script; all others silence.
class script_network final : public network
{
public:
    explicit script_network(script first)
        : first_(std::move(first))
    {}

    boost::asio::awaitable<boost::system::result<std::unique_ptr<stream>>>
    connect(connect_request request, std::string& detail) override;

    /// From now on everything has arrived, and each request is answered with this, by whatever stream it comes.
    void answer_with(std::string bytes);
    /// All requests, one behind the other.
    std::string const& sent() const noexcept { return sent_; }
    int live_streams() const noexcept { return live_streams_; }

private:
    friend class script_stream;

    script first_;
    std::string answer_;
    std::string sent_;
    int live_streams_ = 0;
    int connects_ = 0;
};

/// Whether the text has the word, written in whatever case.
bool mentions(std::string_view text, std::string_view word);

/// How a fetch ended, and the next one after it.
struct exchange_result
{
    http::range_result first;
    std::string body;
    /// Whether the second request went over the first stream.
    bool is_reused = false;

    friend bool operator==(exchange_result const& a, exchange_result const& b);
};

/// The requests that the targets choose from; of a file with some bytes.
http::range_request drawn_request(input& drawn);

/// Fetches from the script and then, from a server that does as it should, once more, which must succeed. Whatever the
/// pieces and the size of the buffers are, it must come to the same.
exchange_result exchange(script const& scripted, http::range_request const& request, std::size_t buffer_size);

/// Does so with everything at once and with the pieces, which must come to the same; only the connection of a chunked
/// response may be lost where its end doesn't come together with the last bytes that are wanted. Returns the first.
exchange_result exchange_both_ways(script const& scripted, http::range_request const& request);

/// Reads a line of decisions: how the stream ends, which request, how the rest is to be read, and where it is cut.
struct exchange_plan
{
    script scripted; // with the bytes behind the line
    http::range_request request;
};
exchange_plan drawn_exchange(std::span<std::byte const> bytes);

/// Sends a request for the target and returns its head.
std::string request_head_of(std::string const& host_field, std::string const& target);

} // namespace webseed::test
