// Requests that are sent before the responses to others have come.
#include "http/fetching.hpp"

#include <boost/asio/error.hpp>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::uint64_t part = 100;
auto const content = content_of(1000);
auto const patience = 500ms;

byte_range range_of(std::uint64_t number)
{
    return {number * part, part};
}

/// Fetches the parts of a file, one after the other.
struct ahead_client : http_client
{
    /// Sends `count` of those behind it along.
    http::range_result get(std::uint64_t number, std::uint64_t first_ahead = 0, std::uint64_t count = 0)
    {
        for (auto i = first_ahead; i != first_ahead + count; ++i)
            ahead.requests.push_back(request_of(range_of(i), content.size()));
        ahead.patience = patience;
        auto const got = fetch(range_of(number), content.size());
        if (!got.error)
            CHECK(sink.text == content.substr(number * part, part));
        return got;
    }

    /// Answers rightly, but for those that `changed` gives an answer to.
    void serve_but(std::function<std::optional<std::vector<step>>(request const&)> changed)
    {
        world.net->serve("seed", [this, changed = std::move(changed)](request const& asked) {
            requests.push_back(asked.text);
            auto other = changed(asked);
            if (other)
                return std::move(*other);
            return std::vector<step>{pause_for{50ms}, send_bytes{range_response(asked, content)}};
        });
    }
    void serve_rightly()
    {
        serve_but([](auto const&) { return std::nullopt; });
    }

    duration passed() { return world.time->now() - time_point(); }
};

} // namespace

TEST_CASE(
    "what comes behind a response stays in its buffer, which is given back with the last one, or with the connection")
{
    for (bool const is_closed : {false, true})
    {
        ahead_client client;
        client.world.net->serve(
            "seed", [](request const& asked) { return std::vector<step>{send_bytes{range_response(asked, content)}}; });
        client.get(0, 1, 3);
        CHECK(client.buffers.lent() == 1);
        if (is_closed)
            client.connection->close();
        for (std::uint64_t i = 1; i != 4; ++i)
            CHECK_FALSE(client.get(i).error);
        CHECK(client.buffers.lent() == 0);
    }
}

TEST_CASE("what was sent ahead is fetched without being sent again")
{
    ahead_client client;
    client.serve_rightly();
    auto const first = client.get(0, 1, 3);
    CHECK(first.requests == 4);
    CHECK(first.sent_ahead == 3);
    CHECK(first.under_way == 3);
    CHECK(first.may_be_followed);
    CHECK(first.was_among_others);
    CHECK(client.world.net->log().size() == 4);
    for (std::uint64_t i = 1; i != 4; ++i)
    {
        CAPTURE(i);
        auto const got = client.get(i);
        CHECK_FALSE(got.error);
        CHECK(got.requests == 0);
        CHECK(got.connects == 0);
        CHECK(got.under_way == 3 - i);
        CHECK(got.response_count == i + 1);
        CHECK_FALSE(got.is_doubtful);
    }
    CHECK(client.world.net->connects() == 1);
    CHECK(client.get(4).requests == 1);
}

TEST_CASE("requests are added behind those that are under way")
{
    ahead_client client;
    client.serve_rightly();
    client.get(0, 1, 2);
    auto const got = client.get(1, 3, 2);
    CHECK(got.requests == 2);
    CHECK(got.under_way == 3);
    for (std::uint64_t i = 2; i != 5; ++i)
        CHECK_FALSE(client.get(i).error);
    CHECK(client.world.net->connects() == 1);
    CHECK(client.world.net->log().size() == 5);
}

TEST_CASE("responses are told apart wherever the bytes are cut")
{
    for (std::size_t size : {1u, 7u, 150u, 1000u, 5000u})
    {
        CAPTURE(size);
        ahead_client client;
        client.world.net->cut_reads([size] { return size; });
        client.world.net->serve(
            "seed", [](request const& asked) { return std::vector<step>{send_bytes{range_response(asked, content)}}; });
        client.get(0, 1, 9);
        for (std::uint64_t i = 1; i != 10; ++i)
            CHECK_FALSE(client.get(i).error);
        CHECK(client.world.net->connects() == 1);
    }
}

