#include "net/loopback.hpp"

#include <boost/asio/post.hpp>

using namespace webseed;
using namespace webseed::test;

namespace {

asio::awaitable<void> write_later(tcp::socket& socket, std::string text)
{
    co_await let_time_pass();
    co_await let_time_pass();
    asio::write(socket, asio::buffer(text));
}

asio::awaitable<error_code> wait_for_bytes(stream& from)
{
    co_return co_await from.wait_readable(far());
}

asio::awaitable<error_code> write_much(stream& to)
{
    std::string const much(16u << 20, 'x');
    co_return co_await to.write(asio::buffer(much), far());
}

asio::awaitable<void> connect_into(std::optional<connected_pair>& made)
{
    auto ends = co_await connect_pair();
    made.emplace(std::move(ends));
}

// A connection on a context that runs no further.
connected_pair pair_in(asio::io_context& context)
{
    std::optional<connected_pair> made;
    asio::co_spawn(context, connect_into(made), [](std::exception_ptr) {});
    context.restart();
    while (!made) // not run(): the timer goes on until the deadline that was met
        REQUIRE(context.run_one() != 0);
    return std::move(*made);
}

void ignore(std::exception_ptr, error_code) {}

} // namespace

TEST_CASE("bytes go both ways")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        auto const text = std::string("hello");
        auto error = co_await ends.client->write(asio::buffer(text), far());
        CHECK_FALSE(error);
        std::string got(5, '\0');
        asio::read(ends.server, asio::buffer(got));
        CHECK(got == "hello");

        CHECK(read_error(*ends.client) == asio::error::would_block);
        asio::write(ends.server, asio::buffer(text));
        error = co_await ends.client->wait_readable(far());
        CHECK_FALSE(error);
        CHECK(read_text(*ends.client) == "hello");
        CHECK(read_error(*ends.client) == asio::error::would_block);
    }());
}

TEST_CASE("what came before the end can still be read")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        asio::write(ends.server, asio::buffer(std::string("last")));
        ends.server.close();
        auto error = co_await ends.client->wait_readable(far());
        CHECK_FALSE(error);
        CHECK(read_text(*ends.client) == "last");
        error = co_await ends.client->wait_readable(far());
        CHECK_FALSE(error);
        CHECK(read_error(*ends.client) == asio::error::eof);
        CHECK(read_error(*ends.client) == asio::error::eof);
    }());
}

TEST_CASE("a reset is told to reader and writer")
{
    run([]() -> asio::awaitable<void> {
        for (auto const is_writing : {false, true})
        {
            auto ends = co_await connect_pair();
            ends.server.set_option(asio::socket_base::linger(true, 0));
            ends.server.close();
            auto error = co_await ends.client->wait_readable(far());
            CHECK_FALSE(error);
            if (!is_writing)
                CHECK(read_error(*ends.client) == asio::error::connection_reset);
            error = co_await write_much(*ends.client);
            CHECK((error == asio::error::connection_reset || error == asio::error::broken_pipe));
        }
    }());
}

TEST_CASE("waiting has a deadline, after which the stream is as good as before")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        for (int i = 0; i != 3; ++i)
        {
            auto error = co_await ends.client->wait_readable(soon());
            CHECK(error == errc::stalled);
            error = co_await ends.client->wait_readable(std::chrono::steady_clock::now() - std::chrono::hours(1));
            CHECK(error == errc::stalled);
            CHECK(read_error(*ends.client) == asio::error::would_block);
            asio::write(ends.server, asio::buffer(std::string("more")));
            error = co_await ends.client->wait_readable(far());
            CHECK_FALSE(error);
            CHECK(read_text(*ends.client) == "more");
        }
        auto const error = co_await ends.client->write(asio::buffer("x", 1), soon());
        CHECK_FALSE(error);
    }());
}

TEST_CASE("a deadline holds even if the timer was set for a later one")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        asio::write(ends.server, asio::buffer(std::string("x")));
        auto error = co_await ends.client->wait_readable(far());
        CHECK_FALSE(error);
        CHECK(read_text(*ends.client) == "x");
        error = co_await ends.client->wait_readable(soon());
        CHECK(error == errc::stalled);
    }());
}

TEST_CASE("a deadline that was met ends nothing that comes later")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        auto const executor = co_await asio::this_coro::executor;
        for (auto const deadline : {far(), time_point::max()})
        {
            asio::write(ends.server, asio::buffer(std::string("x")));
            auto error = co_await ends.client->wait_readable(soon());
            CHECK_FALSE(error);
            CHECK(read_text(*ends.client) == "x");
            // Bytes come only after the timer has run out.
            asio::co_spawn(executor, write_later(ends.server, "y"), [](std::exception_ptr) {});
            error = co_await ends.client->wait_readable(deadline);
            CHECK_FALSE(error);
            CHECK(read_text(*ends.client) == "y");
        }
    }());
}

