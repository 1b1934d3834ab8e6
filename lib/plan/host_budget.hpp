// What one host (scheme, name and port) may be asked, by all seeds and downloads together: how many requests at once,
// how far apart, and when not at all. Pure: times and random numbers are arguments. It is not safe to share: whoever
// holds it guards it.
//
// A requester's way:
//
//   admit --+-> granted: reserve -> request [-> reserve -> request]* -> leave, and meanwhile progressed*
//           +-> not: comes back at the time told, or when there may be room
#pragma once

#include "plan/concurrency.hpp"
#include "plan/pace.hpp"

#include <cstdint>
#include <optional>

namespace webseed::planning {

struct host_options
{
    /// Requests under way; 0: as many as whoever asks has requesters.
    unsigned requests_max = 0;
    /// After a refusal without a wish: the first pause is up to this long, each further one up to three times the last.
    duration pause_first = std::chrono::milliseconds(500);
    duration pause_max = std::chrono::seconds(30);
    /// A server's own wish for a pause is followed up to this.
    duration retry_after_max = std::chrono::minutes(10);
};

/// Whether a requester may ask the host.
struct admission
{
    bool granted = false;
    /// Not granted: when to ask again; time_point::max(): when there may be room.
    time_point until{};
    /// Granted: how many there are now, with this one.
    unsigned active = 0;
};

enum class visit_kind
{
    delivered, // what was asked for came
    neutral,   // nothing that says how the host fares: cancelled, a file missing, wrong bytes
    refused,   // it asked for patience: 429, 503
    reset,     // not reached, broken off, or timed out
    silent,    // nothing came for long: it may serve only so many connections at a time, and let the others wait
};

/// How the requests under one admission went.
struct visit
{
    visit_kind kind = visit_kind::neutral;
    /// When it was admitted.
    time_point began{};
    /// admission::active; 0: not known.
    unsigned active = 0;
    /// Its connection was new.
    bool is_fresh = false;
    /// Of bodies, that came since then.
    std::uint64_t bytes = 0;
    time_point counted_from{};
    /// refused: what the server wished, if it said so.
    std::optional<duration> retry_after{};
    /// Uniform.
    std::uint64_t random = 0;
};

class host_budget
{
public:
    explicit host_budget(host_options const& options) noexcept
        : options_(options)
        , backoff_(options.pause_first, options.pause_max)
    {}

    /// So many requests at once went well earlier; 0: not known. Before anything else.
    void expect(unsigned count) noexcept
    {
        if (count != 0)
            concurrency_.expect(count);
    }
    /// As of expect(), for later.
    unsigned known_good() const noexcept { return concurrency_.known_good(); }

    /// May one more requester ask the host? @param wish  how many its download would have there at the most.
    /// Granted: it must leave().
    admission admit(time_point now, unsigned wish) noexcept;
    /// Each request under an admission, the first and the further ones, takes its turn. Returns when it may be sent,
    /// not before `now`. A pause that begins in the meantime is no reason to wait longer, but a good one to ask again.
    time_point reserve(time_point now) noexcept;
    /// Something came under an admission, which goes on. Those who weren't granted one may find room now.
    void progressed(time_point now, visit const& how) noexcept;
    /// An admission ends. Those who weren't granted one shall ask again now.
    void leave(time_point now, visit const& how) noexcept;

    /// Requests that may be under way at once.
    unsigned limit() const noexcept { return concurrency_.limit(); }
    /// Admissions that haven't ended.
    unsigned active() const noexcept { return active_; }
    /// Nobody is admitted before this; a time in the past if there is no pause.
    time_point pause_end() const noexcept { return pause_end_; }
    /// Between the beginnings of two requests; 0 at a host that never minded.
    duration gap() const noexcept { return pace_.gap(); }
    /// Whether it has refused so many, or somebody just now: it may count connections, the idle ones included.
    bool is_strict(time_point now) const noexcept { return is_doubtful_ || concurrency_.has_ceiling(now); }
    /// Whether nothing speaks against asking it for the next thing at once.
    bool is_at_ease(time_point now) const noexcept
    {
        return pace_.gap() == duration{} && !is_doubtful_ && now >= pause_end_;
    }

private:
    void delivered(time_point now, visit const& how) noexcept;
    void count(time_point now, visit const& how) noexcept;
    void refused(time_point now, visit const& how) noexcept;
    void pause(time_point end) noexcept;
    bool has_served_as_many(visit const& how) const noexcept;
    unsigned active_of(visit const& how) const noexcept { return how.active != 0 ? how.active : active_; }

    host_options options_;
    concurrency concurrency_;
    pace pace_;
    backoff backoff_;
    unsigned active_ = 0;
    unsigned cap_ = 0;                      // the largest since nobody was there
    time_point cut_at_ = time_point::min(); // who began before has told already
    time_point pause_end_ = time_point::min();
    time_point fresh_began_ = time_point::min(); // who came last of those that were served over new connections,
    unsigned fresh_active_ = 0;                  // and how many were there then
    bool is_doubtful_ = false;                   // after a pause, until somebody has been served
    bool is_probing_ = false;                    // somebody tries
};

} // namespace webseed::planning
