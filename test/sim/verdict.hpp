// What must hold after a run, whatever happened in it.
#pragma once

#include "sim/mirror.hpp"
#include "sim/platter.hpp"
#include "sim/scenario.hpp"
#include "sim/simulation.hpp"

#include <webseed/events.hpp>
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
    std::uint64_t wrong_begun = 0; // pieces of which an earlier run has left something wrong

    bool is_complete() const noexcept { return completions != 0 && !error; }
    /// A file that is said to be finished.
    void check_file(site const& content, platter const& disk, file_index file);
    void check_stats(stats const& now);
    /// What an earlier run has left.
    void check_recalled(site const& content, platter const& disk, known_content const& known);
    /// That it has no secrets.
    void check_text(std::string const& text);
    void check_text(diagnostics const& told);
    void check_event(event const& happened);
};

/// What doesn't hold.
std::vector<std::string>
judge(scenario const& what, interference const& how, site const& content, platter const& disk, facts const& seen);

/// The most memory that a run may hold at once.
std::int64_t memory_bound(scenario const& what);

} // namespace webseed::test::sim
