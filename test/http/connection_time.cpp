// Deadlines, slowness, and every way of being stopped.
#include "http/fetching.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr byte_range range{0, 100'000};
auto const content = content_of(200'000);

std::string head()
{
    auto const answer = partial(range, content);
    return answer.substr(0, answer.find("\r\n\r\n") + 4);
}

/// The head, and then the body in pieces with a pause before each.
std::vector<step> dripped(std::size_t piece, duration pause)
{
    std::vector<step> steps{send_bytes{head()}};
    for (std::size_t at = 0; at < range.size; at += piece)
    {
        steps.push_back(pause_for{pause});
        steps.push_back(send_bytes{content.substr(at, std::min<std::size_t>(piece, range.size - at))});
    }
    return steps;
}

/// Something to do at every step: the answer to a small range comes in three parts, and the sink takes its time.
struct stepwise
{
    stepwise()
    {
        auto const answer = response("200 OK", "", content.substr(0, 1000));
        client.serve(
            {{pause_for{seconds(1)}, send_bytes{answer.substr(0, 20)}, pause_for{seconds(1)},
              send_bytes{answer.substr(20, 300)}, pause_for{seconds(1)}, send_bytes{answer.substr(320)}}});
        client.sink.before_return = [this]() -> asio::awaitable<error_code> {
            co_await client.world.time->sleep_until(client.world.time->now() + seconds(1));
            co_return error_code();
        };
        client.start({0, 1000}, 1000);
    }

    /// Runs one handler, if need be after letting time pass. False: all is done.
    bool step()
    {
        auto& context = client.world.context;
        return context.run_one() || (context.advance() && context.run_one());
    }

    http_client client;
};

bool is_aborted(std::exception_ptr const& failure)
{
    try
    {
        std::rethrow_exception(failure);
    }
    catch (boost::system::system_error const& error)
    {
        return error.code() == asio::error::operation_aborted;
    }
}

} // namespace

TEST_CASE("connecting has a deadline")
{
    http_client client;
    client.world.net->swallow("seed");
    auto const start = client.world.time->now();
    auto const got = client.fetch(range, content.size());
    CHECK(got.error == errc::connect_timed_out);
    CHECK(got.connects == 1);
    CHECK(got.requests == 0);
    CHECK(client.world.time->now() - start == client.options.connect_timeout);
}

TEST_CASE("a refusal, or a name that nobody has, is passed on")
{
    http_client client;
    CHECK(client.fetch(range, content.size()).error == errc::resolve_failed);
    client.world.net->refuse("seed", asio::error::connection_refused, seconds(1));
    auto const got = client.fetch(range, content.size());
    CHECK(got.error == asio::error::connection_refused);
    CHECK(got.status == 0);
    CHECK(client.world.net->live_streams() == 0);
}

