// The state that all requesters of a download share: which pieces are missing, who has claimed what, how the seeds
// fare. It decides and never waits: no I/O, no clock, no randomness of its own. It is not safe to share: whoever
// holds it guards it.
//
// A requester's life, as the plan sees it:
//
//   add_requester -> next --+-> fetch -> report* -> settle --+-> next ...
//                           +-> judge -> judged -> next ...
//                           +-> wait (idle until woken or until the time) -> next ...
//                           +-> leave
//
// Instead of next() it may decline(). While it works on a claim it may be asked to share(): somebody else is idle.
// And if nothing comes, or too slowly, its claim is overdue: it is to be stopped, and somebody else goes on.
//
// A piece is unchecked (may be in the storage already), free (wanted, nobody's), claimed or verified; or skipped, if no
// file that is wanted has a byte in it; or deferred: it equals another one, and waits to be copied from there, until
// that one can't be had.
//
// What is claimed are parts of pieces. Who has a whole piece in its claim knows whether it is right as soon as it has
// come. What came of another one has arrived, from a seed that is remembered; once all of the piece has, somebody is
// told to judge it. If it is wrong and came from one seed, that one is to blame. If it came from several, it is fetched
// again from one of them alone, one after the other, until it is right: then those are to blame whose part was another.
//
// Readers want some pieces before all others: those are urgent. What no file that is wanted needs is fetched while it
// is urgent, and no longer.
//
// A seed that sends whole files, whatever range it is asked for, gets what begins where a file begins, to the end of
// the file; other pieces only if no other seed can have them.
#pragma once

#include "plan/dispute.hpp"
#include "plan/id_set.hpp"
#include "plan/parts.hpp"
#include "plan/plan_state.hpp"
#include "plan/plan_types.hpp"
#include "plan/recency.hpp"
#include "plan/run_set.hpp"
#include "plan/twins.hpp"
#include "torrent/layout.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace webseed::planning {

struct excuse;
struct piece_explanation;

class plan
{
public:
    /// Every piece is free, deferred or skipped. @param pieces  must outlive the plan.
    plan(torrent::layout const& pieces, plan_options const& options);

    /// These are verified, from an earlier run. Before withhold(). What is skipped stays so.
    void trust(piece_run run);

    /// These bytes are stored, by an earlier run, and nobody knows whether they are right. Whole parts of them have
    /// arrived from nobody; pieces that are whole are withheld. After trust(), before withhold().
    void resume(std::span<byte_range const> stored);
    /// For resume() in a later run: what has come of pieces that are cut and have no verdict. Ascending, adjacent ones
    /// as one range.
    std::vector<byte_range> begun() const;

    /// These may be in the storage already: nobody gets them until checked() has said. Before any seed is added. What
    /// is skipped or verified stays so, and what was begun is if the piece isn't right as it is.
    void withhold(piece_run run);

    /// Ids of seeds and requesters count up from 0 and are never used again.
    seed_id add_seed(seed_hints const& known = {});
    /// One that nobody will ask anything: it only takes a number.
    seed_id add_useless_seed();
    requester_id add_requester(seed_id seed);

    /// What the requester shall do now. A cooling claim of its own is erased once its pause is over.
    next_action next(requester_id requester, time_point now);

    /// The requester, which holds no active claim, can't ask its host now: what it may have been woken for is for
    /// others. It isn't woken for work until it has called next() again, for which it has its own reasons, but when
    /// there is no use in waiting for them: the plan finishes, or its seed is closed; or to decline again, since nobody
    /// looks after the claims of its seed any more. Returns when it shall come back for that at the latest.
    time_point decline(requester_id requester, time_point now);

    /// The next `count` parts of its claim are stored, and whole pieces that end with them are right; with `then_bad`,
    /// the piece of the part behind them is whole, too, and had another hash. `then_bad` blames the seed, if it was
    /// asked at all: it isn't asked for that piece again.
    directive report(requester_id requester, std::uint32_t count, bool then_bad);

    /// What a requester that was told to judge it found.
    /// @param digests  of each part of the piece, unless that is unknown.
    verdict judged(std::uint32_t piece, finding found, std::span<sha1_hash const> digests);

    /// Bytes of its claim have come, those of the parts reported included.
    void heard(requester_id requester, arrival const& news, time_point now);

