// What must hold after a run, whatever happened in it.
#pragma once

#include "sim/mirror.hpp"
#include "sim/platter.hpp"
#include "sim/scenario.hpp"
#include "sim/simulation.hpp"

#include <webseed/events.hpp>
#include <webseed/explain.hpp>
#include <webseed/stats.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test::sim {

/// The same torrent, with one honest mirror and a sound disk.
scenario recovery_of(scenario const& what);

/// What was seen of a run.
struct facts
{
    std::vector<std::string> failures; // seen on the way
    int completions = 0;               // of async_run()
    error_code error;
    std::optional<stats> last; // when it completed
    diagnostics diagnosis;
    std::uint64_t handler_calls = 0;
    std::vector<std::string> removed; // hosts
    int sleeps = 0;
    int questions = 0;      // of pieces that haven't been answered
    bool was_ended = false; // by the embedder
    bool was_destroyed = false;
    int stops_begun = 0;
    int stops = 0;
    duration elapsed{};
    duration ended{};        // when async_run() completed
    duration storage_time{}; // that operations took together
    std::uint64_t steps = 0;
    std::uint64_t trace = 0;
    std::uint64_t seam_calls = 0;
    std::uint64_t file_calls = 0;
    struct mirror_facts
    {
        mirror_manner manner;
        mirror::account account;
    };
    std::vector<mirror_facts> mirrors;
    int live_streams = 0;
    int storages = 0;
    int open_storages = 0;
    std::size_t open_files = 0;
    bool disk_failed = false;

    bool is_complete() const noexcept { return completions != 0 && !error; }
    /// A file that is said to be finished.
    void check_file(site const& content, platter const& disk, file_index file);
    void check_stats(stats const& now);
    /// That it has no secrets.
    void check_text(std::string const& text);
    void check_text(diagnostics const& told);
    void check_event(event const& happened);
    /// Counts the answer to a question. Whether there is one.
    bool is_answered(error_code told, interference const& how);
    /// What is said of a piece. @param is_over  the run has ended.
    void check_report(site const& content, platter const& disk, piece_report const& told, bool is_over);
    /// What is said of those that are missing, of which so many reports were asked for.
    void check_missing(
        site const& content, platter const& disk, std::vector<piece_report> const& told, std::size_t count_max,
        bool is_over);
};

/// What doesn't hold.
std::vector<std::string>
judge(scenario const& what, interference const& how, site const& content, platter const& disk, facts const& seen);

/// The most memory that a run may hold at once.
std::int64_t memory_bound(scenario const& what);

} // namespace webseed::test::sim