TEST_CASE("a head has a deadline, however its bytes come")
{
    std::vector<step> drip;
    std::vector<step> interims;
    for (auto const byte : head())
    {
        drip.push_back(send_bytes{std::string(1, byte)});
        drip.push_back(pause_for{seconds(1)});
    }
    for (int i = 0; i != 8; ++i)
    {
        interims.push_back(send_bytes{"HTTP/1.1 102 Processing\r\n\r\n"});
        interims.push_back(pause_for{seconds(9)});
    }
    for (auto const& steps : {std::vector<step>{}, drip, interims})
    {
        http_client client;
        client.serve({steps});
        auto const start = client.world.time->now();
        auto const got = client.fetch(range, content.size());
        CHECK(got.error == errc::head_timed_out);
        CHECK(client.result->requests == 1);
        CHECK(client.world.time->now() - start < client.options.head_timeout + seconds(10));
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("a body that drips, pauses for too long or never comes is stalled, after no more than the time for it")
{
    struct row
    {
        std::size_t piece;
        duration pause;
        std::uint64_t delivered;
    };
    for (auto const& row : {
             row{1, seconds(1), 19},
             row{51, seconds(1), 969},
             row{1, milliseconds(100), 199},
             row{90'000, milliseconds(20'001), 0},
             row{1'000'000, std::chrono::hours(1), 0},
         })
    {
        CAPTURE(row.piece);
        http_client client;
        client.serve({dripped(row.piece, row.pause)});
        auto const start = client.world.time->now();
        auto const got = client.fetch(range, content.size());
        CHECK(got.error == errc::stalled);
        CHECK(got.status == 206);
        CHECK(got.delivered >= row.delivered);
        CHECK(got.delivered <= row.delivered + row.piece);
        CHECK(client.sink.text == content.substr(0, got.delivered));
        CHECK(client.world.time->now() - start == client.options.stall_timeout);
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("a chunked body of framing alone is stalled")
{
    http_client client;
    std::vector<step> steps{
        send_bytes{raw("206 OK", "Content-Range: bytes 0-99999/200000\r\nTransfer-Encoding: chunked\r\n", "")}};
    for (int i = 0; i != 10'000; ++i)
    {
        steps.push_back(pause_for{milliseconds(500)});
        steps.push_back(send_bytes{"1;" + std::string(2000, 'x') + "\r\nA\r\n"});
    }
    client.serve({steps});
    auto const start = client.world.time->now();
    CHECK(client.fetch(range, content.size()).error == errc::stalled);
    CHECK(client.world.time->now() - start == client.options.stall_timeout);
}

TEST_CASE("a slow body that brings the least that is asked is not stalled")
{
    struct row
    {
        std::size_t piece;
        duration pause;
    };
    for (auto const& row : {row{1024, seconds(1)}, row{103, seconds(1)}, row{50'000, seconds(19)}})
    {
        CAPTURE(row.piece);
        http_client client;
        client.serve({dripped(row.piece, row.pause)});
        auto const got = client.fetch(range, content.size());
        CHECK_FALSE(got.error);
        CHECK(got.delivered == range.size);
        CHECK(client.connection->is_open());
    }
}

TEST_CASE("time that the sink takes is not held against the server")
{
    http_client client;
    client.serve({dripped(20'000, seconds(15))});
    client.sink.before_return = [&client]() -> asio::awaitable<error_code> {
        co_await client.world.time->sleep_until(client.world.time->now() + seconds(100));
        co_return error_code();
    };
    auto const got = client.fetch(range, content.size());
    CHECK_FALSE(got.error);
    CHECK(got.delivered == range.size);
}

TEST_CASE("a response that takes too long as a whole is given up, however lively it is")
{
    struct row
    {
        std::size_t piece;
        duration pause;
        std::uint64_t delivered;
        error_code error;
    };
    for (auto const& row : {
             row{1100, seconds(1), 65'000, errc::range_timed_out},
             row{1700, seconds(1), 100'000, {}}, // in 59 s
             row{50'000, seconds(40), 50'000, errc::stalled},
             row{90'000, milliseconds(100), 100'000, {}},
         })
    {
        CAPTURE(row.piece);
        http_client client;
        client.limit_range(seconds(60));
        client.serve({dripped(row.piece, row.pause)});
        auto const start = client.world.time->now();
        auto const got = client.fetch(range, content.size());
        CHECK(got.error == row.error);
        CHECK(client.sink.text == content.substr(0, got.delivered));
        if (row.error == errc::stalled)
            continue;
        CHECK(got.delivered >= row.delivered - (row.error ? row.piece : 0));
        CHECK(client.world.time->now() - start <= seconds(60));
        CHECK(client.connection->is_open() == !row.error);
    }
}

TEST_CASE("the limit for the whole holds while the head is awaited, too, and then says so")
{
    for (auto const limit : {seconds(10), seconds(30), seconds(60)})
    {
        http_client client;
        client.limit_range(limit);
        client.serve({{send_bytes{"HTTP/1.1 2"}}});
        auto const start = client.world.time->now();
        auto const got = client.fetch(range, content.size());
        CHECK(got.error == (limit <= seconds(30) ? errc::range_timed_out : errc::head_timed_out));
        CHECK(client.world.time->now() - start == std::min<duration>(limit, seconds(30)));
    }
}

TEST_CASE("time that the sink takes counts for the whole, but not after the last byte")
{
    for (auto const is_chunked : {false, true})
    {
        http_client client;
        client.limit_range(seconds(150));
        auto const body = content.substr(0, 50'000);
        client.serve(
            is_chunked ? raw("200 OK", "Transfer-Encoding: chunked\r\n", "c350\r\n" + body + "\r\n0\r\n\r\n")
                       : response("200 OK", "", body));
        client.sink.before_return = [&client]() -> asio::awaitable<error_code> {
            co_await client.world.time->sleep_until(client.world.time->now() + seconds(100));
            co_return error_code();
        };
        auto const got = client.fetch({0, body.size()}, body.size()); // in two pieces, as large as the buffers
        CHECK_FALSE(got.error);
        client.limit_range(seconds(99));
        auto const late = client.fetch({0, body.size()}, body.size());
        CHECK(late.error == errc::range_timed_out);
        CHECK(late.delivered < body.size());
        CHECK(client.world.net->live_streams() == 0);
    }
}

TEST_CASE("a sink may limit what is read at once, of the whole response")
{
    auto const body = content.substr(0, 1000);
    std::string chunks;
    for (std::size_t at = 0; at < body.size(); at += 250)
        chunks += "fa;x=y\r\n" + body.substr(at, 250) + "\r\n";
    for (auto const size_max : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{300}, std::size_t{5000}})
    {
        CAPTURE(size_max);
        for (auto const& answer :
             {response("200 OK", "", body), raw("200 OK", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n")})
        {
            http_client client;
            client.serve(answer);
            client.sink.read_size_max = size_max;
            CHECK_FALSE(client.fetch({0, body.size()}, body.size()).error);
            CHECK(client.sink.text == body);
            CHECK(client.sink.largest <= std::max<std::size_t>(size_max, 1));
            // The end of the last chunk isn't waited for once all the bytes are there.
            if (answer.find("chunked") == answer.npos)
                CHECK(client.connection->is_open());
        }
    }
}

TEST_CASE("a sink that has to wait between pieces, as a limit of the rate does, stalls nothing")
{
    http_client client;
    client.serve({dripped(1000, milliseconds(10))});
    client.sink.pause = [&client]() -> asio::awaitable<void> {
        co_await client.world.time->sleep_until(client.world.time->now() + seconds(60));
        REQUIRE(client.buffers.lent() == 0);
    };
    client.sink.read_size_max = 10'000;
    auto const got = client.fetch(range, content.size());
    CHECK_FALSE(got.error);
    CHECK(client.sink.text == content.substr(0, range.size));
    CHECK(client.sink.pauses >= 10);
}

TEST_CASE("a sink isn't asked to wait before there is a body, so that the head doesn't time out")
{
    http_client client;
    auto const answer = partial(range, content);
    client.serve({{send_bytes{answer.substr(0, 10)}, pause_for{seconds(29)}, send_bytes{answer.substr(10)}}});
    client.sink.pause = [&client]() -> asio::awaitable<void> {
        co_await client.world.time->sleep_until(client.world.time->now() + seconds(60));
    };
    CHECK_FALSE(client.fetch(range, content.size()).error);
}

TEST_CASE("a page of an error that drips does not hold the error up for ever")
{
    http_client client;
    std::vector<step> steps{send_bytes{raw("404 Not Found", "Content-Length: 16384\r\n", "")}};
    for (int i = 0; i != 16'384; ++i)
    {
        steps.push_back(pause_for{seconds(1)});
        steps.push_back(send_bytes{"x"});
    }
    client.serve({steps});
    auto const start = client.world.time->now();
    CHECK(client.fetch(range, content.size()).error == errc::not_found);
    CHECK(client.world.time->now() - start == seconds(1));
    CHECK(client.world.net->live_streams() == 0);
}

TEST_CASE("a fetch can be cancelled while it connects, waits for the head or the body, or is in the sink")
{
    auto const asleep_in_sink = [](http_client& client) {
        client.sink.before_return = [&client]() -> asio::awaitable<error_code> {
            co_await client.world.time->sleep_until(time_point::max());
            co_return error_code();
        };
    };
    auto const page = send_bytes{raw("404 Not Found", "Content-Length: 10\r\n", "123")};
    for (int phase = 0; phase != 5; ++phase)
    {
        CAPTURE(phase);
        http_client client;
        client.serve({{phase == 4 ? page : send_bytes{phase == 1 ? "HTTP/1.1 2" : head() + "some"}}});
        if (phase == 0)
            client.world.net->swallow("seed");
        if (phase == 3)
            asleep_in_sink(client);
        client.start(range, content.size());
        client.world.run_for(phase == 4 ? milliseconds(500) : seconds(5));
        REQUIRE_FALSE(client.result);
        REQUIRE_FALSE(client.thrown);
        client.stop.emit(asio::cancellation_type::terminal);
        client.world.settle();
        if (client.thrown)
            CHECK(is_aborted(client.thrown));
        else
        {
            REQUIRE(client.result);
            CHECK(client.result->error == asio::error::operation_aborted);
        }
        client.connection->close();
        CHECK(client.world.net->live_streams() == 0);
        CHECK(client.buffers.lent() == 0);
    }
}

TEST_CASE("a refusal whose body doesn't come, or comes slowly, counts as it is after a second")
{
    struct row
    {
        std::string head;
        http::answer_kind kind;
        errc error;
    };
    auto const busy = raw("503 Busy", "Retry-After: 9\r\nContent-Length: 100\r\n", "");
    for (auto const& row : {
             row{raw("404 No", "Content-Length: 100\r\n", ""), http::answer_kind::range, errc::not_found},
             row{raw("302 Found", "Location: /b\r\nContent-Length: 100\r\n", ""), http::answer_kind::range,
                 errc::status_unexpected},
             row{busy, http::answer_kind::range, errc::overloaded},
             row{busy, http::answer_kind::exact, errc::overloaded},
             row{raw("503 Busy", "", ""), http::answer_kind::exact, errc::overloaded},
         })
        for (auto const is_dripped : {false, true})
        {
            CAPTURE(row.head);
            CAPTURE(is_dripped);
            http_client client;
            std::vector<step> answer{pause_for{seconds(5)}, send_bytes{row.head}};
            for (auto i = 0; is_dripped && i != 50; ++i)
            {
                answer.push_back(pause_for{milliseconds(150)});
                answer.push_back(send_bytes{"  "});
            }
            client.serve({answer, {send_bytes{partial(range, content)}}});
            auto asked = http_client::request_of(range, content.size());
            asked.kind = row.kind;
            auto const began = client.world.time->now();
            client.start(asked);
            client.world.run([&] { return client.result.has_value(); });
            REQUIRE(client.result);
            CHECK(client.world.time->now() - began == seconds(6));
            CHECK(client.result->error == row.error);
            CHECK(client.result->moved.has_value() == (row.error == errc::status_unexpected));
            CHECK_FALSE(client.connection->is_open());
            auto const got = client.fetch(range, content.size());
            CHECK_FALSE(got.error);
            CHECK(got.connects == 1);
        }
}

TEST_CASE("a refusal whose body comes quickly costs no connection")
{
    http_client client;
    client.serve(
        {{send_bytes{raw("404 No", "Content-Length: 4\r\n", "")}, pause_for{milliseconds(900)}, send_bytes{"page"}},
         {pause_for{seconds(3)}, send_bytes{partial(range, content)}}});
    CHECK(client.fetch(range, content.size()).error == errc::not_found);
    CHECK(client.connection->is_open());
    auto const got = client.fetch(range, content.size());
    CHECK_FALSE(got.error);
    CHECK(got.connects == 0);
}

TEST_CASE("whenever a fetch is cancelled, it ends at once, aborted or well, and leaves nothing open")
{
    auto was_whole = false;
    for (int steps = 0; !was_whole; ++steps)
    {
        CAPTURE(steps);
        REQUIRE(steps < 1000);
        stepwise run;
        auto& client = run.client;
        for (int i = 0; i != steps && run.step();)
            ++i;
        was_whole = client.result.has_value();
        auto const asked_at = client.world.time->now();
        client.stop.emit(asio::cancellation_type::terminal);
        client.world.run();
        CHECK(client.world.time->now() - asked_at <= seconds(1)); // the virtual clock's own sleep is cut short as well
        if (client.thrown)
            CHECK(is_aborted(client.thrown));
        else
        {
            REQUIRE(client.result);
            CHECK((client.result->error == asio::error::operation_aborted || !client.result->error));
            if (!client.result->error)
                CHECK(client.sink.text == content.substr(0, 1000));
        }
        client.connection->close();
        CHECK(client.world.net->live_streams() == 0);
        CHECK(client.buffers.lent() == 0);
        CHECK(client.requests.size() <= 1);
    }
}

TEST_CASE("whenever the context is destroyed, nothing is left of a fetch")
{
    auto was_whole = false;
    for (int steps = 0; !was_whole; ++steps)
    {
        CAPTURE(steps);
        REQUIRE(steps < 1000);
        std::shared_ptr<virtual_network> net;
        {
            stepwise run;
            net = run.client.world.net;
            for (int i = 0; i != steps && run.step();)
                ++i;
            was_whole = run.client.result.has_value();
        }
        CHECK(net->live_streams() == 0);
    }
}