    /// The first bytes of a tentative claim have come. Returns the end of what is its own from now on, from its first
    /// part on; nothing if others have it, who answered sooner: then it is to be settled as stopped.
    std::optional<std::uint32_t> secure(requester_id requester, time_point now);

    /// The holder of an active claim can do without those of its parts from `first_unbegun` on. Returns the end of
    /// what is left to it; the rest is free.
    std::uint32_t share(requester_id requester, std::uint32_t first_unbegun, time_point now);

    /// The requester has ended its work on its claim, however. What wasn't reported is free again at once, but for
    /// this seed only after its pause: until then the claim stays, cooling.
    settlement settle(requester_id requester, outcome const& result, time_point now, std::uint64_t random);

    /// Asks the holder of an active claim to stop. Its parts stay claimed until it settles.
    /// Returns the holder, who must be told; nothing if the claim is not active.
    std::optional<requester_id> cancel(claim_id claim);

    /// Withheld pieces to be hashed, a stretch at a time; empty when all were handed out.
    piece_run next_check(std::uint32_t count_max);
    /// A piece from next_check() was hashed.
    void checked(piece_index piece, bool good);

    /// These pieces are handed out before all others, in this order, instead of those that were urgent before. What was
    /// skipped is wanted for as long as it is urgent.
    void urge(std::vector<urgent_run> wanted);
    /// Skipped pieces are wanted from now on.
    void want(piece_run run);
    /// What isn't verified is skipped; what is claimed, unless it arrives.
    void unwant(piece_run run);
    /// So is what was still claimed, or to be hashed, when everybody had left. The last thing that is done.
    void skip_unwanted();
    /// The storage has lost a piece that was verified, or isn't going to have all of one that is claimed: it is as if
    /// it had never been verified.
    void forget(piece_index piece);
    /// Somebody has read these: they are forgotten later than others.
    void used(piece_run run);
    /// What the storage need not keep any more, since the last call.
    std::vector<piece_run> take_forgotten() { return std::exchange(forgotten_, {}); }

    /// Its requesters get nothing any more, and what they bring is ignored. Who closes must tell them.
    void close_seed(seed_id seed);
    /// The same for all, but what they bring is still told by begun().
    void close();

    /// The idle requesters that have been given a reason to call next() since the last call to this.
    std::vector<requester_id> take_wakes();

    /// The holders of claims that shall share(), and the claims that are overdue, since the last call.
    std::vector<requester_id> take_asks() { return std::exchange(asks_, {}); }
    std::vector<claim_id> take_overdue() { return std::exchange(overdue_, {}); }
    /// The tentative claims that others may have, too, from now on, likewise.
    std::vector<claim_id> take_lent() { return std::exchange(lent_, {}); }
    /// The claims that are to be stopped because all is done without them, likewise.
    std::vector<claim_id> take_needless() { return std::exchange(needless_, {}); }

