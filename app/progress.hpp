// What people see on standard error while a download runs.
#pragma once

#include "live_line.hpp"

#include <webseed/events.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/stats.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace webseed::app {

class progress_view
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    progress_view(metainfo const& torrent, time_point start);

    void show(stats const& now, time_point time);
    void tell(metainfo const& torrent, event const& happened);
    /// Who sent what, and how long it took.
    void summarise(stats const& last, time_point time);

private:
    std::string line_of(stats const& now) const;

    live_line line_;
    time_point start_;
    time_point rated_at_;
    std::uint64_t rated_bytes_ = 0;
    double rate_ = 0; // bytes a second, smoothed
};

} // namespace webseed::app
