#include "engine/guarded.hpp"

#include "support/run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;
using webseed::core::guarded;

namespace {

template <class T>
concept gives_state_away = requires(guarded<T>& guard)
{
    *guard;
}
|| requires(guarded<T>& guard)
{
    guard.get();
}
|| requires(guarded<T>& guard)
{
    guard.state_;
};

// Not safe to share: threads that met in it would lose counts.
struct counter
{
    int value = 0;
};

} // namespace

TEST_CASE("R21 there is no way to the state but a visit")
{
    CHECK(!gives_state_away<counter>);
}

TEST_CASE("R21 visits from many threads never meet")
{
    asio::thread_pool pool(4);
    guarded<counter> guard(pool.get_executor());
    constexpr int visitors = 16;
    constexpr int visits = 500;
    auto visit_often = [&guard]() -> asio::awaitable<void> {
        for (int i = 0; i != visits; ++i)
        {
            auto increment = [](counter& state) { return ++state.value; };
            co_await guard.with(increment);
        }
    };
    std::vector<std::future<void>> done;
    for (int i = 0; i != visitors; ++i)
        done.push_back(asio::co_spawn(asio::make_strand(pool.get_executor()), visit_often, asio::use_future));
    for (auto& each : done)
        each.get();
    auto read = [](counter& state) { return state.value; };
    auto const total = asio::co_spawn(pool, guard.with(read), asio::use_future).get();
    CHECK(total == visitors * visits);
    pool.join();
}

TEST_CASE("what a visit throws reaches the visitor, and the state can be visited again")
{
    asio::io_context context{1};
    guarded<counter> guard(context.get_executor());
    auto caught = std::string();
    auto value = 0;
    auto visit = [&]() -> asio::awaitable<void> {
        auto fail = [](counter&) -> int { throw std::runtime_error("no"); };
        try
        {
            co_await guard.with(fail);
        }
        catch (std::runtime_error const& error)
        {
            caught = error.what();
        }
        auto set = [](counter& state) { return state.value = 5; };
        value = co_await guard.with(set);
    };
    asio::co_spawn(context, visit, [](std::exception_ptr) {});
    context.run();
    CHECK(caught == "no");
    CHECK(value == 5);
}
