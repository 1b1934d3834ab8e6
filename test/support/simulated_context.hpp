// An execution context on one thread, whose time passes only when somebody lets it, and whose schedule is either first
// come, first served, or drawn from a seed. Coroutines, strands and channels run in it as they do in an io_context.
#pragma once

#include "support/dice.hpp"

#include <webseed/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

class simulated_context : public asio::execution_context
{
public:
    class executor_type;

    /// @param seed  none: handlers run in the order in which they were posted, and dispatching within one runs in
    ///              place, as in an io_context with one thread. A seed: in any order, and in place or not, as in one
    ///              with many.
    explicit simulated_context(std::optional<std::uint64_t> seed = {});
    /// Destroys all that is pending, with the coroutines that wait for it.
    ~simulated_context();

    executor_type get_executor() noexcept;

    time_point now() const noexcept { return now_; }
    /// Runs one handler. False: there is none. Throws what it throws.
    bool run_one();
    /// Lets time pass until the first wait is over. False: nobody waits for a finite time.
    bool advance();
    /// So much time has passed, and nothing has happened meanwhile: the process was stopped.
    void jump(duration span) noexcept { now_ += span; }
    /// Nothing is to be run now.
    bool is_idle() const noexcept { return tasks_.empty(); }
    /// Pending waits, those without an end counted.
    std::size_t waits() const noexcept { return waits_.size(); }

    /// How many handlers have run.
    std::uint64_t steps() const noexcept { return steps_; }
    /// A hash of all that happened: which handler ran when, and what was noted.
    std::uint64_t trace() const noexcept { return trace_; }
    void note(std::string_view happened) noexcept;

private:
    friend class simulated_wait;
    struct task
    {
        virtual ~task() = default;
        virtual void run() = 0;
    };
    template <class Function>
    struct task_of;
    using wait_handler = asio::any_completion_handler<void(error_code)>;
    using wait_key = std::pair<time_point, std::uint64_t>; // in the order of their ends, then of their beginnings

    void push(std::unique_ptr<task> made);
    bool runs_in_place() noexcept;
    wait_key begin_wait(time_point until, wait_handler handler);
    void end_wait(wait_key key, error_code error);
    void drop_pending() noexcept;
    void mix(std::uint64_t value) noexcept;

    std::optional<dice> schedule_;
    time_point now_ = time_point(std::chrono::hours(1));
    std::deque<std::unique_ptr<task>> tasks_;
    // The context owns the handlers, and with them the coroutines: owned the other way round, nobody would end.
    std::map<wait_key, wait_handler> waits_;
    std::uint64_t waits_made_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t trace_ = 14695981039346656037u;
    bool is_running_ = false;
};

template <class Function>
struct simulated_context::task_of final : task
{
    explicit task_of(Function&& function)
        : function_(std::move(function))
    {}
    void run() override { function_(); }

    Function function_;
};

class simulated_context::executor_type
{
public:
    simulated_context& query(asio::execution::context_t) const noexcept { return *context_; }
    asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept
    {
        if (never_blocks_)
            return asio::execution::blocking.never;
        return asio::execution::blocking.possibly;
    }
    executor_type require(asio::execution::blocking_t::never_t) const noexcept { return {*context_, true}; }
    executor_type require(asio::execution::blocking_t::possibly_t) const noexcept { return {*context_, false}; }

    template <class Function>
    void execute(Function function) const
    {
        if (!never_blocks_ && context_->runs_in_place())
            function();
        else
            context_->push(std::make_unique<task_of<Function>>(std::move(function)));
    }

    friend bool operator==(executor_type const&, executor_type const&) noexcept = default;

private:
    friend class simulated_context;
    executor_type(simulated_context& context, bool never_blocks) noexcept
        : context_(&context)
        , never_blocks_(never_blocks)
    {}

    simulated_context* context_;
    bool never_blocks_;
};

/// Something that one coroutine waits for, once: a time, or somebody's call.
class simulated_wait
{
public:
    simulated_wait(simulated_context& context, time_point until) noexcept
        : context_(context)
        , until_(until)
    {}
    simulated_wait(simulated_wait const&) = delete;
    simulated_wait& operator=(simulated_wait const&) = delete;

    /// Completes at the time or when ended, without an error; on cancellation with operation_aborted.
    asio::awaitable<error_code> wait();
    /// Ends the wait, also one that hasn't begun.
    void end();

private:
    simulated_context& context_;
    time_point until_;
    bool is_ended_ = false;
    std::optional<simulated_context::wait_key> key_;
};

} // namespace webseed::test
