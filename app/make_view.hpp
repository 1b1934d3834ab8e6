// What people see on standard error while a torrent is made.
#pragma once

#include "live_line.hpp"

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
    time_point start_;
    live_line line_;
};

} // namespace webseed::app
