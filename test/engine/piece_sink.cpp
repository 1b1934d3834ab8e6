#include "engine/piece_sink.hpp"

#include "engine/buffer_pool.hpp"
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

// A sink for the only claim of a torrent of two pieces, outside of any requester.
struct lone_sink
{
    lone_sink()
    {
        link->begin(planning::claim_id{0});
        state.post([this](core::download_state& all) {
            all.add_seed("http://host/", "http://host/", std::vector{link});
            all.next(planning::requester_id{0}, outside.time->now());
        });
        outside.settle();
    }

    // Stops the claim, which the sink sees once something else has run.
    void stop() { link->stop(planning::claim_id{0}); }

    error_code run(asio::awaitable<error_code> operation)
    {
        error_code result;
        asio::co_spawn(
            outside.context, std::move(operation), [&](std::exception_ptr, error_code error) { result = error; });
        outside.settle();
        return result;
    }

    world outside;
    std::string content = letters(32);
    torrent::layout layout{torrent_with(content, 16)};
    download_options options;
    shelf holds;
    std::unique_ptr<storage> store = make_storage(holds, layout.torrent());
    core::buffer_pool buffers{1};
    core::event_queue events{outside.context.get_executor(), 16};
    core::published<stats> board;
    core::guarded<core::download_state> state{
        outside.context.get_executor(), layout, planning::plan_options(), events, board};
    address_policy addresses = default_address_policy;
    core::hold_ups held;
    core::host_gates hosts{planning::host_options()};
    core::download_parts parts{
        layout,
        options,
        *store,
        *outside.time,
        buffers,
        state,
        {*outside.net, *outside.time, buffers, addresses, options},
        held,
        hosts,
        {},
        {}};
    std::shared_ptr<core::requester_link> link = std::make_shared<core::requester_link>(outside.context.get_executor());
    torrent::piece_digest digest{layout};
    core::host_pass pass{hosts, *outside.time, link, nullptr, 1};
    planning::claim work{{}, {}, {0, 32}, {}};
    core::piece_sink sink{parts, *link, pass, planning::requester_id{0}, work, digest};
};

} // namespace

TEST_CASE("what comes is stored, hashed and counted, however it is cut")
{
    for (std::size_t const size : {1u, 5u, 16u, 31u, 32u})
    {
        CAPTURE(size);
        lone_sink s;
        for (std::size_t at = 0; at < s.content.size(); at += size)
            CHECK(!s.run(s.sink.accept(bytes_of(std::string_view(s.content).substr(at, size)))));
        CHECK(s.sink.left() == 0);
        CHECK(s.holds.bytes == s.content);
        auto const done = s.sink.take_progress();
        CHECK(done.until == 32);
        CHECK(done.bytes == 32);
        CHECK(s.sink.take_progress().bytes == 0); // told once
    }
}

TEST_CASE("what comes for a claim that was stopped is counted, but not stored")
{
    lone_sink s;
    s.stop();
    s.outside.settle();
    CHECK(s.run(s.sink.accept(bytes_of(s.content))) == asio::error::operation_aborted);
    CHECK(s.holds.bytes == std::string(32, '\0'));
    CHECK(s.sink.received() == 32);
    auto const done = s.sink.take_progress();
    CHECK(done.bytes == 32);
    CHECK(done.until == 0);
}

TEST_CASE("a claim that is stopped while a wrong piece is told is dropped before the next piece")
{
    lone_sink s;
    s.holds.on_write = [&] {
        s.stop();
        return error_code();
    };
    s.content[3] = '!';
    CHECK(s.run(s.sink.accept(bytes_of(s.content))) == asio::error::operation_aborted);
    CHECK(s.sink.position() == 16);
    auto is_free = false;
    s.state.post([&](core::download_state& all) { is_free = all.plan().free().contains(0); });
    s.outside.settle();
    CHECK(is_free);
}

TEST_CASE("a claim that is stopped while others run is dropped at once")
{
    lone_sink s;
    CHECK(!s.run(s.sink.breathe()));
    s.stop();
    CHECK(s.run(s.sink.breathe()) == asio::error::operation_aborted);
}

TEST_CASE("it is known how long a claim waits for its first bytes, but for what was asked for ahead")
{
    lone_sink s;
    http::range_result response;
    CHECK(s.sink.waited() == 0s);
    response.head_time = 1s;
    response.was_among_others = true;
    s.sink.count_response(response);
    CHECK(s.sink.waited() == 0s);
    response.head_time = 2s;
    response.was_among_others = false;
    s.sink.count_response(response);
    response.head_time = 4s;
    s.sink.count_response(response);
    CHECK(s.sink.waited() == 2s);
}
