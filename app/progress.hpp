// What people see on standard error while a download runs.
#pragma once

#include "live_line.hpp"

#include <webseed/events.hpp>
#include <webseed/explain.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/stats.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace webseed::app {

class progress_view
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param verbose  whether it is told whenever a seed begins to do something else.
    progress_view(metainfo const& torrent, time_point start, bool verbose);

    void show(stats const& now, time_point time);
    void tell(metainfo const& torrent, event const& happened, time_point time);
    /// That a piece isn't there, and why.
    void tell_missing(metainfo const& torrent, piece_report const& told, time_point time);
    /// Who sent what, and how long it took.
    void summarise(stats const& last, time_point time);

private:
    std::string line_of(stats const& now, time_point time) const;
    void tell_more(event const& happened, time_point time);
    void tell_change(seed_changed const& change, time_point time);
    void tell_late_changes(time_point time);

    // What was told of a seed last, and what is to be told once that is long enough ago.
    struct told_seed
    {
        seed_doing doing = seed_doing::nothing_to_do;
        time_point at{};
        std::optional<seed_changed> next;
    };

    live_line line_;
    bool is_verbose_;
    std::map<std::string, told_seed> told_; // by the URL
    time_point start_;
    time_point rated_at_;
    std::uint64_t rated_bytes_ = 0;
    double rate_ = 0; // bytes a second, smoothed
};

} // namespace webseed::app