TEST_CASE("what comes behind a response is doubted when nothing else was asked for")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.index != 1)
            return std::nullopt;
        return std::vector<step>{send_bytes{range_response(asked, content) + partial(range_of(2), content)}};
    });
    client.get(0, 1, 1);
    CHECK_FALSE(client.get(1).error);
    CHECK_FALSE(client.connection->is_open());
    CHECK(client.get(2).connects == 1);
}

TEST_CASE("with another request than the next one, those under way are forgotten")
{
    ahead_client client;
    client.serve_rightly();
    client.get(0, 1, 3);
    auto const got = client.get(2);
    CHECK_FALSE(got.error);
    CHECK(got.connects == 1);
    CHECK(got.requests == 1);
    CHECK(got.under_way == 0);
    CHECK_FALSE(got.is_doubtful);
}

TEST_CASE("what a server leaves behind without a word is asked for again, one by one")
{
    for (step const& end : {step(end_stream{}), step(reset_stream{})})
    {
        ahead_client client;
        client.serve_but([end](request const& asked) -> std::optional<std::vector<step>> {
            if (asked.index != 0)
                return std::nullopt;
            return std::vector<step>{send_bytes{range_response(asked, content)}, end};
        });
        CHECK_FALSE(client.get(0, 1, 3).is_doubtful);
        auto const got = client.get(1, 4, 2);
        CHECK_FALSE(got.error);
        CHECK(got.is_doubtful);
        CHECK_FALSE(got.was_among_others);
        CHECK(got.connects == 1);
        CHECK(got.under_way == 0);
        CHECK(client.get(2).connects == 0);
    }
}

TEST_CASE("a server that says which response is its last is asked for the rest on a new stream, without doubt")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.index != 1)
            return std::nullopt;
        auto const bytes = partial(asked.range(content.size()), content, "Connection: close\r\n");
        return std::vector<step>{send_bytes{bytes}, end_stream{}};
    });
    client.get(0, 1, 3);
    auto const last = client.get(1);
    CHECK_FALSE(last.error);
    CHECK(last.is_last);
    CHECK(last.response_count == 2);
    CHECK(last.under_way == 0);
    auto const next = client.get(2);
    CHECK_FALSE(next.error);
    CHECK(next.connects == 1);
    CHECK_FALSE(next.is_doubtful);
    CHECK_FALSE(next.is_last);
}

TEST_CASE("a response to another request is not taken for this one's")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.connection != 0 || asked.index == 0)
            return std::nullopt;
        auto const other = asked.index == 1 ? 2u : 1u;
        return std::vector<step>{send_bytes{partial(range_of(other), content)}};
    });
    client.get(0, 1, 2);
    for (std::uint64_t i = 1; i != 3; ++i)
    {
        auto const got = client.get(i);
        CHECK_FALSE(got.error);
        CHECK(got.is_doubtful == (i == 1));
        CHECK(got.connects == (i == 1 ? 1u : 0u));
    }
}

TEST_CASE("a server that answers the first request alone costs a little patience")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.connection != 0 || asked.index == 0)
            return std::nullopt;
        return std::vector<step>{pause_for{1h}, send_bytes{"late"}};
    });
    client.get(0, 1, 2);
    auto const before = client.passed();
    auto const got = client.get(1);
    CHECK_FALSE(got.error);
    CHECK(got.is_doubtful);
    CHECK(client.passed() - before == patience + 50ms);
}