    bool is_closed() const noexcept { return closed_; }
    bool is_closed(seed_id seed) const noexcept;
    bool is_given_up(seed_id seed) const noexcept;
    /// No requester will get work any more: all is verified, or what is left can't be had, or closed.
    bool is_finished() const noexcept { return finished_ || closed_; }
    bool is_complete() const noexcept { return verified_count_ == wanted_count_; }
    planning::parts const& parts() const noexcept { return parts_; }
    bool is_verified(piece_index piece) const noexcept;
    /// Whether all of them are.
    bool is_verified(piece_run run) const noexcept;
    /// Pieces that aren't skipped, and their bytes.
    std::uint32_t wanted_count() const noexcept { return wanted_count_; }
    std::uint64_t wanted_size() const noexcept { return wanted_size_; }
    std::uint32_t verified_count() const noexcept { return verified_count_; }
    std::uint64_t verified_size() const noexcept { return verified_size_; }
    /// Bytes of parts that an earlier run has left, but for those in pieces that were withheld and turned out to be
    /// right, or to have nothing else to come.
    std::uint64_t resumed_size() const noexcept { return resumed_size_; }
    /// Bytes of pieces that had the wrong hash.
    std::uint64_t wasted_size() const noexcept { return wasted_size_; }
    /// How often a claim was cut for who was idle.
    std::uint64_t share_count() const noexcept { return share_count_; }
    /// How often a claim was overdue, or given to others, too; and bytes of pieces that were broken off for that.
    std::uint64_t overdue_count() const noexcept { return overdue_count_; }
    std::uint64_t discarded_size() const noexcept { return discarded_size_; }
    /// Whether a piece waits to be judged, which needs nobody's host.
    bool has_joined() const noexcept { return !joined_.empty(); }
    /// Whether pieces are still withheld, and how many.
    bool is_checking() const noexcept { return checking_ != 0 || !unchecked_.empty(); }
    std::uint64_t check_count() const noexcept { return checking_ + unchecked_.count(); }
    /// The wanted parts that nobody holds.
    run_set const& free() const noexcept { return free_; }
    /// Whether the piece, or its beginning, is held by an active claim.
    bool is_claimed(piece_index piece) const noexcept;
    std::size_t active_claim_count() const noexcept { return active_.size(); }
    /// Active and cooling.
    std::size_t claim_count() const noexcept;
    std::size_t idle_count(seed_id seed) const noexcept;
    /// What it does at this moment.
    seed_standing standing_of(seed_id seed, time_point now) const;
    /// Where a piece is, and why. See plan/explanation.hpp.
    piece_explanation explain(std::uint32_t piece, time_point now) const;
    /// Pieces of active claims that haven't been reported, once for each claim.
    std::uint32_t claimed_count() const noexcept;
    /// Parts that the seed isn't asked for now.
    run_set const& refused(seed_id seed) const noexcept { return of(seed).refused; }

private:
    seed_state& of(seed_id seed) { return seeds_[static_cast<std::size_t>(seed)]; }
    seed_state const& of(seed_id seed) const { return seeds_[static_cast<std::size_t>(seed)]; }
    requester_state& of(requester_id id) { return requesters_[static_cast<std::size_t>(id)]; }
    requester_state const& of(requester_id id) const { return requesters_[static_cast<std::size_t>(id)]; }

