// The public face, over real sockets, with workers of its own and with borrowed ones.
#include "support/content.hpp"
#include "support/origin.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <thread>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;

namespace {

constexpr std::uint64_t piece_length = 16 * 1024;

// One loop, one server, one engine on it.
struct fixture
{
    explicit fixture(engine_options options = {}, std::size_t size = 1'000'000)
        : content(letters(size))
        , torrent(torrent_with(content, piece_length))
        , server(context, content)
        , on(std::in_place, context.get_executor(), std::move(options))
    {}

    download add(download_options options = {})
    {
        return on->add(torrent, make_memory_storage(torrent), {server.url()}, options);
    }

    /// A download that has asked a server that says nothing; its end closes the server.
    download add_silent(std::optional<error_code>& result)
    {
        server.set_silent(true);
        auto added = add();
        added.async_run([this, &result](error_code error) {
            result = error;
            server.close();
        });
        while (server.requests() == 0)
            context.run_one();
        return added;
    }

    asio::io_context context{1};
    std::string content;
    metainfo torrent;
    origin server;
    std::optional<engine> on;
};

} // namespace

TEST_CASE("a download completes for a callback, on the executor given to the engine")
{
    fixture f;
    auto d = f.add();
    std::optional<error_code> result;
    auto const here = std::this_thread::get_id();
    d.async_run([&](error_code error) {
        CHECK(std::this_thread::get_id() == here);
        result = error;
        f.server.close();
    });
    f.context.run();
    REQUIRE(result);
    CHECK(*result == error_code());
    auto const last = d.stats();
    CHECK(last.bytes_verified == f.content.size());
    CHECK(last.pieces_verified == f.torrent.piece_count());
    CHECK(last.seeds.at(0).failures == 0);
    CHECK(d.diagnosis().message.empty());
}

TEST_CASE("a download completes for a coroutine, a future and a deferred operation")
{
    fixture f;
    auto first = f.add();
    auto second = f.add();
    auto third = f.add();
    auto run = [&]() -> asio::awaitable<void> {
        co_await first.async_run();
        auto const [error] = co_await second.async_run(asio::as_tuple(asio::use_awaitable));
        CHECK(!error);
        auto operation = third.async_run(asio::deferred);
        co_await std::move(operation)(asio::use_awaitable);
        f.server.close();
    };
    auto done = asio::co_spawn(f.context, run, asio::use_future);
    f.context.run();
    done.get();
    CHECK(third.stats().bytes_verified == f.content.size());
}

TEST_CASE("cancelling the run ends everything, keeps what was verified, and says so")
{
    fixture f;
    f.server.set_silent(true);
    auto d = f.add();
    asio::cancellation_signal signal;
    std::optional<error_code> result;
    auto complete = [&](error_code error) {
        result = error;
        f.server.close();
    };
    d.async_run(asio::bind_cancellation_slot(signal.slot(), complete));
    while (f.server.requests() == 0)
        f.context.run_one();
    signal.emit(asio::cancellation_type::terminal);
    f.context.run();
    REQUIRE(result);
    CHECK(*result == asio::error::operation_aborted);
}

TEST_CASE("an operation is cancelled on its handler's executor, and the signal may go before the operation has ended")
{
    fixture f;
    f.server.set_silent(true);
    auto d = f.add();
    asio::io_context elsewhere{1};
    std::optional<asio::cancellation_signal> signal(std::in_place);
    std::optional<error_code> result;
    auto complete = [&](error_code error) {
        CHECK(elsewhere.get_executor().running_in_this_thread());
        result = error;
    };
    auto bound = asio::bind_executor(elsewhere.get_executor(), complete);
    d.async_run(asio::bind_cancellation_slot(signal->slot(), bound));
    while (f.server.requests() == 0)
        f.context.run_one();
    signal->emit(asio::cancellation_type::terminal);
    signal.reset();
    f.server.close();
    f.context.run();
    elsewhere.run();
    CHECK(result == asio::error::operation_aborted);
}

TEST_CASE("closing a download from another thread ends it")
{
    fixture f;
    std::optional<error_code> result;
    auto d = f.add_silent(result);
    std::thread other([&] { d.close(); });
    f.context.run();
    other.join();
    CHECK(result == errc::closed);
}

