#include "plan/plan.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace webseed::planning {

plan::plan(torrent::layout const& pieces, plan_options const& options)
    : pieces_(pieces)
    , options_(options)
    , states_(pieces.piece_count(), piece_state::free)
    , twins_(pieces)
    , sources_(twins_.content_count())
    , wanted_count_(pieces.piece_count())
    , wanted_size_(pieces.size_of({0, pieces.piece_count()}))
{
    free_.add({0, pieces.piece_count()});
    for (auto const run : pieces.unwanted())
        skip(run);
    for (auto const run : twins_.later())
        defer(run);
    finished_ = is_complete() && !options_.stays;
}

void plan::skip(piece_run run)
{
    free_.remove(run);
    copyable_.remove(run);
    mark(run, piece_state::skipped);
    wanted_count_ -= run.count();
    wanted_size_ -= pieces_.size_of(run);
}

void plan::defer(piece_run run)
{
    free_.remove(run);
    deferred_.add(run);
    mark(run, piece_state::deferred);
}

void plan::withhold(piece_run run)
{
    auto const is_settled = [this](std::uint32_t piece) {
        return states_[piece] == piece_state::skipped || states_[piece] == piece_state::verified;
    };
    while (!run.empty())
    {
        auto part = piece_run{run.first, run.first};
        while (part.last != run.last && !is_settled(part.last))
            ++part.last;
        free_.remove(part);
        copyable_.remove(part);
        deferred_.remove(part);
        unchecked_.add(part);
        mark(part, piece_state::unchecked);
        run.first = std::min(part.last + 1, run.last);
    }
}

seed_id plan::add_seed()
{
    seeds_.emplace_back(options_.health);
    return static_cast<seed_id>(seeds_.size() - 1);
}

seed_id plan::add_useless_seed()
{
    auto const id = add_seed();
    of(id).closed = true;
    return id;
}

requester_id plan::add_requester(seed_id seed)
{
    auto const id = static_cast<requester_id>(requesters_.size());
    requesters_.push_back({.id = id, .seed = seed});
    of(seed).requesters.push_back(id);
    return id;
}

next_action plan::next(requester_id id, time_point now)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    set_busy(requester);
    requester.declined = false;
    listen(now);
    if (is_finished() || !is_live(seed))
    {
        release(requester);
        replan(); // what this one was woken for is for somebody else
        return leave{};
    }
    if (seed.health.pause_end() > now)
    {
        set_idle(requester);
        replan(); // likewise
        return wait{seed.health.pause_end()};
    }
    assert(!requester.held || requester.held->cooling);
    requester.held.reset();
    seed.pausing = false;
    seed.is_watching = false;
    if (seed.rests_until > now)
    {
        requester.declined = true;
        replan(); // likewise
        return wait{seed.rests_until};
    }
    retry_missing(seed, now);
    auto work = next_copy();
    auto until = time_point::max();
    auto const may_ask = work.pieces.empty() && (!is_probing(seed) || seed.active == 0);
    auto const is_urgent = may_ask && !(work.pieces = pick_urgent(seed, now, until)).empty();
    if (may_ask && !is_urgent)
        work.pieces = seed.sends_whole_files ? pick(seed) : urgent_set_.first_gap(pick(seed));
    if (!work.pieces.empty() && !work.copy_of && !is_urgent && is_too_slow(seed))
    {
        until = leave_to_others(seed, now);
        seed.is_watching = until > now;
        if (seed.is_watching)
            work.pieces = {};
    }
    auto const run = work.pieces;
    if (!run.empty())
    {
        make_room(run);
        seed.is_sparing = false;
        free_.remove(run);
        copyable_.remove(run);
        mark(run, piece_state::claimed);
        work.id = static_cast<claim_id>(claims_made_++);
        work.from_start = seed.sends_whole_files && !work.copy_of;
        requester.held = held_claim{.work = work, .next = run.first, .begun_at = now, .heard_at = now};
        if (seed.active++ == 0)
            seed.heard_at = now;
        seed.active_parts += is_for_parts(work) ? 1 : 0;
        active_.add(id);
        count_rate(seed);
    }
    else
        set_idle(requester);
    replan(); // what is left, or what this one was woken for and can't have, may be for others
    if (!run.empty())
    {
        leave_the_look(seed, id);
        return fetch{requester.held->work};
    }
    return wait{std::min({until, look_around(id, now), seed.missing.next_due()})};
}