    static bool is_live(seed_state const& seed) noexcept { return !seed.closed && !seed.health.is_given_up(); }
    /// Whether it never had a claim, and nothing good is known of it from earlier.
    static bool is_unasked(seed_state const& seed) noexcept
    {
        return seed.heard_at == time_point::min() && (seed.rate == 0 || seed.is_doubted);
    }
    /// Whether it may be tried with one claim at most.
    static bool is_probing(seed_state const& seed) noexcept
    {
        return seed.health.is_probing() || seed.stall_rest != duration{} || seed.is_doubted;
    }
    /// Whether something has come of it by now.
    static bool is_heard(seed_state const& seed) noexcept
    {
        return (seed.rate != 0 && !seed.is_rate_told) || seed.gap != duration{};
    }
    static bool is_for_parts(claim const& work) noexcept { return !work.copy_of && !work.from_start; }
    static bool has_ranges(seed_state const& seed) noexcept { return is_live(seed) && !seed.sends_whole_files; }
    static void count_right(seed_state& seed);
    void learn_rate(seed_state& seed, outcome const& result);
    void meet(requester_state& requester);
    bool is_anybody_trusted(std::uint32_t part, time_point now) const;
    outcome_kind kind_of(seed_state& seed, held_claim const& held, outcome const& told, time_point now);
    bool leaves_file(seed_state& seed, held_claim const& held, file_index file);
    bool has_other_work(seed_state const& seed, held_claim const& held, file_index file) const;
    void try_left_again();
    void admit_file(seed_state& seed, file_index file) const;
    bool weigh(seed_state& seed, outcome const& result, time_point now, std::uint64_t random);
    void blame(seed_state& seed, std::uint32_t piece);
    file_index main_file_of(std::uint32_t piece) const;
    void retry_missing(seed_state& seed, time_point now);
    bool is_needed(file_index file) const;
    bool is_in_refused_file(seed_state const& seed, std::uint32_t part) const;
    void find_missing(seed_state& seed, part_run arrived) const;
    part_run pick(seed_state const& seed) const;
    void count_rate(seed_state& seed);
    void listen(time_point now);
    std::uint64_t fair_share(seed_state const& seed) const;
    bool is_too_slow(seed_state const& seed) const;
    time_point leave_to_others(seed_state& seed, time_point now);
    time_point look_around(requester_id id, time_point now);
    void excuse_held_up(requester_id id, time_point now);
    time_point look_at_others(time_point now);
    bool may_discard(held_claim const& held) const;
    time_point hopeless_at(held_claim const& held, seed_state const& slow, time_point now) const;
    void have_watched();
    void lend(requester_state& requester);
    part_run end_loan(requester_state& requester);
    static bool is_lendable(held_claim const& held, seed_state const& seed) noexcept;
    bool is_behind_unasked(seed_state const& seed) const;
    part_run pick_trial(seed_state const& seed, time_point now) const;
    void leave_the_look(seed_state& seed, requester_id id);
    duration patience(seed_state const& seed, unsigned taken_count) const;
    duration patience_of_all(seed_state const& seed) const;
    time_point patience_end(held_claim const& held, seed_state const& seed, seed_state const& quick) const;
    double rate_of(held_claim const& held, seed_state const& seed, time_point now) const;
    double time_for(std::uint64_t size, held_claim const& held, seed_state const& seed, time_point now) const;
    std::uint64_t size_left(held_claim const& held) const;
    time_point
    overdue_at(held_claim const& held, seed_state const& slow, seed_state const& quick, time_point now) const;
    void break_off(held_claim& held);
    void take_away(held_claim& held, seed_state& seed, time_point now);
    time_point watch(requester_id id, time_point now);
    void leave_the_watch(seed_state& seed, requester_id id);
    time_point look_at_own(requester_state& holder, time_point now);
    time_point stuck_at(held_claim const& held, seed_state const& seed, time_point now) const;
    void take_back(requester_state& requester, time_point now);
    std::uint64_t claim_size_max(seed_state const& seed) const;
    std::uint64_t apart(seed_state const& seed, std::uint64_t size) const;
    std::uint64_t even_size(seed_state const& seed) const;
    std::uint64_t last_size(seed_state const& seed) const;
    part_run cut(part_run run, std::uint64_t size, std::uint64_t fair) const;
    part_run cut_whole(part_run run, std::uint64_t size) const;
    std::size_t count_claims(run_set const& refused, std::uint64_t size_max, std::size_t enough) const;
    std::vector<part_run> whole_claims(seed_state const& seed, std::size_t enough) const;
    part_run whole_claim(seed_state const& seed, part_run run) const;
    std::uint32_t first_start(part_run run) const;
    std::uint32_t end_of_file(std::uint32_t part) const;
    std::uint32_t first_left(part_run run) const;
    std::uint32_t end_of_left(part_run run) const;
    bool has_work_for_one_more(seed_state const& seed) const;
    bool is_hopeless() const;
    bool is_coming(seed_state const& seed) const;
    void explain_holders(piece_explanation& told, part_run run) const;
    excuse excuse_of(seed_id id, piece_explanation const& told, part_run run, time_point now) const;
    std::optional<excuse> refusal_of(seed_state const& seed, part_run run) const;
    std::optional<excuse> pause_of(seed_state const& seed, time_point now) const;
    void skip(part_run run);
    void defer(piece_run run);
    void release_deferred();
    claim next_copy() const;
    std::optional<std::uint32_t> source_of(std::uint32_t piece) const;
    part_run pick_urgent(seed_state& seed, time_point now, time_point& until);
    double quickest_for(std::uint32_t part, time_point now) const;
    part_run first_free(seed_state const& seed, part_run run) const;
    part_run urgent_claim(seed_state const& seed, part_run run, part_run wanted) const;
    bool spare(seed_state& seed, part_run run, time_point now, time_point& until) const;
    void press();
    void loosen();
    void press_quickest(part_run run, std::size_t count);
    void ask_to_share(std::size_t index);
    bool is_far(held_claim const& held, seed_state const& seed, std::uint32_t part) const;
    std::uint32_t end_for_readers(requester_state const& requester, part_run tail, bool comes_back) const;
    bool is_over() const;
    void take_up(part_run run);
    void let_go(part_run run);
    void make_free(part_run run);
    void make_room(part_run run);
    bool keep(std::uint32_t piece);
    void forget_begun(part_run run);
    void drop(std::uint32_t piece);
    void lose_source(std::uint32_t piece);
    void mark(part_run run, part_state state);
    void add_free(part_run run);
    void remove_free(part_run run);
    std::uint32_t count_pieces(part_run run) const noexcept;
    void verify(std::uint32_t piece);
    void set_free(part_run run);
    bool will_judge(held_claim const& held, std::uint32_t piece) const;
    piece_run advance(requester_state& requester, std::uint32_t end);
    void end_early(requester_state& requester, std::uint32_t last);
    void leave_behind(requester_state& requester, std::uint32_t end, bool then_bad);
    void go_on_with(part_run run);
    std::uint64_t begun_size(part_run run) const;
    bool is_of_earlier_run(part_run run) const;
    void drop_begun(requester_state& requester);
    std::uint32_t give_up_tail(requester_state& requester, std::uint32_t end);
    void arrive(seed_id seed, part_run run);
    void forget_arrived(part_run run);
    void forget_arrived(seed_id seed, file_index file);
    void join(std::uint32_t piece);
    judge next_judge();
    void wake_for_joined();
    void count_sources(part_run run, verdict& told) const;
    void accept_joined(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told);
    void refuse_joined(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told);
    void settle_dispute(std::uint32_t piece, std::span<sha1_hash const> digests, verdict& told);
    void review_disputes();
    void choose_sole(part_run run, dispute& what);
    void choose_others(part_run run, dispute const& what);
    std::optional<seed_id> best_alone(part_run run) const;
    bool can_send(seed_state const& seed, part_run run) const;
    void bar(part_run run, seed_id all_but);
    void lift_bar(part_run run);
    void blame_for(seed_id seed, std::uint32_t piece, verdict& told);
    void release(requester_state& requester);
    void replan();
    void wake(std::size_t index);
    void wake_one(seed_state const& seed);
    void set_idle(requester_state& requester);
    void set_busy(requester_state& requester);

