// The signals that ask the program to end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <functional>
#include <utility>

#include <signal.h>

namespace webseed::app {

/// The first signal asks for a clean end; a second one, after half a second, gets the default action: whoever stops a
/// program may well send several at once. One is that the terminal goes away, unless nohup has it ignored; that counts
/// once.
class interruption
{
public:
    explicit interruption(boost::asio::io_context& context)
        : signals_(context, SIGINT, SIGTERM)
    {
        struct sigaction inherited = {};
        if (::sigaction(SIGHUP, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
            signals_.add(SIGHUP);
        wait();
    }

    bool has_come() const noexcept { return has_come_; }
    /// @param told  called when the signal comes, or now if it has come; empty: nobody is told.
    void watch(std::function<void()> told)
    {
        told_ = std::move(told);
        if (told_ && has_come_)
            told_();
    }
    void stop() { signals_.cancel(); }

private:
    using steady = std::chrono::steady_clock;

    void wait()
    {
        signals_.async_wait([this](boost::system::error_code error, int number) {
            if (error)
                return;
            if (!has_come_)
                begin_end();
            else if (number != SIGHUP && steady::now() - come_at_ > std::chrono::milliseconds(500))
            {
                signals_.clear();
                ::raise(number);
            }
            wait();
        });
    }
    void begin_end()
    {
        has_come_ = true;
        come_at_ = steady::now();
        if (told_)
            told_();
    }

    boost::asio::signal_set signals_;
    std::function<void()> told_;
    bool has_come_ = false;
    steady::time_point come_at_{}; // the first one
};

} // namespace webseed::app
