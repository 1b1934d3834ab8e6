// One simulated run: the shipped engine, driven through its public face in a scenario, with what must hold afterwards.
#pragma once

#include "sim/scenario.hpp"

#include <webseed/error.hpp>

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test::sim {

class platter;
struct site;

/// What a sweep does to a run, at one point of it.
struct interference
{
    enum class kind : std::uint8_t
    {
        none,
        // At a step, which is a number of handlers that have run:
        cancel,       // async_run(); its cancellation types in turn
        close,        // the download
        close_mirror, // one after the other, in turn
        stop,         // the engine
        drop,         // the handle, and then the engine
        destroy,      // all handles, and then the context with all that is pending
        // At a call:
        throw_in_seam,    // of the network, the clock or the storage
        throw_in_handler, // of the embedder: a completion
        fail_file_call,   // once, with `error`
        fail_file_calls,  // and all that follow
        // Afterwards:
        crash, // at some moment of it the machine lost power
    };
    kind what = kind::none;
    std::uint64_t at = 0;
    int error = 0;
};

/// What became of a run.
struct report
{
    /// What doesn't hold; empty when all is well.
    std::vector<std::string> failures;
    error_code error;
    bool is_over = false; // async_run() has completed
    std::uint64_t steps = 0;
    std::uint64_t trace = 0;
    std::uint64_t seam_calls = 0;
    std::uint64_t handler_calls = 0;
    std::uint64_t file_calls = 0;
    std::uint64_t requests = 0;
    std::uint64_t faults = 0;
    duration elapsed{};

    bool is_complete() const noexcept { return is_over && !error; }
};

/// A run on a disk that is there already. @param log  if not null, told everything that happens, a line each.
report simulate_on(
    platter& disk, scenario const& what, std::shared_ptr<site const> const& content, interference const& how,
    std::ostream* log);

/// The same on a disk of its own; if it doesn't complete, another run must go on from there.
report simulate(scenario const& what, interference const& how = {}, std::ostream* log = nullptr);

} // namespace webseed::test::sim
