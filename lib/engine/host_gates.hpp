// Politeness towards hosts, across all seeds and downloads of an engine: who may have requests under way at a host, and
// who waits until there is room. What is enough for a host is decided by planning::host_budget.
#pragma once

#include "engine/requester_link.hpp"
#include "engine/server_memory.hpp"
#include "engine/turnstile.hpp"
#include "plan/host_budget.hpp"

#include <webseed/clock.hpp>
#include <webseed/network.hpp>

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace webseed::core {

/// Somebody who waits at a gate to be woken. It and its gate are one's own; what it holds is the gate's.
struct host_waiter
{
    /// @param of  its download, as of turnstile::group.
    explicit host_waiter(std::shared_ptr<requester_link> const& its, turnstile::group of = nullptr)
        : link(its)
        , loop(&its->executor().context())
        , group(of)
    {}

    std::weak_ptr<requester_link> link;
    void const* loop;
    turnstile::group group;
    bool is_queued = false;
    std::uint64_t place = 0; // in the queue
    bool is_coming = false;  // woken: it will enter, or abandon
};

/// One host: scheme, name and port. Any thread.
class host_gate
{
public:
    /// @param known_good  as of planning::host_budget::expect().
    explicit host_gate(planning::host_options const& options, unsigned known_good = 0)
        : budget_(options)
    {
        budget_.expect(known_good);
    }

    /// Whether one more may go on there. If not, the time to ask again, and `waiter` is woken when there may be room
    /// earlier. @param wish  how many its download would have there at the most.
    /// Those who work on the same event loop are in each other's way: of several that could go on, those are woken
    /// whose loop has the fewest inside, and nobody of a busier one is quicker.
    planning::admission enter(time_point now, unsigned wish, std::shared_ptr<host_waiter> const& waiter);
    /// When the next request may be sent.
    time_point reserve(time_point now);
    /// Nobody shall ask it anything before that.
    time_point pause_end();
    bool is_at_ease(time_point now);
    bool is_strict(time_point now);
    void progressed(time_point now, planning::visit const& how);
    void leave(time_point now, planning::visit const& how, host_waiter const& who);
    /// Leaves, and enters again at once if it went well and takes the place of nobody who should have it: who has a
    /// connection goes before who hasn't.
    planning::admission renew(time_point now, planning::visit const& how, unsigned wish, host_waiter const& who);
    /// It doesn't wait any more; if there may be room, somebody else is woken in its place.
    void abandon(std::shared_ptr<host_waiter> const& waiter);
    /// What is worth knowing later; the host is for whoever asks to fill in.
    host_note note();

private:
    /// Those of one event loop.
    struct lane
    {
        void const* loop;
        unsigned inside = 0;
        unsigned coming = 0;
        std::deque<std::shared_ptr<host_waiter>> waiting;
    };

    lane& lane_of(host_waiter const& who);
    lane* least_busy();
    unsigned expected(unsigned inside_max) const;
    void arrive(host_waiter& who);
    void end_visit(time_point now, planning::visit const& how);
    bool may_stay(host_waiter const& who);
    bool wake_next();
    void wake_for_room();
    void disturb_all();

    std::mutex mutex_; // held for a decision
    planning::host_budget budget_;
    std::vector<lane> lanes_; // as many as there are threads
    std::uint64_t place_ = 0; // the last in a queue
    time_point left_at_{};    // last
};

/// All hosts that somebody has to do with.
class host_gates
{
public:
    /// @param requests_max  under way at all of them together; 0: any number.
    /// @param known         of hosts; null: nothing.
    explicit host_gates(
        planning::host_options options, unsigned requests_max = 0, std::shared_ptr<server_memory const> known = {})
        : options_(options)
        , known_(std::move(known))
        , requests_(requests_max, false)
        , has_limit_(requests_max != 0)
    {}

    std::shared_ptr<host_gate> at(endpoint const& host);
    /// Who enters a host is to be in there, too; null: there is no limit.
    turnstile* requests() noexcept { return has_limit_ ? &requests_ : nullptr; }
    std::vector<host_note> notes();

private:
    using key = std::tuple<std::string, std::string, std::uint16_t>;

    planning::host_options options_;
    std::shared_ptr<server_memory const> known_;
    turnstile requests_;
    bool has_limit_;
    std::mutex mutex_; // held for a look
    std::map<key, std::shared_ptr<host_gate>> gates_;
};

/// One requester's right to have requests under way at one host at a time. On its strand.
class host_pass
{
public:
    /// The references must outlive it. @param of    the download.
    /// @param wish  as of host_gate::enter().
    host_pass(
        host_gates& gates, clock& time, std::shared_ptr<requester_link> waiter, turnstile::group of, unsigned wish)
        : gates_(gates)
        , time_(time)
        , link_(std::move(waiter))
        , of_(of)
        , wish_(wish)
    {}
    ~host_pass() { give_up(); }
    host_pass(host_pass const&) = delete;
    host_pass& operator=(host_pass const&) = delete;

    /// Nothing: it may go on at the host. Else the time to ask again; its link is woken if there may be room earlier.
    std::optional<time_point> enter(endpoint const& host);
    /// Whether it may go on at this host, after whatever it has done at the one where it is. Its turn among all
    /// requests is still its own.
    bool moves_to(endpoint const& host);
    /// Whether the host wants nothing to be asked for now, which may have come up since it was entered.
    bool is_paused() { return gate_->pause_end() > time_.now(); }
    /// Whether nothing speaks against sending requests ahead of their turns.
    bool is_at_ease() { return gate_->is_at_ease(time_.now()); }
    /// Whether who has nothing to ask for at the host that it entered last shall keep no connection either.
    bool is_strict() { return gate_ && gate_->is_strict(time_.now()); }
    /// When it may send its next request.
    time_point reserve() { return gate_->reserve(time_.now()); }
    /// Whether what it asks for now goes over a new connection.
    void set_fresh(bool is_fresh) { visit_.is_fresh = is_fresh; }
    /// What its work there has brought so far, in bytes; passed on now and then.
    void progressed(std::uint64_t bytes);
    /// Its work there has ended; `how.bytes` are all that it has brought. If it went well it may keep its place until
    /// it enters, or gives up. Without effect if it is nowhere.
    void leave(planning::visit how);
    /// The same, of work that says nothing about the host; and somebody else is woken if it was this one's turn.
    void give_up();

private:
    bool take_turn();
    void end_turn();
    planning::visit completed(planning::visit how) const;
    void begin_visit(time_point now, planning::admission const& how);
    void leave_gate();

    host_gates& gates_;
    clock& time_;
    std::shared_ptr<requester_link> link_;
    turnstile::group of_;
    unsigned wish_;
    bool has_turn_ = false; // among all requests
    bool is_in_line_ = false;
    endpoint host_;                       // of the gate
    std::shared_ptr<host_gate> gate_;     // null: it was nowhere yet
    std::shared_ptr<host_waiter> waiter_; // at this gate
    bool is_inside_ = false;
    bool is_waiting_ = false;
    planning::visit visit_;    // its beginning
    std::uint64_t passed_ = 0; // of what it has brought
};

} // namespace webseed::core