void plan::decline(requester_id id, time_point now)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    assert(!requester.held || requester.held->cooling);
    set_busy(requester);
    leave_the_look(seed, id);
    requester.declined = true;
    if (is_finished() || !is_live(seed))
        wake(static_cast<std::size_t>(id));
    else if (seed.health.pause_end() <= now)
        seed.pausing = false; // it may have been the one who was to come back by the clock
    replan();
}

directive plan::report(requester_id id, std::uint32_t good, bool then_bad)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    auto& held = requester.held.value();
    assert(!held.cooling && held.next + good + (then_bad ? 1 : 0) <= held.work.pieces.last);
    if (closed_ || seed.closed)
        return {.go_on = false, .counted = false};
    auto const was_probing = is_probing(seed);
    bool const is_copy = held.work.copy_of.has_value();
    if (good != 0 && !is_copy)
    {
        seed.health.delivered();
        seed.has_delivered = true;
        seed.missing_count = 0;
        seed.taken_count = 0;
        seed.changed.reset();
        find_missing(seed, {held.next, held.next + good});
    }
    auto const copyable_before = copyable_.count();
    for (; good != 0; --good)
        verify(held.next++);
    auto const is_more_to_copy = copyable_.count() > copyable_before;
    if (then_bad)
    {
        auto const bad = piece_run{held.next, held.next + 1};
        ++held.next;
        if (is_copy)
            uncopyable_.add(bad);
        else
        {
            wasted_size_ += pieces_.size_of(bad);
            blame(seed, bad.first);
            count_rate(seed); // which may have been given up for it
        }
        set_free(bad);
    }
    if (then_bad || was_probing || is_more_to_copy)
        replan();
    auto const is_wanted_on = held.next == held.work.pieces.last || is_copy || !seed.refused.contains(held.next);
    return {.go_on = is_live(seed) && is_wanted_on, .counted = true};
}

std::optional<requester_id> plan::cancel(claim_id claim)
{
    for (std::size_t i = 0; i != requesters_.size(); ++i)
    {
        auto const& held = requesters_[i].held;
        if (held && !held->cooling && held->work.id == claim)
            return static_cast<requester_id>(i);
    }
    return std::nullopt;
}

piece_run plan::next_check(std::uint32_t count_max)
{
    if (closed_ || unchecked_.empty())
        return {};
    auto const [first, last] = *unchecked_.runs().begin();
    auto run = piece_run{first, std::min(last, first + count_max)};
    for (auto each = urgent_.rbegin(); each != urgent_.rend(); ++each)
        if (auto const found = unchecked_.first_in(each->pieces); !found.empty())
            run = {found.first, std::min(found.last, found.first + count_max)};
    unchecked_.remove(run);
    checking_ += run.count();
    return run;
}

void plan::checked(piece_index piece, bool good)
{
    --checking_;
    if (closed_)
        return;
    auto const number = to_number(piece);
    if (good)
        verify(number);
    else
        set_free({number, number + 1});
    replan();
}

void plan::close_seed(seed_id id)
{
    of(id).closed = true;
    for (auto const each : of(id).requesters)
    {
        set_busy(of(each)); // nobody must count on it any more
        if (of(each).declined)
            wake(static_cast<std::size_t>(each));
    }
    count_rate(of(id));
    replan();
}

void plan::close()
{
    closed_ = true;
    for (auto& requester : requesters_)
        requester.declined = false; // whoever closes tells everybody
}

std::vector<requester_id> plan::take_wakes()
{
    return std::exchange(wakes_, {});
}

bool plan::is_closed(seed_id seed) const noexcept
{
    return of(seed).closed;
}

bool plan::is_given_up(seed_id seed) const noexcept
{
    return of(seed).health.is_given_up();
}

bool plan::is_verified(piece_index piece) const noexcept
{
    return states_[to_number(piece)] == piece_state::verified;
}

bool plan::is_verified(piece_run run) const noexcept
{
    return std::all_of(states_.begin() + run.first, states_.begin() + run.last, [](piece_state state) {
        return state == piece_state::verified;
    });
}

bool plan::is_claimed(piece_index piece) const noexcept
{
    return states_[to_number(piece)] == piece_state::claimed;
}

std::size_t plan::claim_count() const noexcept
{
    return static_cast<std::size_t>(
        std::ranges::count_if(requesters_, [](auto const& r) { return r.held.has_value(); }));
}

std::size_t plan::idle_count(seed_id seed) const noexcept
{
    return static_cast<std::size_t>(
        std::ranges::count_if(requesters_, [&](auto const& r) { return r.seed == seed && r.idle; }));
}

void plan::mark(piece_run run, piece_state state)
{
    std::fill(states_.begin() + run.first, states_.begin() + run.last, state);
}

