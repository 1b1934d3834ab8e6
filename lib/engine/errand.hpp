// One coroutine on a worker whose result somebody waits for, from its start to its end.
#pragma once

#include "engine/activity.hpp"
#include "engine/engine_parts.hpp"
#include "engine/message_of.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace webseed::core {

/// @tparam Result  has an `error` and a `cause`, and can be made without any.
template <class Result>
class errand final : public activity, public std::enable_shared_from_this<errand<Result>>
{
public:
    /// What it does: called once, on a serial executor, with all that it refers to in the errand's hands. Terminal
    /// cancellation: operation_aborted, as a value or thrown.
    using task = std::function<boost::asio::awaitable<Result>(engine_parts const& shared)>;

    errand(engine_parts shared, task what)
        : activity(shared.front)
        , shared_(std::move(shared))
        , task_(std::move(what))
        , home_(shared_.crew->next_serial())
    {}

    void start() override
    {
        if (!begin())
            return;
        // From there, so that the slot is never touched on two threads.
        boost::asio::post(home_, [self = this->shared_from_this()] {
            auto keep_alive = [self](std::exception_ptr) {};
            boost::asio::co_spawn(
                self->home_, self->run(),
                boost::asio::bind_cancellation_slot(self->cancel_.slot(), std::move(keep_alive)));
        });
    }

    /// What it has got already it may keep.
    void close(error_code reason) override
    {
        auto const before = retire();
        if (before == phase::fresh)
            end_with(failed(reason, "closed before it was started"));
        if (before != phase::running)
            return;
        boost::asio::post(home_, [self = this->shared_from_this(), reason] {
            if (!self->closed_by_)
                self->closed_by_ = reason;
            self->cancel_.emit(boost::asio::cancellation_type::terminal);
        });
    }

    /// What came of it. Once, after wait_ended().
    Result take() { return std::move(result_); }

private:
    static Result failed(error_code error, std::string message)
    {
        Result made;
        made.error = error;
        made.cause.message = std::move(message);
        return made;
    }

    boost::asio::awaitable<void> run()
    {
        Result result;
        try
        {
            if (closed_by_)
                result.error = closed_by_;
            else
                result = co_await task_(shared_);
        }
        catch (boost::system::system_error const& error)
        {
            auto const is_cancelled = error.code() == boost::asio::error::operation_aborted;
            result = failed(is_cancelled ? error.code() : error_code(errc::internal), error.what());
        }
        catch (...)
        {
            result = failed(errc::internal, "unexpected: " + message_of(std::current_exception()));
        }
        if (result.error && closed_by_)
            result = failed(closed_by_, "given up before it was done");
        end_with(std::move(result));
        co_return;
    }

    void end_with(Result result)
    {
        result_ = std::move(result);
        end();
    }

    engine_parts shared_;
    task task_;
    boost::asio::any_io_executor home_; // of run(), and of what it alone touches
    // At home only:
    error_code closed_by_;
    boost::asio::cancellation_signal cancel_;
    // Until the end at home, then whoever waited for it.
    Result result_;
};

} // namespace webseed::core
