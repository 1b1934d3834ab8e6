// The signals that ask the program to end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <utility>

#include <signal.h>

namespace webseed::app {

/// The first signal asks for a clean end; a second one gets the default action. One is that the terminal goes away,
/// unless nohup has it ignored.
class interruption
{
public:
    explicit interruption(boost::asio::io_context& context)
        : signals_(context, SIGINT, SIGTERM)
    {
        struct sigaction inherited = {};
        if (::sigaction(SIGHUP, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
            signals_.add(SIGHUP);
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (error)
                return;
            has_come_ = true;
            signals_.clear();
            if (told_)
                told_();
        });
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
    boost::asio::signal_set signals_;
    std::function<void()> told_;
    bool has_come_ = false;
};

} // namespace webseed::app
