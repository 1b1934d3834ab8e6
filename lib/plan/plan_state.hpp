// What a plan remembers of its seeds, its requesters and their claims.
#pragma once

#include "plan/missing_files.hpp"
#include "plan/plan_types.hpp"
#include "plan/run_set.hpp"
#include "plan/seed_health.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace webseed::planning {

struct held_claim
{
    claim work;
    std::uint32_t next = 0; // the first part not reported
    bool cooling = false;
    bool is_asked = false;   // to share
    bool is_overdue = false; // its holder has been told to stop
    part_run lent{};         // what it was for: others may have it until it is secured
    bool is_lost = false;    // it wasn't secured: others had it
    time_point begun_at{};
    time_point heard_at{};       // when bytes came, or it was begun
    std::uint64_t arrived = 0;   // bytes
    time_point first_at{};       // when it was told of the first of them,
    std::uint64_t first = 0;     // which were so many
    double recent_rate = 0;      // bytes a second, of late
    std::uint64_t into_part = 0; // of `next`
};

struct requester_state
{
    requester_id id{};
    seed_id seed{};
    std::optional<held_claim> held{};
    bool is_new = false; // of a seed whose rate is known: it hasn't asked for anything yet
    bool idle = false;
    bool woken = false;                         // was idle, and has been told to call next()
    bool declined = false;                      // has its own reasons to call next()
    time_point rests_until = time_point::min(); // after its claim was taken back
};

struct seed_state
{
    explicit seed_state(health_options const& options)
        : health(options)
        , missing(options)
    {}

    seed_health health;
    missing_files missing;
    std::vector<requester_id> requesters;
    run_set wrong; // parts of pieces it sent wrong bytes for, and the rest of files with too many such
    std::map<std::uint32_t, std::uint32_t> wrong_in; // such pieces of each file
    run_set barred;                                  // parts that another one is to send alone
    run_set refused;                                 // those, and those of missing files
    double rate = 0;                                 // bytes a second of one requester; 0: not known
    double flow = 0;                                 // the same without the wait for the first bytes
    bool is_rate_told = false;                       // from earlier, or by a claim that hasn't ended
    bool is_doubted = false;                         // was dead earlier, and hasn't answered yet
    std::size_t fresh = 0;                           // requesters that are new
    std::size_t idle = 0;                            // requesters
    std::optional<requester_id> looker;              // idle, and comes back by the clock to look around for all
    std::optional<requester_id> watcher;             // has declined, and comes back by the clock for what is stuck
    std::size_t engaged = 0;                         // requesters that work, or could: as it is counted in the plan's
    std::uint64_t engaged_rate = 0;                  // of those together, likewise
    duration silence{};                              // the longest wait for bytes, of late,
    duration longest_silence{};                      // and ever
    duration answer{};                               // how long the last claim waited for its first bytes
    duration gap{};                                  // between bytes of any claims, of late; 0: not known
    time_point heard_at = time_point::min();         // when the last bytes came, or the first claim was made
    bool is_silent = false;                          // for too long: it isn't counted on
    duration stall_rest{};                           // the last rest; 0: bytes have come since
    unsigned taken_count = 0;                        // times that claims were taken away since it sent a right piece
    time_point taken_at = time_point::min();         // the last one
    time_point rests_until = time_point::min();      // after nothing had come of any claim
    std::map<std::uint32_t, unsigned> backs;         // times that claims were taken back at a part, of late
    time_point back_at = time_point::min();          // the last one
    time_point ended_at = time_point::min();         // when a claim ended last, however
    std::size_t active = 0;                          // claims
    std::size_t lent = 0;                            // of those the ones that are lent
    std::size_t active_parts = 0;                    // of those the ones for which a part of a file is asked for
    std::size_t woken = 0;                           // requesters on their way to next()
    std::uint32_t missing_count = 0;                 // files in a row that it hadn't got
    std::vector<file_index> left;                    // that failed time and again, and were left
    std::uint32_t left_count = 0;                    // in a row
    bool may_try_left = true;                        // again: it has sent something right since it did so
    std::uint64_t has_no_work_in = 0;                // the last replan() that found nothing for it
    bool has_delivered = false;                      // ever
    bool sends_whole_files = false;                  // as it last said
    bool sends_whole_pieces = false;                 // as it once said
    bool closed = false;
    bool pausing = false; // who failed comes back by the clock and then wakes the others
    bool told_given_up = false;
    std::uint32_t left_to_others = 0;       // free pieces when it was last found too slow for them
    time_point look_at = time_point::min(); // until then they are left to others
    bool is_watching = false;               // one of its requesters comes back then
    bool is_sparing = false;                // what is urgent, for quicker ones; likewise
    std::uint32_t spared = 0;               // the first such piece
    time_point spared_until = time_point::min();
    std::optional<claim_id> changed; // the first claim after a file has changed, until something arrives
};

enum class part_state : std::uint8_t
{
    unchecked,
    free,
    claimed,
    arrived, // without a verdict on their piece
    verified,
    deferred,
    skipped,
};

} // namespace webseed::planning
