// State that can only be reached by holding it, and can't be held across a suspension: the one guard of the engine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace webseed::core {

/// A T and the strand on which alone it is touched. Must outlive every visit.
template <class T>
class guarded
{
public:
    template <class... Args>
    explicit guarded(boost::asio::any_io_executor executor, Args&&... args)
        : strand_(boost::asio::make_strand(std::move(executor)))
        , state_(std::forward<Args>(args)...)
    {}

    /// Visits the state: runs `visit(state)` as one turn of the strand, while the caller is suspended, and brings back
    /// what it returns or throws. `visit` is an ordinary function, so it can't wait for anything with the state held,
    /// and what it returns must be a copy: nothing may point into the state once the turn is over.
    /// The caller stays on its own executor, which must not be this strand. Not interrupted by cancellation.
    template <class Visit>
    boost::asio::awaitable<std::invoke_result_t<Visit&, T&>> with(Visit visit)
    {
        using result_type = std::invoke_result_t<Visit&, T&>;
        static_assert(!std::is_reference_v<result_type> && !std::is_pointer_v<result_type>);
        std::optional<result_type> result;
        std::exception_ptr failure;
        auto turn = [&]() noexcept {
            try
            {
                result.emplace(visit(held()));
            }
            catch (...)
            {
                failure = std::current_exception();
            }
        };
        auto start = [this, &turn](auto handler) {
            auto run = [&turn, handler = std::move(handler)]() mutable {
                auto const home = boost::asio::get_associated_executor(handler);
                turn();
                // Posted, never run in place: the caller must not go on inside a turn of the strand.
                boost::asio::post(home, std::move(handler));
            };
            boost::asio::post(strand_, std::move(run));
        };
        co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
            std::move(start), boost::asio::use_awaitable);
        if (failure)
            std::rethrow_exception(failure);
        co_return std::move(*result);
    }

    /// Visits the state some time later, with nobody waiting. From any thread. `visit` must not throw, and must keep
    /// alive what it needs, this guard included.
    template <class Visit>
    void post(Visit visit)
    {
        auto run = [this, visit = std::move(visit)]() mutable { visit(held()); };
        boost::asio::post(strand_, std::move(run));
    }

    /// Once nobody changes it any more, which whoever calls this knows: from any thread.
    T const& quiet() const noexcept { return state_; }

private:
    T& held() noexcept
    {
        assert(strand_.running_in_this_thread());
        return state_;
    }

    boost::asio::strand<boost::asio::any_io_executor> strand_;
    T state_;
};

} // namespace webseed::core
