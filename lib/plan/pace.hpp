// How far apart requests begin, at a server that takes so many a second and refuses the others. Pure.
//
// There is no gap until refusals come in quick succession. What such a server let through since the last refusal, by
// the time since then, is close to what it allows: that's where the search begins.
#pragma once

#include "plan/backoff.hpp"

#include <cstdint>

namespace webseed::planning {

class pace
{
public:
    /// So few delivered between two refusals are a quick succession.
    static constexpr std::uint64_t quick_count = 4;

    /// Takes the next turn. Returns when it is, not before `now`. @param active  no more than these take turns.
    time_point reserve(time_point now, unsigned active) noexcept;
    /// A piece of work was done.
    void delivered(time_point now) noexcept;
    /// Requests were refused, for the first time since whoever had begun before had ended. @param active  how many
    /// were at work. @param is_proven  as many had gone well before.
    /// Returns whether it was for their rate.
    bool refused(time_point now, unsigned active, bool is_proven) noexcept;

    /// Between the beginnings of two requests.
    duration gap() const noexcept { return gap_; }
    /// Since the last refusal.
    std::uint64_t delivered_count() const noexcept { return delivered_; }

private:
    static constexpr duration useless_time_first = std::chrono::minutes(1);

    bool widen(time_point now, duration estimate, bool is_quick) noexcept;
    bool is_useless(time_point now, std::uint64_t count, duration estimate) noexcept;

    duration gap_{};
    duration floor_{}; // it doesn't shrink below this
    time_point floor_end_{};
    time_point next_{}; // turn
    bool was_refused_ = false;
    time_point round_began_{}; // with the last refusal
    std::uint64_t delivered_ = 0;
    std::uint64_t starts_ = 0; // in the round
    time_point first_start_{};
    unsigned quick_rounds_ = 0;      // in a row
    duration estimate_{};            // from the last round: how far apart they may be
    std::uint64_t useful_count_ = 0; // a round with so many delivered shows that there is some use in the gap
    unsigned useless_rounds_ = 0;    // in a row, without
    duration useless_time_ = useless_time_first;
    time_point useless_end_{};   // until then there is no gap
    std::uint64_t unshrunk_ = 0; // delivered since the gap last shrank
    time_point shrunk_at_{};
};

} // namespace webseed::planning
