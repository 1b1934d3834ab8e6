// What must hold after a run, whatever happened in it.
#pragma once

#include "sim/guest.hpp"
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
#include <utility>
#include <vector>

namespace webseed::test::sim {

/// The same torrent, with one honest mirror and a sound disk.
scenario recovery_of(scenario const& what);

/// What was seen of a run as a whole.
struct run_figures
{
    std::uint64_t steps = 0;
    std::uint64_t trace = 0;
    std::uint64_t seam_calls = 0;
    std::uint64_t handler_calls = 0;
    duration elapsed{};
    int sleeps = 0;          // of the process
    bool is_crowded = false; // there are several downloads
    /// Connections with requests under way, at the most.
    std::size_t most_under_way = 0;
    std::size_t most_at_one_host = 0;
    int live_streams = 0;
    int storages = 0;
    int open_storages = 0;
};

/// What was seen of one of its downloads.
struct facts
{
    std::vector<std::string> failures; // seen on the way
    int completions = 0;               // of async_run()
    error_code error;
    std::optional<stats> last; // when it completed
    diagnostics diagnosis;
    std::vector<std::string> removed; // hosts
    std::vector<std::pair<file_index, bool>> selections;
    int sleeps = 0;
    int questions = 0;      // of pieces that haven't been answered
    bool was_ended = false; // by the embedder
    bool was_closed_at_rest = false;
    bool was_destroyed = false;
    int stops_begun = 0;
    int stops = 0;
    bool has_begun = false;
    duration elapsed{};      // until all that belongs to it had ended; as all below, since it was begun
    duration ended{};        // when async_run() completed
    duration storage_time{}; // that operations took together
    std::uint64_t buffered_most = 0;
    std::vector<std::uint64_t> written; // bytes of each piece, without padding
    run_figures run;
    struct mirror_facts
    {
        mirror_manner manner;
        mirror::account account;
    };
    std::vector<mirror_facts> mirrors;
    std::vector<guest::account> reads; // of each reader
    std::size_t open_files = 0;
    bool disk_failed = false;
    std::uint64_t wrong_begun = 0; // pieces of which an earlier run has left something wrong

    bool is_complete() const noexcept { return completions != 0 && !error; }
    /// All was there. What readers wanted no more may still have been under way.
    bool is_closed_at_rest() const { return was_closed_at_rest && (!error || error == errc::closed); }
    /// A file that is said to be finished.
    void check_file(site const& content, platter const& disk, file_index file);
    void check_stats(stats const& now);
    void check_known(std::vector<known_server> const& known);
    /// What an earlier run has left.
    void check_recalled(site const& content, platter const& disk, known_content const& known);
    /// That it has no secrets.
    void check_text(std::string const& text);
    void check_text(diagnostics const& told);
    void check_event(event const& happened);
    /// Counts the answer to a question. Whether there is one.
    bool is_answered(error_code told, bool may_fail);
    /// What is said of a piece. @param is_over  the run has ended.
    void check_report(site const& content, platter const* disk, piece_report const& told, bool is_over);
    /// What is said of those that are missing, of which so many reports were asked for.
    void check_missing(
        site const& content, platter const* disk, std::vector<piece_report> const& told, std::size_t count_max,
        bool is_over);
};

/// A download, and what became of it.
struct case_of_one
{
    scenario const& what;
    site const& content;
    platter const& disk;
    facts const& seen;
};

/// What doesn't hold, of each download of a run. @param how  what was done to the first one, or to all.
std::vector<std::vector<std::string>> judge(std::vector<case_of_one> const& all, interference const& how);

/// Of that, what is about bytes.
std::vector<std::string> check_content(case_of_one const& of, interference const& how);

/// The most memory that a run may hold at once.
std::int64_t memory_bound(scenario const& what);

} // namespace webseed::test::sim
