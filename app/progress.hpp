// What people see on standard error while a download runs.
#pragma once

#include "live_line.hpp"

#include <webseed/events.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/stats.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace webseed::app {

class progress_view
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param verbose  whether it is told whenever a seed begins to do something else.
    progress_view(metainfo const& torrent, time_point start, bool verbose);

    void show(stats const& now, time_point time);
    void tell(metainfo const& torrent, event const& happened);
    /// Who sent what, and how long it took.
    void summarise(stats const& last, time_point time);

private:
    std::string line_of(stats const& now, time_point time) const;
    void tell_changes(stats const& now, time_point time);

    live_line line_;
    bool is_verbose_;
    std::vector<seed_stats> told_; // as they were when they were told
    time_point start_;
    time_point rated_at_;
    std::uint64_t rated_bytes_ = 0;
    double rate_ = 0; // bytes a second, smoothed
};

} // namespace webseed::app