TEST_CASE("more than the system's buffers hold is written while somebody reads")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        auto const executor = co_await asio::this_coro::executor;
        std::string content(8u << 20, '\0');
        for (std::size_t i = 0; i != content.size(); ++i)
            content[i] = static_cast<char>(i * 31 >> 8);
        auto writing = [](stream& to, std::string const& bytes, error_code& result) -> asio::awaitable<void> {
            result = co_await to.write(asio::buffer(bytes), far());
            to.close();
        };
        error_code written = errc::internal;
        asio::co_spawn(executor, writing(*ends.client, content, written), [](std::exception_ptr) {});
        co_await let_time_pass();
        std::string got(content.size(), '\0');
        co_await asio::async_read(ends.server, asio::buffer(got), asio::use_awaitable);
        CHECK(got == content);
        co_await let_time_pass();
        CHECK_FALSE(written);
    }());
}

TEST_CASE("writing to somebody who doesn't read has a deadline")
{
    run([]() -> asio::awaitable<void> {
        auto ends = co_await connect_pair();
        std::string const much(64u << 20, 'x');
        auto const error = co_await ends.client->write(asio::buffer(much), soon());
        CHECK(error == errc::stalled);
    }());
}

TEST_CASE("closing ends the operation under way, and all later ones")
{
    for (auto const is_writing : {false, true})
    {
        CAPTURE(is_writing);
        asio::io_context context{1};
        auto ends = pair_in(context);
        std::optional<error_code> outcome;
        auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
        auto operation = is_writing ? write_much(*ends.client) : wait_for_bytes(*ends.client);
        asio::co_spawn(context, std::move(operation), std::move(keep));
        context.restart();
        context.poll();
        REQUIRE_FALSE(outcome);
        ends.client->close();
        context.run(); // the timer must not hold it up
        CHECK(outcome == asio::error::operation_aborted);

        auto later = [](stream& closed) -> asio::awaitable<void> {
            CHECK(read_error(closed) == asio::error::operation_aborted);
            auto error = co_await closed.wait_readable(far());
            CHECK(error == asio::error::operation_aborted);
            error = co_await closed.write(asio::buffer("x", 1), far());
            CHECK(error == asio::error::operation_aborted);
            closed.close();
        };
        asio::co_spawn(context, later(*ends.client), [](std::exception_ptr) {});
        context.restart();
        context.run();
    }
}

TEST_CASE("closing between the arrival of bytes and the turn of who waits for them spoils the stream all the same")
{
    asio::io_context context{1};
    auto ends = pair_in(context);
    std::optional<error_code> outcome;
    auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
    asio::co_spawn(context, wait_for_bytes(*ends.client), std::move(keep));
    context.restart();
    context.poll();
    asio::write(ends.server, asio::buffer("x", 1));
    asio::post(context, [&ends] { ends.client->close(); });
    context.run();
    REQUIRE(outcome);
    CHECK(read_error(*ends.client) == asio::error::operation_aborted);
}

TEST_CASE("waiting and writing can be cancelled")
{
    asio::io_context context{1};
    auto ends = pair_in(context);
    CHECK(cancelled(context, wait_for_bytes(*ends.client)) == asio::error::operation_aborted);
    CHECK(cancelled(context, write_much(*ends.client)) == asio::error::operation_aborted);
    ends.client.reset();
    context.run(); // and nothing waits for deadlines that are an hour away
}

TEST_CASE("a stream may be destroyed under an operation")
{
    for (auto const is_writing : {false, true})
    {
        CAPTURE(is_writing);
        asio::io_context context{1};
        auto ends = pair_in(context);
        std::optional<error_code> outcome;
        auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
        auto operation = is_writing ? write_much(*ends.client) : wait_for_bytes(*ends.client);
        asio::co_spawn(context, std::move(operation), std::move(keep));
        context.restart();
        context.poll();
        REQUIRE_FALSE(outcome);
        ends.client.reset();
        context.run(); // until nothing is left of either
        CHECK(outcome == asio::error::operation_aborted);
    }
}

TEST_CASE("a context may be destroyed under an operation")
{
    for (auto const is_writing : {false, true})
    {
        auto context = std::make_unique<asio::io_context>(1);
        auto ends = pair_in(*context);
        auto operation = is_writing ? write_much(*ends.client) : wait_for_bytes(*ends.client);
        asio::co_spawn(*context, std::move(operation), ignore);
        context->restart();
        context->poll();
        ends.server.close();
    }
}
