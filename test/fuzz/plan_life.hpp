// A plan, and beside it a model that says what is true of it.
#pragma once

#include "fuzz/input.hpp"
#include "plan/plan.hpp"

#include <map>
#include <set>
#include <vector>

namespace webseed::test {

using namespace webseed::planning;

enum class piece_is
{
    unchecked,
    checking,
    free,
    claimed,
    verified,
    deferred,
    skipped,
};

struct known_seed
{
    bool closed = false;
    bool is_late = false; // came after the end
    struct missing_file
    {
        time_point least{};        // it isn't asked for before this
        bool may_be_found = false; // something of it arrived
    };

    std::set<std::uint32_t> wrong; // sent these wrong, or others of their file
    std::map<file_index, std::uint32_t> wrong_in;
    std::map<file_index, missing_file> missing;
    std::set<std::uint32_t> refused; // now: those, and what it hasn't got
    std::optional<claim_id> changed; // the first claim after a file has changed, and nothing has arrived since
    bool sends_whole_files = false;
    bool must_be_probing = false; // was busy or failed, and has delivered nothing since
    bool may_be_probing = false;
    bool may_have_rested = false; // a claim of its was taken away
    bool may_be_doubted = false;  // is said to have been dead earlier
    bool was_asked = false;       // ever
    bool lacks_watcher = false;   // who looked after its claims got one
    bool told_given_up = false;
    time_point pause_end{};
};

struct known_requester
{
    enum class mode
    {
        coming, // on its way to next()
        idle,
        declined, // its host has no room
        working,
        left,
    };

    seed_id seed{};
    mode now = mode::coming;
    time_point until{};        // idle
    bool can_be_woken = false; // said to wait, neither woken nor back since
    bool watches = false;      // has declined, and comes back to look after its seed's claims
    claim work;                // working, as all below
    std::uint32_t next = 0;
    part_run lent{}; // of its claim, which may be others' by now
    bool is_stopped = false;
    bool is_asked = false; // to share
};

using mode = known_requester::mode;

class life
{
public:
    explicit life(input& drawn);

    /// One thing happens.
    void step();
    /// From now on everybody does as they should, until all have left.
    void finish();

private:
    void withhold();
    void add_seed();
    void add_requester(seed_id seed);
    void let_time_pass(duration time);
    void next(std::size_t index);
    void fetch(known_requester& requester, claim const& work);
    void decline(std::size_t index);
    void wait(known_requester& requester, time_point until);
    bool secure(std::size_t index);
    void take_lent();
    void report(std::size_t index, std::uint32_t good, bool then_bad);
    void settle(std::size_t index, outcome const& result);
    void settle_missing(known_seed& seed, file_index file, bool is_news);
    void settle_somehow(std::size_t index);
    void cancel(std::size_t index);
    void take_check();
    void give_check(bool good);
    void close_seed(seed_id seed);
    void close();

    void check();
    void check_released();
    void check_pieces() const;
    void check_explanations() const;
    void check_wakes();
    void check_refused();
    void check_end();
    void check_nobody_forgotten() const;
    bool is_behind_others(seed_id seed) const;

    known_seed& of(seed_id id) { return seeds_[static_cast<std::size_t>(id)]; }
    known_seed const& of(seed_id id) const { return seeds_[static_cast<std::size_t>(id)]; }
    bool is_live(seed_id id) const { return !of(id).closed && !board_.is_given_up(id); }
    bool is_any(mode wanted) const
    {
        return std::ranges::any_of(requesters_, [&](auto const& each) { return each.now == wanted; });
    }
    bool is_any(seed_id seed, mode wanted) const
    {
        return std::ranges::any_of(
            requesters_, [&](auto const& each) { return each.seed == seed && each.now == wanted; });
    }
    std::size_t count(piece_is wanted) const { return static_cast<std::size_t>(std::ranges::count(pieces_, wanted)); }
    bool is_copyable(std::uint32_t piece) const;
    bool is_any_copyable() const;
    bool can_fetch(seed_id seed) const;
    torrent::file_slice front_of(std::uint32_t piece) const;
    bool is_first_of_file(std::uint32_t piece) const;
    bool is_start(std::uint32_t piece) const { return front_of(piece).pad || is_first_of_file(piece); }
    bool is_left(std::uint32_t piece) const;
    bool is_asked_for_parts(seed_id seed) const;
    void check_whole(known_requester const& requester, claim const& work) const;
    bool has_work_for(seed_id seed) const { return can_fetch(seed) || is_any_copyable(); }
    bool is_hopeless() const;
    bool is_any_without_requesters() const;
    void set(piece_run run, piece_is state) { std::fill_n(pieces_.begin() + run.first, run.count(), state); }
    void set_up_pieces();
    void verify(piece_run run);
    void hear(std::size_t index);
    void share(std::size_t index);
    void count_wrong(known_seed& seed, std::uint32_t piece);
    std::uint64_t length() const { return layout_.torrent().piece_length(); }
    std::vector<std::size_t> all(mode wanted) const;

    static constexpr std::size_t seed_count_max = 4;
    static constexpr std::size_t requester_count_max = 8;

    input& drawn_;
    torrent::layout layout_;
    plan_options options_;
    plan board_;
    std::vector<piece_is> pieces_;
    std::vector<std::uint32_t> contents_; // of each piece: the first wanted one that is the same
    std::set<std::uint32_t> uncopyable_;
    std::vector<known_seed> seeds_;
    std::vector<known_requester> requesters_;
    std::vector<std::uint32_t> checks_; // handed out
    time_point now_ = time_point(std::chrono::hours(1));
    std::uint64_t claims_ = 0;
    std::uint64_t wasted_ = 0;
    bool is_finished_ = false;
    bool is_closed_ = false;
};

} // namespace webseed::test
