#include "engine/host_gates.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace webseed::core {

namespace {

// Hosts are forgotten that nobody has to do with, once there are so many.
constexpr std::size_t kept_count_max = 1024;
// Somebody who is long at work counts as often as this as if he had begun anew.
constexpr auto progress_interval = std::chrono::milliseconds(250);
// More than there ever are inside.
constexpr auto any_number = std::numeric_limits<unsigned>::max();

} // namespace

planning::admission host_gate::enter(time_point now, unsigned wish, std::shared_ptr<host_waiter> const& waiter)
{
    std::lock_guard const lock(mutex_);
    auto& own = lane_of(*waiter);
    arrive(*waiter);
    auto const ahead = expected(own.inside);
    auto const is_behind = ahead != 0 && budget_.active() + ahead >= budget_.limit();
    auto const answer = is_behind ? planning::admission{.granted = false, .until = time_point::max(), .active = 0}
                                  : budget_.admit(now, wish);
    own.inside += answer.granted ? 1 : 0;
    if (answer.granted && std::exchange(waiter->is_queued, false))
        std::erase(own.waiting, waiter); // it would be woken in place of somebody who waits
    else if (!answer.granted && !std::exchange(waiter->is_queued, true))
    {
        waiter->place = ++place_;
        own.waiting.push_back(waiter);
    }
    return answer;
}

host_gate::lane& host_gate::lane_of(host_waiter const& who)
{
    auto const found = std::ranges::find(lanes_, who.loop, &lane::loop);
    return found != lanes_.end() ? *found : lanes_.emplace_back(lane{.loop = who.loop, .waiting = {}});
}

// Where somebody waits; of several the one where somebody has waited longest.
host_gate::lane* host_gate::least_busy()
{
    lane* least = nullptr;
    for (auto& each : lanes_)
    {
        auto const rank = [](lane const& of) { return std::pair(of.inside + of.coming, of.waiting.front()->place); };
        if (!each.waiting.empty() && (!least || rank(each) < rank(*least)))
            least = &each;
    }
    return least;
}

// How many are woken and not here yet, of loops with fewer inside than that.
unsigned host_gate::expected(unsigned inside_max) const
{
    unsigned count = 0;
    for (auto const& each : lanes_)
        count += each.inside < inside_max ? each.coming : 0;
    return count;
}

void host_gate::arrive(host_waiter& who)
{
    if (std::exchange(who.is_coming, false))
        --lane_of(who).coming;
}

time_point host_gate::reserve(time_point now)
{
    std::lock_guard const lock(mutex_);
    return budget_.reserve(now);
}

time_point host_gate::pause_end()
{
    std::lock_guard const lock(mutex_);
    return budget_.pause_end();
}

bool host_gate::is_at_ease(time_point now)
{
    std::lock_guard const lock(mutex_);
    return budget_.is_at_ease(now);
}

bool host_gate::is_strict(time_point now)
{
    std::lock_guard const lock(mutex_);
    return budget_.is_strict(now);
}

void host_gate::leave(time_point now, planning::visit const& how, host_waiter const& who)
{
    std::lock_guard const lock(mutex_);
    end_visit(now, how);
    --lane_of(who).inside;
    wake_for_room();
}

planning::admission host_gate::renew(time_point now, planning::visit const& how, unsigned wish, host_waiter const& who)
{
    std::lock_guard const lock(mutex_);
    end_visit(now, how);
    auto const goes_well = how.kind == planning::visit_kind::delivered;
    auto const answer = goes_well && may_stay(who) ? budget_.admit(now, wish) : planning::admission();
    if (!answer.granted)
    {
        --lane_of(who).inside;
        wake_for_room();
    }
    return answer;
}

void host_gate::end_visit(time_point now, planning::visit const& how)
{
    auto const was_strict = budget_.is_strict(now);
    budget_.leave(now, how);
    left_at_ = now;
    if (!was_strict && budget_.is_strict(now))
        disturb_all();
}

// Of a loop that isn't busier than that of somebody who waits, if nobody of another download does.
bool host_gate::may_stay(host_waiter const& who)
{
    auto const& own = lane_of(who);
    if (budget_.active() + expected(any_number) >= budget_.limit())
        return false;
    return std::ranges::none_of(lanes_, [&](lane const& each) {
        auto const is_less_busy = each.inside + each.coming + 1 < own.inside;
        auto const is_other = [&](auto const& waiter) { return is_less_busy || waiter->group != who.group; };
        return std::ranges::any_of(each.waiting, is_other);
    });
}

void host_gate::progressed(time_point now, planning::visit const& how)
{
    std::lock_guard const lock(mutex_);
    budget_.progressed(now, how);
    wake_for_room();
}

void host_gate::wake_for_room()
{
    auto const taken = budget_.active() + expected(any_number);
    for (auto room = budget_.limit() - std::min(budget_.limit(), taken); room != 0 && wake_next(); --room)
        continue;
}

// Those who wait find out that the host has become strict, and wait on.
void host_gate::disturb_all()
{
    for (auto const& each : lanes_)
        for (auto const& waiter : each.waiting)
            if (auto const found = waiter->link.lock())
                found->wake();
}