TEST_CASE("a download that is closed before it was started completes at once, and so does one that is run again")
{
    fixture f;
    auto never = f.add();
    never.close();
    auto once = f.add();
    std::vector<error_code> results;
    auto run = [&]() -> asio::awaitable<void> {
        for (auto* const each : {&never, &once, &once})
        {
            auto const [error] = co_await each->async_run(asio::as_tuple(asio::use_awaitable));
            results.push_back(error);
        }
        f.server.close();
    };
    asio::co_spawn(f.context, run, [](std::exception_ptr) {});
    f.context.run();
    CHECK(results == std::vector<error_code>{errc::closed, {}, {}});
    CHECK(never.diagnosis().message == "closed before it was started");
    CHECK(never.stats().seeds.empty());
    CHECK(once.stats().seeds.at(0).bytes_received == f.content.size());
}

TEST_CASE("a handle may be given another download, which closes the one that it had")
{
    fixture f;
    std::optional<error_code> result;
    auto d = f.add_silent(result);
    d = f.add();
    f.context.run();
    CHECK(result == errc::closed);
    CHECK(d.stats().bytes == f.content.size());
    CHECK(d.get_executor() == f.on->get_executor());
    CHECK(f.on->get_executor() == f.context.get_executor());
}

TEST_CASE("events come in order, also after the end, and then errc::closed")
{
    fixture f;
    auto d = f.add();
    std::vector<std::size_t> kinds;
    std::optional<error_code> last;
    auto listen = [&]() -> asio::awaitable<void> {
        co_await d.async_run();
        for (;;)
        {
            auto const [error, happened] = co_await d.async_next_event(asio::as_tuple(asio::use_awaitable));
            if (error)
            {
                last = error;
                break;
            }
            if (!std::holds_alternative<seed_changed>(happened))
                kinds.push_back(happened.index());
        }
        f.server.close();
    };
    asio::co_spawn(f.context, listen, [](std::exception_ptr) {});
    f.context.run();
    CHECK(kinds == std::vector<std::size_t>{event(seed_added()).index(), event(file_finished()).index()});
    CHECK(last == errc::closed);
}

TEST_CASE("cancelling the wait for an event loses none")
{
    fixture f;
    auto d = f.add();
    asio::cancellation_signal signal;
    std::optional<error_code> cancelled;
    auto none = [&](error_code error, event const&) { cancelled = error; };
    d.async_next_event(asio::bind_cancellation_slot(signal.slot(), none));
    f.context.poll();
    signal.emit(asio::cancellation_type::total);
    f.context.poll();
    CHECK(cancelled == asio::error::operation_aborted);
    auto told = 0;
    d.async_run([&](error_code) { f.server.close(); });
    d.async_next_event([&](error_code error, event const&) { told += !error; });
    f.context.restart();
    f.context.run();
    CHECK(told == 1);
}

TEST_CASE("destroying the handle closes the download, destroying the engine waits for it")
{
    fixture f;
    f.server.set_silent(true);
    std::optional<download> d(f.add());
    std::optional<error_code> result;
    d->async_run([&](error_code error) { result = error; });
    while (f.server.requests() == 0)
        f.context.run_one();
    d.reset();
    f.on.reset();
    f.server.close();
    f.context.run();
    CHECK(result == errc::closed);
}

TEST_CASE("a handle that outlives its engine can still be asked")
{
    fixture f;
    auto d = f.add();
    d.async_run([&](error_code) { f.server.close(); });
    f.context.run();
    f.on.reset();
    CHECK(d.stats().bytes_verified == f.content.size());
    CHECK(d.add_seed("http://127.0.0.1/") == errc::closed);
    d.close();
}

TEST_CASE("stopping the engine ends all downloads, any number of times")
{
    fixture f;
    f.server.set_silent(true);
    std::vector<download> all;
    auto ended = 0;
    for (int i = 0; i != 5; ++i)
    {
        all.push_back(f.add());
        all.back().async_run([&](error_code error) { ended += error == errc::closed; });
    }
    while (f.server.requests() == 0)
        f.context.run_one();
    auto stop = [&]() -> asio::awaitable<void> {
        co_await f.on->async_stop();
        co_await f.on->async_stop();
        f.server.close();
    };
    asio::co_spawn(f.context, stop, [](std::exception_ptr) {});
    f.context.run();
    CHECK(ended == 5);
}

