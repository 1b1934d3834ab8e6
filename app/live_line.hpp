// How far work has come, on standard error: one line that changes on a terminal, a plain line every few seconds
// elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace webseed::app {

class live_line
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit live_line(time_point start);

    bool is_terminal() const noexcept { return is_terminal_; }
    /// In place of what was shown last. Elsewhere than on a terminal it is passed over if that is too soon.
    void show(std::string text, time_point now);
    /// A line that stays.
    void print(std::string const& text);
    /// Leaves nothing behind.
    void clear();

private:
    bool is_terminal_;
    time_point printed_at_;
    bool is_shown_ = false;
};

} // namespace webseed::app
