// How many at once: looks for the number that brings the most bytes with the fewest refusals. Pure.
//
//              reached, or nothing higher is allowed            a window is over
//   climbing ------------------------------------> measuring ------------------> climbing, if that brought more
//      ^                                                                    +--> holding, one step lower, if not;
//      |                                                                         as many again are measured twice
//      +--- cut(), at half the number                holding --time--> measuring
//
// Where it was refused is a ceiling for a while, unless as many had gone well before: then it wasn't for their number.
#pragma once

#include "plan/backoff.hpp"

#include <cstdint>
#include <limits>

namespace webseed::planning {

class concurrency
{
public:
    /// So many are allowed at first, unless more is known.
    static constexpr unsigned first = 4;

    unsigned limit() const noexcept { return limit_ < cap_ ? limit_ : cap_; }
    /// So many have gone well, and nothing has spoken against it since; 0: not known.
    unsigned known_good() const noexcept { return proven_ < limit_ ? proven_ : limit_; }

    /// So many went well earlier, at least 1. Before anything else. It begins with half of them, if that isn't less
    /// than usual, and goes on to the others as soon as something comes.
    void expect(unsigned count) noexcept;

    /// No more than this will ever be wanted at once; at least 1.
    void set_cap(unsigned cap) noexcept { cap_ = cap; }

    /// A piece of work was done, or a part of one. @param began  when. @param active  how many were at work, with it.
    void delivered(time_point now, time_point began, std::uint64_t bytes, unsigned active) noexcept;
    /// Half as many from now on. @param active  how many were at work when somebody was refused, with that one.
    /// @param is_for_number  it may have been for their number.
    void cut(time_point now, unsigned active, bool is_for_number) noexcept;
    /// One of `active`, at least 1, got nothing for long, and the others did: fewer by one, however well so many seemed
    /// to go.
    void bound(time_point now, unsigned active) noexcept;
    /// Whether so many have gone well for long enough.
    bool is_proven(unsigned count) const noexcept { return count <= proven_; }
    /// Whether some number was refused of late.
    bool has_ceiling(time_point now) const noexcept { return ceiling_ != none && now < ceiling_end_; }
    /// What was refused wasn't refused for the number.
    void forget_ceiling() noexcept { ceiling_ = none; }

private:
    enum class phase : std::uint8_t
    {
        climbing,
        measuring,
        holding,
    };
    static constexpr unsigned none = std::numeric_limits<unsigned>::max();
    static constexpr duration hold_first = std::chrono::seconds(10);

    void set_limit(unsigned limit) noexcept;
    void cut_to(time_point now, unsigned active, bool is_for_number, unsigned limit) noexcept;
    void doubt(unsigned active) noexcept;
    void climb(time_point now, bool is_full) noexcept;
    void start_measuring(time_point now) noexcept;
    void measure(time_point now, time_point began, std::uint64_t bytes) noexcept;
    void judge(time_point now, double rate) noexcept;

    unsigned limit_ = first;
    unsigned cap_ = first;
    unsigned proven_ = 0;          // so many have gone well
    std::uint64_t full_count_ = 0; // delivered with `limit_` at work, since it is that
    unsigned doubts_ = 0;          // refusals in a row of what had gone well, before it has done so again

    unsigned ceiling_ = none; // refused
    time_point ceiling_end_{};
    duration ceiling_hold_{};

    phase phase_ = phase::climbing;
    unsigned target_ = 4;
    bool is_doubling_ = true; // at once: nothing has ever spoken against more
    bool is_second_look_ = false;
    unsigned base_limit_ = 0; // with this
    double base_rate_ = 0;    // so many bytes came a second; 0: not known

    time_point measuring_since_{};
    bool is_window_open_ = false;
    time_point window_began_{};
    std::uint64_t window_bytes_ = 0;
    std::uint64_t window_count_ = 0;

    duration hold_ = hold_first;
    time_point hold_end_{};
};

} // namespace webseed::planning
