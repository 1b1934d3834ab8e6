// What people see on standard error while a torrent is made: one live line on a terminal, a plain line every few
// seconds elsewhere.
#pragma once

#include <webseed/make.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace webseed::app {

class make_view
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param progress  must outlive the view.
    make_view(make_progress const& progress, time_point start);

    void show(time_point now);
    /// Leaves no live line behind.
    void finish();

private:
    std::string line_at(time_point now) const;

    make_progress const& progress_;
    bool is_terminal_;
    time_point start_;
    time_point shown_at_;
    bool has_live_line_ = false;
};

} // namespace webseed::app
