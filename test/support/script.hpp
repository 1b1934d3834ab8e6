// What a server does to a connection, one step after the other, as a function of what it is asked: played in virtual
// time by the simulated network (world.hpp), and over TCP and TLS by a real server (origin.hpp). Ready-made ones are in
// answers.hpp. Knows no network itself.
#pragma once

#include <webseed/types.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace webseed::test {

struct send_bytes
{
    std::string bytes;
};
/// The same again and again, for as long as the client stays.
struct repeat_bytes
{
    std::string bytes;
    /// Behind each.
    std::chrono::nanoseconds pause{};
};
struct pause_for
{
    std::chrono::nanoseconds time;
};
/// Looked at every millisecond; by the server's thread.
struct wait_until
{
    std::function<bool()> holds;
};
struct end_stream // orderly
{
};
/// Ends the connection below TLS, which isn't told; without TLS the same as end_stream.
struct truncate_stream
{
};
struct reset_stream
{
};
/// Behind the last one it says nothing more, and waits for the next request.
using step = std::variant<send_bytes, repeat_bytes, pause_for, wait_until, end_stream, truncate_stream, reset_stream>;

struct request
{
    std::string text; // the whole head
    std::string method;
    std::string target;
    /// How many connections, and how many requests, the server had before this one.
    std::uint64_t connection = 0;
    std::uint64_t index = 0;
    /// It came before the response to the one before had been sent.
    bool was_ahead = false;

    /// Value of the header field; empty where there is none. @param name  in any case
    std::string field(std::string const& name) const;
    /// The bytes asked for; the whole of `size` bytes where no range is given.
    byte_range range(std::uint64_t size) const;
};

/// @param head  as far as the empty line that ends it, which may be left out.
request request_of(std::string head);

/// Answers a request; called when the last byte of its head has come.
using server = std::function<std::vector<step>(request const&)>;

/// A response head and body. @param fields  whole lines, each with its CR LF.
std::string response(std::string const& status, std::string const& fields, std::string const& body);
/// 206 or 200 with these bytes of `content`, as a right server would say it.
std::string range_response(request const& asked, std::string const& content);

} // namespace webseed::test
