// Scripts that are often needed, honest and hostile ones, and how to put them together:
//
//     origin server(context, first(status(503, {{"Retry-After", "1"}})).then(serve(content)));
//     origin other(context, by_path({{"/f", redirect_to(server.url())}, {"/g", truncate_after(1000,
//     serve(content))}}));
//
// Each may be used several times and at several servers; what counts requests, counts those of all copies.
#pragma once

#include "script.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace webseed::test {

using header_fields = std::vector<std::pair<std::string, std::string>>;

// Honest.

/// The range that is asked for, or all of it.
server serve(std::string content);
server status(unsigned code, header_fields fields = {}, std::string body = "nothing here");
server redirect_to(std::string url, unsigned code = 302);
/// The range, chunked.
server chunked(std::string content, std::size_t chunk_size = 1000);
/// The range, without a word about its length: the end of the connection is its end.
server until_end(std::string content);

// Not what was asked for.

/// 200 and all of it, whatever is asked for.
server whole_file(std::string content);
/// The bytes behind those that are asked for, and says so.
server wrong_range(std::string content);
/// The right bytes, with this as Content-Range. @param claim  from the range and the content's size
server claim_range(std::string content, std::function<std::string(byte_range, std::size_t)> claim);
/// The range, said to be compressed, which it isn't.
server gzip(std::string content);
/// An interim response, and again, without an end.
server interim_flood();
/// A response head that has one more field, and again, without an end.
server endless_head();
/// 206 or 200 of any length, with bytes without an end.
server endless_body();
/// Exactly these bytes.
server raw(std::string bytes);

// Nothing at all.

/// Takes requests, and says nothing.
server stall();
server hang_up();
server reset();

// What happens to the response of another script. The head must be in its first step; sizes count from behind that.

/// `size` bytes of the body, and the orderly end of the connection.
server truncate_after(std::size_t size, server answers);
/// The same below TLS, which isn't told.
server close_without_notify(std::size_t size, server answers);
server reset_after(std::size_t size, server answers);
/// `size` bytes of the body, and silence.
server stall_after(std::size_t size, server answers);
/// The body in parts of `size` bytes, with a pause before each.
server drip(std::size_t size, std::chrono::nanoseconds pause, server answers);
/// A pause before everything.
server delay(std::chrono::nanoseconds pause, server answers);
/// Nothing until this is so.
server when(std::function<bool()> holds, server answers);
/// One bit of the last byte is wrong.
server corrupt(server answers);
server with_field(std::string name, std::string value, server answers);
/// More bytes behind the response, which nobody asked for.
server with_junk(std::string junk, server answers);
/// The connection ends behind each response, which doesn't say so.
server then_hang_up(server answers);

// Who answers.

/// By the target's path, without the query.
server by_path(std::map<std::string, server> paths, server otherwise = status(404));
/// The first for the server's first connection, and so on; the last for the others. Not empty.
server by_connection(std::vector<server> scripts);
/// Who asks before the response to the request before has come gets another answer.
server when_ahead(server ahead, server otherwise);

/// One after the other; the last one stays.
class sequence
{
public:
    sequence(server answers, unsigned times);
    /// @param times  requests that it answers, unless it is the last
    sequence then(server answers, unsigned times = 1) const;
    std::vector<step> operator()(request const& asked) const;

private:
    struct part
    {
        server answers;
        std::uint64_t end; // number of the first request that isn't its
    };

    std::vector<part> parts_;
    std::shared_ptr<std::atomic<std::uint64_t>> count_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

inline sequence first(server answers, unsigned times = 1)
{
    return {std::move(answers), times};
}

} // namespace webseed::test