void plan::verify(std::uint32_t piece)
{
    if (!keep(piece))
        return;
    assert(states_[piece] != piece_state::verified); // nobody else can have had it
    states_[piece] = piece_state::verified;
    ++verified_count_;
    verified_size_ += pieces_.range_of(static_cast<piece_index>(piece)).size;
    auto const content = twins_.content_of(piece);
    if (!content || sources_[*content])
        return;
    sources_[*content] = piece;
    twins_.for_each_other(piece, [this](std::uint32_t other) {
        auto const run = piece_run{other, other + 1};
        if (states_[other] == piece_state::deferred)
            deferred_.remove(run);
        if (states_[other] == piece_state::deferred || states_[other] == piece_state::free)
            set_free(run);
    });
}

void plan::make_free(piece_run run)
{
    mark(run, piece_state::free);
    free_.add(run);
    for (auto piece = run.first; piece != run.last && !twins_.empty(); ++piece)
        if (source_of(piece) && !uncopyable_.contains(piece))
            copyable_.add({piece, piece + 1});
}

// Who has waited for what can't be had is fetched after all: somebody may have that one.
void plan::release_deferred()
{
    auto const runs = std::exchange(deferred_, {});
    for (auto const& [first, last] : runs.runs())
        set_free({first, last});
}

// Takes the claim from a requester that leaves, or that comes back too late for it to count.
void plan::release(requester_state& requester)
{
    if (!requester.held)
        return;
    auto const held = *std::exchange(requester.held, std::nullopt);
    if (held.cooling)
        return;
    --of(requester.seed).active;
    of(requester.seed).active_parts -= is_for_parts(held.work) ? 1 : 0;
    active_.remove(requester.id);
    count_rate(of(requester.seed));
    if (closed_)
        return;
    set_free({held.next, held.work.pieces.last});
    replan();
}

bool plan::is_hopeless() const
{
    if (!active_.empty() || is_checking())
        return false;
    return std::ranges::none_of(
        seeds_, [&](auto const& seed) { return is_live(seed) && (!copyable_.empty() || !pick(seed).empty()); });
}

// Runs after every change that may have made work, or ended it: ends the plan, or wakes as many idle requesters as
// there are claims to make, in turn, so that no seed is favoured.
void plan::replan()
{
    if (is_finished())
        return;
    if (!deferred_.empty() && is_hopeless())
        release_deferred();
    if (is_over())
    {
        finished_ = true;
        for (std::size_t i = 0; i != requesters_.size(); ++i)
            wake(i);
        return;
    }
    if (free_.empty())
        return; // which spares the search when all that is left is claimed
    ++replans_;
    for (std::size_t misses = 0; misses < idle_seeds_.size() && idle_count_ > woken_count_;)
    {
        auto& seed = of(idle_seeds_[next_to_wake_++ % idle_seeds_.size()]);
        if (seed.woken == seed.idle || seed.has_no_work_in == replans_)
            ++misses;
        else if (has_work_for_one_more(seed))
        {
            wake_one(seed);
            misses = 0;
        }
        else
            seed.has_no_work_in = replans_;
    }
    press();
}

// Somebody idle who isn't woken: there is one.
void plan::wake_one(seed_state const& seed)
{
    auto const is_asleep = [this](requester_id id) { return of(id).idle && !of(id).woken; };
    wake(static_cast<std::size_t>(*std::ranges::find_if(seed.requesters, is_asleep)));
}

void plan::wake(std::size_t index)
{
    auto& requester = requesters_[index];
    if (std::exchange(requester.declined, false))
        wakes_.push_back(static_cast<requester_id>(index)); // to leave: nobody counts on it
    if (!requester.idle || requester.woken)
        return;
    requester.woken = true;
    ++of(requester.seed).woken;
    ++woken_count_;
    wakes_.push_back(static_cast<requester_id>(index));
}

void plan::set_idle(requester_state& requester)
{
    requester.idle = true;
    ++idle_count_;
    auto& seed = of(requester.seed);
    ++seed.idle;
    idle_seeds_.add(requester.seed);
    count_rate(seed);
}

void plan::set_busy(requester_state& requester)
{
    if (!std::exchange(requester.idle, false))
        return;
    --idle_count_;
    auto& seed = of(requester.seed);
    if (--seed.idle == 0)
        idle_seeds_.remove(requester.seed);
    count_rate(seed);
    if (!std::exchange(requester.woken, false))
        return;
    --seed.woken;
    --woken_count_;
}

} // namespace webseed::planning
