// Everything that the requesters of one download share: the plan, and what is told of it. Lives in a guarded<>: each
// function is one step of a turn on the strand, and none suspends.
#pragma once

#include "engine/event_queue.hpp"
#include "engine/hold_ups.hpp"
#include "engine/published.hpp"
#include "engine/read_request.hpp"
#include "engine/requester_link.hpp"
#include "plan/plan.hpp"
#include "plan/read_ahead.hpp"
#include "torrent/layout.hpp"

#include <webseed/explain.hpp>
#include <webseed/stats.hpp>
#include <webseed/storage.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace webseed::core {

struct missing_walk;

/// What one requester has done since it last told.
struct progress
{
    std::uint64_t until = 0; // where in the torrent it is: what is before that is stored, and whole pieces are right
    bool then_bad = false;   // the piece behind that is whole, and had another hash
    std::uint64_t bytes = 0; // of bodies, right or wrong
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;
};

/// How the work on a claim ended, and why.
struct result_of_claim
{
    planning::outcome outcome;
    /// For outcomes that are failures.
    error_code error;
    diagnostics cause;
};

class download_state
{
public:
    /// The references must outlive it, and the storage, too. If that is bounded, nothing is wanted but what is read.
    download_state(
        torrent::layout const& layout, planning::plan_options const& options, event_queue& events,
        published<stats>& board, storage* store = nullptr, hold_ups const* held = nullptr);

    planning::plan const& plan() const noexcept { return plan_; }

    /// @param known  of an earlier run; what isn't of this torrent's piece count is nothing. Before withhold().
    void trust(known_content const& known);
    known_content known() const;
    /// The same, if there is more that is verified, or something else begun, than in `told`.
    std::optional<known_content> known_beyond(known_content const& told) const;

    /// @param run  pieces that may be in the storage. Before any seed is added.
    void withhold(planning::piece_run run) { plan_.withhold(run); }
    /// Tells that what is withheld is to be hashed, if anything is.
    void begin_check();
    planning::piece_run next_check(std::uint32_t count_max) { return plan_.next_check(count_max); }
    /// @param good  for each piece of the run, whether it is right.
    /// Returns whether to go on.
    bool checked(planning::piece_run run, std::vector<bool> const& good, time_point now);

    /// @param key    what makes it this seed and no other. @param url  for people.
    /// @param links  of its requesters-to-be. @param known  of the seed, from earlier.
    /// Nothing if there is that seed already: naming a mirror twice is no reason to bother it twice.
    std::vector<planning::requester_id> add_seed(
        std::string key, std::string url, std::span<std::shared_ptr<requester_link> const> links,
        planning::seed_hints const& known = {});
    /// A seed that can't be used at all. @param url  for people.
    void refuse_seed(std::string url, error_code error);

    planning::next_action next(planning::requester_id requester, time_point now);
    /// The same for a requester that can't ask for anything now: its host has no room until then.
    planning::next_action decline(planning::requester_id requester, time_point now, time_point until);
    /// Whether the requester shall go on with its claim.
    bool report(planning::requester_id requester, progress const& done, time_point now);
    /// The first bytes of a tentative claim have come. Returns where what is its own ends in the torrent, if there is
    /// any.
    std::optional<std::uint64_t> secure(planning::requester_id requester, time_point now);
    /// Tells what is done, and lets others have what of the claim isn't begun and they can do. Returns the end of what
    /// is left to the requester, like `begun`, where what is begun ends, a place in the torrent.
    std::uint64_t share(planning::requester_id requester, progress const& done, std::uint64_t begun, time_point now);
    /// Returns whether it counted.
    bool settle(
        planning::requester_id requester, progress const& done, result_of_claim const& result, time_point now,
        std::uint64_t random);

    /// What a piece is that the requester was told to judge.
    /// @param digests  of each part of it.
    void judged(std::uint32_t piece, planning::finding found, std::span<sha1_hash const> digests, time_point now);

    /// Whether the read can go on: with no error, since all of it is verified and will stay so until end_read(); with
    /// an error, since it never will be; nothing: it is woken when there is more to say. Any number of times.
    std::optional<error_code> look_at(std::shared_ptr<read_request> const& read);
    void end_read(read_request& read);
    /// Nothing is wanted for its sake any more. Its reads are cancelled.
    void close_reader(std::uint64_t reader);
    /// This one is woken when there will be nothing to do any more. Once the seeds are known.
    void stay(std::shared_ptr<requester_link> link);
    /// Selects a file, or not. Without effect on a bounded storage.
    void set_wanted(file_index file, bool is_wanted);