void host_gate::abandon(std::shared_ptr<host_waiter> const& waiter)
{
    std::lock_guard const lock(mutex_);
    arrive(*waiter);
    if (std::exchange(waiter->is_queued, false))
        std::erase(lane_of(*waiter).waiting, waiter);
    // Be it woken, or the only one who would have come back after a pause.
    if (budget_.active() < budget_.limit())
        wake_next();
}

host_note host_gate::note()
{
    std::lock_guard const lock(mutex_);
    return {.host = {}, .connections = budget_.known_good(), .noted_at = left_at_};
}

// Whoever is woken asks again, and waits again if somebody was quicker. False: nobody waits.
bool host_gate::wake_next()
{
    while (auto* const chosen = least_busy())
    {
        auto const waiter = std::move(chosen->waiting.front());
        chosen->waiting.pop_front();
        waiter->is_queued = false;
        auto const next = waiter->link.lock();
        if (!next || next->is_closed())
            continue;
        waiter->is_coming = true;
        ++chosen->coming;
        next->wake();
        return true;
    }
    return false;
}

std::shared_ptr<host_gate> host_gates::at(endpoint const& host)
{
    std::lock_guard const lock(mutex_);
    auto& gate = gates_[{host.scheme, host.host, host.port}];
    if (!gate)
        gate = std::make_shared<host_gate>(options_, known_ ? known_->connections_at(host) : 0);
    auto const found = gate;
    if (gates_.size() > kept_count_max)
        std::erase_if(gates_, [](auto const& each) { return each.second.use_count() == 1; });
    return found;
}

std::vector<host_note> host_gates::notes()
{
    std::vector<host_note> made;
    std::lock_guard const lock(mutex_);
    for (auto const& [at, gate] : gates_)
    {
        auto& note = made.emplace_back(gate->note());
        note.host = {std::get<0>(at), std::get<1>(at), std::get<2>(at)};
    }
    return made;
}

std::optional<time_point> host_pass::enter(endpoint const& host)
{
    if (!gate_ || host_ != host)
    {
        leave_gate(); // with its turn: who is sent elsewhere would else be sent there again and again
        gate_ = gates_.at(host);
        host_ = host;
        waiter_ = std::make_shared<host_waiter>(link_, of_);
    }
    auto const now = time_.now();
    auto const has_turn = take_turn();
    if (is_inside_ && has_turn && gate_->pause_end() <= now) // still
    {
        visit_.began = now;
        visit_.counted_from = now;
        return std::nullopt;
    }
    if (is_inside_)
        leave_gate();
    if (!has_turn)
        return time_point::max();
    auto const answer = gate_->enter(now, wish_, waiter_);
    is_waiting_ = !answer.granted;
    if (!answer.granted)
    {
        end_turn();
        return answer.until;
    }
    begin_visit(now, answer);
    return std::nullopt;
}

void host_pass::begin_visit(time_point now, planning::admission const& how)
{
    is_inside_ = true;
    visit_.began = now;
    visit_.counted_from = now;
    visit_.active = how.active;
    passed_ = 0;
}

bool host_pass::moves_to(endpoint const& host)
{
    return (is_inside_ && host_ == host) || !enter(host);
}

void host_pass::progressed(std::uint64_t bytes)
{
    auto const now = time_.now();
    if (!is_inside_ || bytes <= passed_ || now - visit_.counted_from < progress_interval)
        return;
    auto how = visit_;
    how.bytes = bytes - std::exchange(passed_, bytes);
    visit_.counted_from = now;
    gate_->progressed(now, how);
}

void host_pass::leave(planning::visit how)
{
    if (!std::exchange(is_inside_, false))
        return;
    auto const now = time_.now();
    if (auto const again = gate_->renew(now, completed(how), wish_, *waiter_); again.granted)
        begin_visit(now, again);
    end_turn();
}

planning::visit host_pass::completed(planning::visit how) const
{
    how.began = visit_.began;
    how.counted_from = visit_.counted_from;
    how.active = visit_.active;
    how.is_fresh = visit_.is_fresh;
    how.bytes -= std::min(how.bytes, passed_);
    return how;
}

bool host_pass::take_turn()
{
    auto* const all = gates_.requests();
    has_turn_ = has_turn_ || (all && all->enter(link_, of_));
    is_in_line_ = all && !has_turn_;
    return !is_in_line_;
}

void host_pass::end_turn()
{
    if (std::exchange(has_turn_, false))
        gates_.requests()->leave(of_);
}

void host_pass::give_up()
{
    leave_gate();
    end_turn();
    if (std::exchange(is_in_line_, false))
        gates_.requests()->abandon(link_, of_);
}

void host_pass::leave_gate()
{
    if (std::exchange(is_inside_, false))
        gate_->leave(time_.now(), completed({}), *waiter_);
    if (!std::exchange(is_waiting_, false))
        return;
    gate_->abandon(waiter_);
    gate_.reset();
}

} // namespace webseed::core
