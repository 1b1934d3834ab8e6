// A connection in a scripted world, with a sink that remembers and buffers that count.
#pragma once

#include "http/connection.hpp"

#include "support/printing.hpp"
#include "support/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace webseed::test {

/// Lends the least that is promised.
class counting_lender final : public http::buffer_lender
{
public:
    std::span<std::byte> borrow() override
    {
        lent_.push_back(std::make_unique<std::byte[]>(size));
        return {lent_.back().get(), size};
    }
    void give_back(std::span<std::byte> buffer) noexcept override
    {
        std::erase_if(lent_, [buffer](auto const& each) { return each.get() == buffer.data(); });
    }
    std::size_t lent() const noexcept { return lent_.size(); }

private:
    static constexpr std::size_t size = 32 * 1024;

    std::vector<std::unique_ptr<std::byte[]>> lent_;
};

class recording_sink final : public http::body_sink
{
public:
    asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        REQUIRE_FALSE(bytes.empty());
        largest = std::max(largest, bytes.size());
        text.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        if (before_return)
            co_return co_await before_return();
        co_return error_code();
    }

    void skipped(std::size_t size) override
    {
        skipped_size += size;
        largest_skipped = std::max(largest_skipped, size);
    }
    std::size_t size_max() const noexcept override { return read_size_max; }
    bool is_due() const noexcept override { return pause != nullptr; }
    asio::awaitable<error_code> breathe() override
    {
        ++pauses;
        co_await pause();
        co_return error_code();
    }

    std::string text;
    /// Of what came at once.
    std::size_t largest = 0;
    std::uint64_t skipped_size = 0;
    std::size_t largest_skipped = 0;
    std::size_t read_size_max = std::numeric_limits<std::size_t>::max();
    std::function<asio::awaitable<error_code>()> before_return;
    /// Between the pieces; none: it never wants to breathe.
    std::function<asio::awaitable<void>()> pause;
    int pauses = 0;
};

/// The bytes of a file that is served.
inline std::string content_of(std::size_t size)
{
    std::string content(size, '\0');
    for (std::size_t i = 0; i != size; ++i)
        content[i] = static_cast<char>('a' + i * 7 % 26 - i / 101 % 3 * 32);
    return content;
}

/// A client of the server "seed".
struct http_client
{
    http_client()
        : options(default_options())
        , connection(std::make_unique<http::connection>(
              *world.net, *world.time, buffers, endpoint{"http", "seed", 80}, options))
    {}

    /// With a new connection.
    void limit_range(std::chrono::milliseconds most)
    {
        options.range_timeout = most;
        connection =
            std::make_unique<http::connection>(*world.net, *world.time, buffers, endpoint{"http", "seed", 80}, options);
    }

    static http::connection_options default_options()
    {
        http::connection_options made;
        made.user_agent = "tester/1";
        made.connect_timeout = std::chrono::seconds(20);
        made.head_timeout = std::chrono::seconds(30);
        made.stall_timeout = std::chrono::seconds(20);
        made.stall_size_min = 1024;
        return made;
    }

    static http::range_request request_of(byte_range range, std::uint64_t file_size)
    {
        http::range_request made;
        made.host_field = "seed";
        made.target = "/file";
        made.range = range;
        made.file_size = file_size;
        return made;
    }

    /// For a whole body of one size, or of at most that size.
    static http::range_request request_of(http::answer_kind kind, std::uint64_t size)
    {
        auto made = request_of({0, size}, 0);
        made.kind = kind;
        return made;
    }

    /// The answers to the first, second, ... request; the last one also to all later ones.
    void serve(std::vector<std::vector<step>> answers)
    {
        auto next = std::make_shared<std::size_t>(0);
        world.net->serve("seed", [this, next, answers = std::move(answers)](request const& asked) {
            requests.push_back(asked.text);
            auto const i = std::min(*next, answers.size() - 1);
            ++*next;
            return answers[i];
        });
    }
    void serve(std::string const& answer) { serve({{send_bytes{answer}}}); }

    /// Starts a fetch; its end is seen in `result` or `thrown`.
    void start(http::range_request request)
    {
        result.reset();
        thrown = nullptr;
        wanted = std::move(request);
        auto keep = [this](std::exception_ptr failure) {
            if (failure)
                thrown = failure;
            else
                result = coming;
        };
        asio::co_spawn(
            world.context, connection->fetch(wanted, sink, coming, std::exchange(ahead, {})),
            asio::bind_cancellation_slot(stop.slot(), std::move(keep)));
    }

    void start(byte_range range, std::uint64_t file_size) { start(request_of(range, file_size)); }

    /// A whole fetch, which must not throw. Forgets what the sink got before.
    http::range_result fetch(http::range_request request)
    {
        sink.text.clear();
        start(std::move(request));
        world.run();
        REQUIRE_FALSE(thrown);
        REQUIRE(result);
        CHECK(buffers.lent() <= (result->under_way != 0 ? 1 : 0)); // with what came behind the response
        return *result;
    }
    http::range_result fetch(byte_range range, std::uint64_t file_size) { return fetch(request_of(range, file_size)); }

    counting_lender buffers;
    recording_sink sink;
    http::requests_ahead ahead; // with the next fetch
    asio::cancellation_signal stop;
    std::vector<std::string> requests;
    http::range_request wanted;
    http::range_result coming;
    std::optional<http::range_result> result; // once it has ended
    std::exception_ptr thrown;
    http::connection_options options;
    test::world world;
    std::unique_ptr<http::connection> connection;
};

/// A 206 with these bytes of `content`, by the book.
inline std::string partial(byte_range range, std::string const& content, std::string const& fields = {})
{
    auto const field = "Content-Range: bytes " + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) +
                       '/' + std::to_string(content.size()) + "\r\n";
    return response("206 Partial Content", field + fields, content.substr(range.offset, range.size));
}

/// A response with a head of its own and a body that is sent as it is.
inline std::string raw(std::string const& status, std::string const& fields, std::string const& body)
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" + body;
}

} // namespace webseed::test