    /// Where the piece is, and why.
    piece_report explain(std::uint32_t piece, time_point now) const;
    /// Looks at as many further pieces as a turn may take.
    void explain_missing(missing_walk& walk, time_point now) const;

    /// Asks the holder of the claim to stop. False: it isn't held, and nothing will come of it.
    bool stop(planning::claim_id claim);
    /// Any number of times. False: there is no such seed, or it is closed. @param key  as of add_seed().
    bool close_seed(std::string const& key);
    /// Ends the download, once and for all, with the first reason given.
    void close(error_code reason, diagnostics cause);

    /// How it ended.
    struct ending
    {
        error_code error;
        diagnostics cause;
        known_content known = {};
        error_code closed_for = {}; // also if there is no error, since all was there that was wanted
    };
    /// Once nobody works on it any more. Nothing changes it afterwards.
    ending conclude();

private:
    struct shared_requester
    {
        planning::seed_id seed{};
        std::shared_ptr<requester_link> link;
        std::uint32_t next_part = 0; // of its claim: the first not reported
        bool is_copying = false;
    };

    shared_requester& of(planning::requester_id id) { return requesters_[static_cast<std::size_t>(id)]; }
    seed_stats& stats_of(planning::seed_id id) { return stats_.seeds[static_cast<std::size_t>(id)]; }
    void begin_seed(std::string key, std::string url);
    void doubt(planning::seed_id seed);
    void count(seed_stats& seed, progress const& done);
    bool apply(planning::requester_id id, progress const& done, time_point now);
    std::uint32_t end_of_stored(std::uint64_t until) const;
    std::uint64_t tell_verified(planning::piece_run run);
    void tell_bad(seed_stats& seed, std::uint32_t piece);
    void tell_given_up(seed_stats& seed, error_code error);
    std::string urls_of(std::span<planning::verdict::share const> shares) const;
    ending reason_of_end() const;
    void
    tell_settlement(seed_stats& seed, planning::settlement const& told, result_of_claim const& result, time_point now);
    diagnostics describe_bad(std::uint32_t piece, std::string const& url) const;
    planning::plan_options excusing(planning::plan_options options, hold_ups const* held);
    void tell_requesters();
    void tell_readers();
    void tell_storage();
    void urge();
    void keep_file(file_index file);
    planning::piece_run pieces_of(byte_range range) const;
    planning::piece_run pieces_of_alone(file_index file) const;
    void end_turn(time_point now);
    void tell_standing(planning::seed_id id);
    void tell_change(std::size_t seed);
    void tell_waiting(planning::seed_id id);
    void tell_overdue(planning::claim_id claim);
    void note_lacking(std::size_t seed, file_index file, diagnostics const& cause);
    planning::piece_explanation explanation_of(std::uint32_t piece, time_point now) const;
    piece_report report_of(std::uint32_t piece, planning::piece_explanation const& told) const;
    diagnostics cause_of(planning::excuse const& each, std::size_t seed, std::uint32_t piece) const;
    void publish();

    torrent::layout const& layout_;
    event_queue& events_;
    published<stats>& board_;
    planning::plan plan_;
    stats stats_;
    std::vector<std::string> keys_; // of the seeds; empty: of one that can't be used
    std::vector<shared_requester> requesters_;
    std::vector<std::uint32_t> pieces_left_; // of each file
    std::vector<time_point> host_until_;     // of each seed: when its host said last that there may be room
    time_point now_{};                       // of the last turn
    time_point published_at_{};

    // What was told in events.
    struct told_standing
    {
        seed_doing doing = seed_doing::nothing_to_do;
        time_point until = time_point::max();
    };
    std::vector<told_standing> told_; // of each seed
    check_ended check_;               // of what is withheld
    bool is_concluded_ = false;
    std::vector<std::map<file_index, diagnostics>> lacking_; // of each seed: files that it hasn't got, and how it is so

    // Reading.
    storage* store_;
    std::uint64_t kept_size_max_; // bytes; 0: all
    std::vector<bool> is_wanted_; // each file
    std::vector<bool> is_kept_;   // by the storage: each file of which something was wanted, or read
    planning::read_ahead ahead_;
    std::vector<planning::urgent_run> urgent_; // as the plan knows it
    std::vector<std::shared_ptr<read_request>> waiting_;
    std::shared_ptr<requester_link> stays_;

    // How it ends.
    error_code reason_;     // closed with this
    diagnostics cause_;     // of the end
    error_code last_error_; // of a seed
    diagnostics last_cause_;
    std::map<std::uint32_t, std::string> bad_; // pieces that are wrong so far, and who sent them last
};

} // namespace webseed::core
