// How a seed fares: when it may be asked again after failures, and when it is given up. Pure: the time and the
// random number are arguments.
//
//   ready --failed--> pausing --time--> probing --failed--> pausing (longer) ... --too often--> given up
//     ^                                    |
//     +-------------delivered--------------+
//
// While probing, one claim at a time tries the seed.
#pragma once

#include "plan/backoff.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace webseed::planning {

struct health_options
{
    /// The first pause after a failure is up to this long; each further one up to three times the last.
    duration pause_first = std::chrono::milliseconds(500);
    duration pause_max = std::chrono::seconds(30);
    /// A server's own wish for a pause is followed up to this.
    duration retry_after_max = std::chrono::minutes(10);
    /// Failures in a row after which the seed is given up. If all but one of these are one file's, that is left, and
    /// others are tried, each one less often, before the seed is to blame.
    std::uint32_t failure_count_max = 5;
    /// Pauses in a row for which it asked after which the seed is given up: with the pauses above, an hour or more.
    std::uint32_t busy_count_max = 120;
    /// Bad pieces after which the seed is given up.
    std::uint32_t bad_piece_count_max = 5;
    /// A file that the seed hasn't got is asked for again after this, or up to a quarter more, and after twice as long
    /// each further time.
    duration file_retry_first = std::chrono::minutes(1);
    duration file_retry_max = std::chrono::hours(1);
    /// But one such file at a time, so far apart, until one is there.
    duration file_retry_gap = std::chrono::seconds(5);
};

class seed_health
{
public:
    explicit seed_health(health_options const& options) noexcept
        : options_(options)
        , backoff_(options.pause_first, options.pause_max)
    {}

    bool is_given_up() const noexcept { return given_up_; }
    /// Whether only one claim at a time may try it.
    bool is_probing() const noexcept { return failures_ + busy_ > 0; }
    /// Whether it paused last because it asked for patience, and not because it failed.
    bool has_asked_to_wait() const noexcept { return has_asked_to_wait_; }
    /// Before this it must not be asked; a time in the past if it may be asked now.
    time_point pause_end() const noexcept { return pause_end_; }

    /// It sent at least one right piece.
    void delivered() noexcept;
    /// It failed to answer, or answered wrongly. @param random  uniform.
    void failed(time_point now, std::uint64_t random) noexcept;
    /// It asked for patience. Within a pause that changes nothing but the wish: requests that were under way together
    /// met one fault. @param retry_after  its wish, if it said one.
    void busy(time_point now, std::optional<duration> retry_after, std::uint64_t random) noexcept;
    /// It is left alone for a while, which isn't held against it.
    void rest(time_point now, std::uint64_t random) noexcept;
    void sent_bad_piece() noexcept;
    /// Its last failures weren't its own.
    void forgive() noexcept;

private:
    void pause(time_point now, duration least, std::uint64_t random) noexcept;

    health_options options_;
    backoff backoff_;
    time_point pause_end_ = time_point::min();
    std::uint32_t failures_ = 0;
    std::uint32_t busy_ = 0;
    std::uint32_t bad_pieces_ = 0;
    bool given_up_ = false;
    bool has_asked_to_wait_ = false;
};

} // namespace webseed::planning
