// How many requests for small parts a server takes at once on a connection. Pure.
//
//   alone --a clean response--> trying, a few --responses in time--> more and more, as long as they come in time
//     ^                            |                                   |
//     +---- after a doubt, for ever, unless it had gone well for long -+
//
// A server that is known to have got it wrong earlier is tried only after many clean responses: it may have been
// mended, or have been doubted for no fault of its own; and where there is little to ask for, nothing is to be gained.
#pragma once

#include "plan/backoff.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace webseed::planning {

/// What a response to a request for a small part has shown.
struct shown_response
{
    /// HTTP/1.1 of known length, kept alive, direct, and all that was asked for.
    bool is_clean = false;
    /// Other requests were under way with it.
    bool was_among_others = false;
    /// Something was wrong among others that was right without them.
    bool is_doubtful = false;
    /// The server said that it is the last one on the connection, which has had so many.
    bool is_last = false;
    unsigned response_count = 0;
    /// From sending the request.
    duration head_time{};
    /// Of all, connecting included.
    duration whole_time{};
};

class pipelining
{
public:
    /// How many requests may be under way on a connection that has had so many responses; 1: one after the other.
    unsigned depth(unsigned response_count) const noexcept;
    /// How long a response that was asked for ahead may keep silent behind the one before. Somebody who is idle would
    /// take the work after a second: a server that ignores requests is to be found out before.
    duration patience() const noexcept;

    void learn(shown_response const& shown, time_point now) noexcept;
    /// The server, or the line, broke off among others.
    void doubt(time_point now) noexcept;
    /// Never again: it is of no use.
    void give_up() noexcept { is_given_up_ = true; }
    /// Never again: what came was wrong.
    void fail() noexcept
    {
        has_failed_ = true;
        give_up();
    }
    /// It is known to have gone wrong earlier. Before anything else.
    void distrust() noexcept;
    /// Whether it does, as far as has been seen.
    std::optional<bool> goes_well() const noexcept;

private:
    bool is_proven() const noexcept;

    bool is_given_up_ = false;
    bool has_failed_ = false;
    unsigned alone_count_min_ = 0; // clean responses to come before any is asked for ahead
    unsigned depth_ = 1;
    unsigned response_limit_ = 0;      // of a connection, as the server last said; 0: it hasn't
    duration longest_{};               // whole response, of late
    duration usual_ = duration::max(); // the shortest time to a head
    std::uint64_t good_count_ = 0;     // among others, since the last doubt
    bool was_proven_ = false;
    unsigned doubt_count_ = 0;
    time_point doubted_at_ = time_point::min();
};

} // namespace webseed::planning