TEST_CASE("what is refused among others is asked for again without them, once")
{
    for (auto const* const status : {"404 Not Found", "500 Broken", "302 Found", "416 No"})
        for (auto const is_always : {true, false})
        {
            CAPTURE(status);
            CAPTURE(is_always);
            ahead_client client;
            client.serve_but([=](request const& asked) -> std::optional<std::vector<step>> {
                if (asked.index == 0 || (asked.index != 1 && !is_always))
                    return std::nullopt;
                return std::vector<step>{send_bytes{response(status, "Location: /other\r\n", "page")}};
            });
            client.get(0, 1, 3);
            auto const got = client.get(1);
            CHECK(got.error.failed() == is_always);
            CHECK((got.status == 206) == !is_always);
            CHECK(got.is_doubtful == !is_always);
            CHECK(got.connects == 1);
            CHECK(got.requests == 1);
            CHECK(got.moved.has_value() == (is_always && status[0] == '3'));
        }
}

TEST_CASE("what goes wrong among others is put off while nothing may be asked for")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.index != 1)
            return std::nullopt;
        return std::vector<step>{end_stream{}};
    });
    client.get(0, 1, 3);
    client.ahead.may_repeat = [] { return false; };
    auto const got = client.get(1);
    CHECK(got.is_put_off);
    CHECK(got.error);
    CHECK_FALSE(got.is_doubtful);
    CHECK(got.connects == 0);
    CHECK(client.world.net->log().size() == 4);
}

TEST_CASE("who asks for patience is asked for nothing more")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.index != 1)
            return std::nullopt;
        return std::vector<step>{send_bytes{response("503 Busy", "Retry-After: 7\r\n", "")}};
    });
    client.get(0, 1, 3);
    auto const got = client.get(1);
    CHECK(got.error == errc::overloaded);
    CHECK(got.retry_after == 7s);
    CHECK(got.requests == 0);
    CHECK_FALSE(client.connection->is_open());
    CHECK(client.world.net->log().size() == 4);
}

TEST_CASE("a body that breaks off, and a sink that fails, are not asked again for")
{
    ahead_client client;
    client.serve_but([](request const& asked) -> std::optional<std::vector<step>> {
        if (asked.index != 1)
            return std::nullopt;
        auto const whole = range_response(asked, content);
        return std::vector<step>{send_bytes{whole.substr(0, whole.size() - 10)}, end_stream{}};
    });
    client.get(0, 1, 3);
    auto const cut = client.get(1);
    CHECK(cut.error == errc::body_truncated);
    CHECK(cut.was_among_others);
    CHECK(cut.delivered == part - 10);
    CHECK(cut.requests == 0);
    client.get(2, 3, 2);
    client.sink.before_return = []() -> asio::awaitable<error_code> { co_return asio::error::no_memory; };
    auto const failed = client.get(3);
    CHECK(failed.error == asio::error::no_memory);
    CHECK(failed.requests == 0);
    CHECK_FALSE(client.connection->is_open());
}

TEST_CASE("no more text is sent ahead than a server surely has room for")
{
    ahead_client client;
    client.serve_rightly();
    for (std::uint64_t i = 1; i != 9; ++i)
    {
        auto more = http_client::request_of(range_of(i), content.size());
        more.fields.push_back({"X-Long", std::string(10'000, 'x')});
        client.ahead.requests.push_back(more);
    }
    auto const got = client.get(0);
    CHECK_FALSE(got.error);
    CHECK(got.sent_ahead == 3);
    CHECK(got.under_way == 3);
}

TEST_CASE("who is cancelled among others connects anew")
{
    ahead_client client;
    client.serve_rightly();
    client.get(0, 1, 3);
    client.sink.text.clear();
    client.start(range_of(1), content.size());
    client.world.settle();
    client.stop.emit(asio::cancellation_type::terminal);
    client.world.run();
    CHECK_FALSE(client.connection->is_open());
    CHECK(client.world.net->live_streams() == 0);
    auto const got = client.get(1);
    CHECK_FALSE(got.error);
    CHECK(got.connects == 1);
    CHECK(got.requests == 1);
}

TEST_CASE("close() forgets what is under way")
{
    ahead_client client;
    client.serve_rightly();
    client.get(0, 1, 3);
    CHECK(client.connection->has_under_way());
    client.connection->close();
    CHECK_FALSE(client.connection->has_under_way());
    CHECK(client.get(1).connects == 1);
}