TEST_CASE("cancelling the wait for the engine's stop doesn't take the stop back")
{
    std::optional<error_code> stopped;
    for (auto tries = 0; tries != 20 && stopped != asio::error::operation_aborted; ++tries)
    {
        fixture f;
        std::optional<error_code> ended;
        auto const d = f.add_silent(ended);
        asio::cancellation_signal signal;
        auto complete = [&](error_code error) { stopped = error; };
        f.on->async_stop(asio::bind_cancellation_slot(signal.slot(), complete));
        f.context.poll_one();
        signal.emit(asio::cancellation_type::partial);
        f.context.run();
        CHECK(ended == errc::closed);
        // The engine's own threads may have been quicker.
        CHECK((stopped == asio::error::operation_aborted || stopped == error_code()));
    }
    CHECK(stopped == asio::error::operation_aborted);
}

TEST_CASE("the engine has as many workers as it is told")
{
    for (auto const count : {1u, 3u})
    {
        CAPTURE(count);
        engine_options options;
        options.worker_count = count;
        fixture f(options);
        download_options eight;
        eight.requesters_per_seed = 8;
        auto d = f.add(eight);
        std::optional<error_code> result;
        d.async_run([&](error_code error) {
            result = error;
            f.server.close();
        });
        f.context.run();
        CHECK(result == error_code());
    }
}

TEST_CASE("the engine works on a borrowed executor, be it the embedder's only thread or a pool")
{
    SUBCASE("the only thread")
    {
        asio::io_context context{1};
        auto const content = letters(300'000);
        auto const torrent = torrent_with(content, piece_length);
        origin server(context, content);
        engine_options options;
        options.worker_executor = context.get_executor();
        engine on(context.get_executor(), options);
        auto d = on.add(torrent, make_memory_storage(torrent), {server.url()});
        std::optional<error_code> result;
        d.async_run([&](error_code error) {
            result = error;
            server.close();
        });
        context.run();
        CHECK(result == error_code());
    }
    SUBCASE("a pool")
    {
        asio::thread_pool pool(4);
        engine_options options;
        options.worker_executor = pool.get_executor();
        {
            fixture f(options);
            download_options eight;
            eight.requesters_per_seed = 8;
            auto d = f.add(eight);
            std::optional<error_code> result;
            d.async_run([&](error_code error) {
                result = error;
                f.server.close();
            });
            f.context.run();
            CHECK(result == error_code());
            CHECK(d.stats().bytes_verified == f.content.size());
        }
        pool.join();
    }
}

TEST_CASE("a download may be looked at and changed from many threads while it runs")
{
    fixture f({}, 8'000'000);
    auto d = f.add();
    auto is_done = false;
    std::atomic<bool> stop = false;
    std::vector<std::thread> others;
    for (int i = 0; i != 4; ++i)
        others.emplace_back([&] {
            while (!stop)
            {
                CHECK(d.stats().bytes == f.content.size());
                (void)d.diagnosis();
                d.remove_seed("http://nobody/");
            }
        });
    CHECK(d.add_seed(f.server.url() + "?second") == error_code());
    d.async_run([&](error_code error) {
        is_done = !error;
        f.server.close();
    });
    f.context.run();
    stop = true;
    for (auto& each : others)
        each.join();
    CHECK(is_done);
}

TEST_CASE("a seed of no use is refused when it is added, or given up when it came with the torrent")
{
    fixture f;
    auto d = f.on->add(f.torrent, make_memory_storage(f.torrent), {"not a url", "ftp://host/f", f.server.url()});
    CHECK(d.add_seed("") == errc::url_invalid);
    CHECK(d.add_seed("gopher://host/") == errc::scheme_unsupported);
    std::optional<error_code> result;
    d.async_run([&](error_code error) {
        result = error;
        f.server.close();
    });
    f.context.run();
    CHECK(result == error_code());
    REQUIRE(d.stats().seeds.size() == 3);
    CHECK(d.stats().seeds.at(0).state == seed_state::given_up);
    CHECK(d.stats().seeds.at(1).state == seed_state::given_up);
    CHECK(d.stats().seeds.at(2).state == seed_state::ready);
}

TEST_CASE("destroying the embedder's context with operations pending leaks nothing")
{
    auto context = std::make_unique<asio::io_context>(1);
    auto const content = letters(100'000);
    auto const torrent = torrent_with(content, piece_length);
    auto run = [&]() -> asio::awaitable<void> {
        engine on(co_await asio::this_coro::executor);
        origin server(*context, content);
        server.set_silent(true);
        auto d = on.add(torrent, make_memory_storage(torrent), {server.url()});
        co_await d.async_run();
    };
    asio::co_spawn(*context, run, [](std::exception_ptr) {});
    context->poll();
    context.reset(); // the coroutine, and the engine in it, go with it
}
