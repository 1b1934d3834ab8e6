#include "support/simulated_context.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace webseed::test {

simulated_context::simulated_context(std::optional<std::uint64_t> seed)
{
    if (seed)
        schedule_.emplace(*seed);
}

simulated_context::~simulated_context()
{
    drop_pending();
    shutdown();
    drop_pending();
    destroy();
}

simulated_context::executor_type simulated_context::get_executor() noexcept
{
    return {*this, false};
}

// What is destroyed may post something more, which is then destroyed, too.
void simulated_context::drop_pending() noexcept
{
    while (!tasks_.empty() || !waits_.empty())
    {
        auto const tasks = std::exchange(tasks_, {});
        auto const waits = std::exchange(waits_, {});
    }
}

bool simulated_context::run_one()
{
    if (tasks_.empty())
        return false;
    auto const index = schedule_ ? schedule_->below(tasks_.size()) : 0;
    mix(index);
    mix(tasks_.size());
    mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    ++steps_;
    auto const place = tasks_.begin() + static_cast<std::ptrdiff_t>(index);
    auto const chosen = std::move(*place);
    tasks_.erase(place);
    struct running_mark
    {
        explicit running_mark(bool& mark)
            : mark_(mark)
        {
            mark_ = true;
        }
        ~running_mark() { mark_ = false; }
        bool& mark_;
    } const mark(is_running_);
    chosen->run();
    return true;
}

bool simulated_context::advance()
{
    if (waits_.empty() || waits_.begin()->first.first == time_point::max())
        return false;
    now_ = std::max(now_, waits_.begin()->first.first);
    while (!waits_.empty() && waits_.begin()->first.first <= now_)
        end_wait(waits_.begin()->first, error_code());
    return true;
}

void simulated_context::note(std::string_view happened) noexcept
{
    for (auto const each : happened)
        mix(static_cast<unsigned char>(each));
}

void simulated_context::push(std::unique_ptr<task> made)
{
    tasks_.push_back(std::move(made));
}

bool simulated_context::runs_in_place() noexcept
{
    return is_running_ && (!schedule_ || schedule_->chance(50));
}

simulated_context::wait_key simulated_context::begin_wait(time_point until, wait_handler handler)
{
    auto const key = wait_key(until, ++waits_made_);
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected())
        slot.assign([this, key](asio::cancellation_type) { end_wait(key, asio::error::operation_aborted); });
    waits_.emplace(key, std::move(handler));
    return key;
}

void simulated_context::end_wait(wait_key key, error_code error)
{
    auto const found = waits_.find(key);
    if (found == waits_.end())
        return;
    auto handler = std::move(found->second);
    waits_.erase(found);
    asio::get_associated_cancellation_slot(handler).clear();
    // As a reactor does it: the completion comes up in the context first, and goes to the handler's executor from
    // there.
    asio::any_io_executor const home(get_executor());
    asio::post(home, [home, handler = std::move(handler), error]() mutable {
        auto const executor = asio::get_associated_executor(handler, home);
        asio::dispatch(executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
    });
}

void simulated_context::mix(std::uint64_t value) noexcept
{
    trace_ = (trace_ ^ value) * 1099511628211u;
}

asio::awaitable<error_code> simulated_wait::wait()
{
    if (is_ended_ || until_ <= context_.now())
        co_return error_code();
    auto start = [this](auto handler) { key_ = context_.begin_wait(until_, std::move(handler)); };
    auto const [error] =
        co_await asio::async_initiate<asio::as_tuple_t<asio::use_awaitable_t<>> const, void(error_code)>(
            std::move(start), asio::as_tuple(asio::use_awaitable));
    co_return error;
}

void simulated_wait::end()
{
    is_ended_ = true;
    if (key_)
        context_.end_wait(*key_, error_code());
}

} // namespace webseed::test