    torrent::layout const& pieces_;
    plan_options options_;
    twins twins_;
    planning::parts parts_;
    std::vector<part_state> states_;                    // of each part
    std::vector<std::optional<std::uint32_t>> sources_; // by content: the piece that was verified first
    run_set free_;                                      // parts
    std::uint64_t free_size_ = 0;                       // bytes
    run_set copyable_;                                  // free pieces that equal a verified one
    run_set deferred_;                                  // pieces
    run_set uncopyable_;                                // pieces where that went wrong once
    run_set unchecked_;                                 // pieces not yet handed out by next_check()
    std::size_t checking_ = 0;                          // handed out, not yet checked
    // Parts that have arrived, and from whom; nobody: from an earlier run.
    std::map<std::uint32_t, std::optional<seed_id>> arrived_;
    run_set joined_;                            // pieces to be judged
    std::size_t judging_ = 0;                   // handed out for that
    std::map<std::uint32_t, dispute> disputes_; // by the piece
    std::vector<seed_state> seeds_;
    std::vector<requester_state> requesters_;
    std::vector<requester_id> wakes_;
    id_set<seed_id> idle_seeds_;     // those that somebody is idle of
    id_set<seed_id> unasked_;        // of those the ones that never had a claim
    std::size_t next_to_wake_ = 0;   // where the search for somebody idle goes on, so that all seeds get their turn
    std::vector<urgent_run> urgent_; // the first ones first; parts
    run_set urgent_set_;             // parts
    run_set for_readers_;            // parts that are wanted because they are urgent
    run_set unwanted_;               // parts claimed or unchecked, and to be skipped if they don't become verified
    run_set spoilt_;                 // parts claimed or unchecked, and to be fetched again
    recency recency_;                // of the verified pieces, if the storage is bounded
    std::vector<piece_run> forgotten_;
    std::size_t idle_count_ = 0;
    std::size_t woken_count_ = 0;
    std::uint64_t replans_ = 0;
    std::uint64_t claims_made_ = 0;
    id_set<requester_id> active_; // those that work on a claim
    std::uint32_t wanted_count_ = 0;
    std::uint64_t wanted_size_ = 0;
    std::uint32_t verified_count_ = 0;
    std::uint64_t verified_size_ = 0;
    std::uint64_t resumed_size_ = 0;
    std::uint64_t wasted_size_ = 0;
    std::uint64_t discarded_size_ = 0;
    std::uint64_t overdue_count_ = 0;
    std::uint64_t share_count_ = 0;
    std::vector<requester_id> asks_;
    std::vector<claim_id> overdue_;
    std::vector<claim_id> lent_;
    std::vector<claim_id> needless_;
    std::uint64_t engaged_rate_ = 0; // bytes a second, of all requesters that work, or could
    std::size_t engaged_count_ = 0;
    std::size_t at_first_ = 0;  // requesters that are at work before anything is known of their hosts
    duration longest_answer_{}; // the longest wait for the first bytes of a seed; 0: none has come
    time_point listen_at_ = time_point::min();
    bool has_left_ = false; // some seed has left files
    bool finished_ = false;
    bool closed_ = false;
};

} // namespace webseed::planning
