#include "plan/plan.hpp"

#include "plan/concurrency.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace webseed::planning {

plan::plan(torrent::layout const& pieces, plan_options const& options)
    : pieces_(pieces)
    , options_(options)
    , twins_(pieces)
    , parts_(pieces, twins_, options.kept_size_max != 0 ? 0 : options.part_size_max)
    , states_(parts_.count(), part_state::free)
    , sources_(twins_.content_count())
    , wanted_count_(pieces.piece_count())
    , wanted_size_(pieces.size_of({0, pieces.piece_count()}))
{
    add_free({0, parts_.count()});
    for (auto const run : pieces.unwanted())
        skip(parts_.of(run));
    for (auto const run : twins_.later())
        defer(run);
    finished_ = is_complete() && !options_.stays;
}

void plan::skip(part_run run)
{
    remove_free(run);
    forget_arrived(run);
    mark(run, part_state::skipped);
    wanted_count_ -= count_pieces(run);
    wanted_size_ -= parts_.size_of(run);
}

void plan::defer(piece_run run)
{
    remove_free(parts_.of(run));
    deferred_.add(run);
    mark(parts_.of(run), part_state::deferred);
}

void plan::withhold(piece_run run)
{
    auto const is_settled = [this](std::uint32_t piece) {
        auto const state = states_[parts_.of_piece(piece).first];
        return state == part_state::skipped || state == part_state::verified;
    };
    while (!run.empty())
    {
        auto some = piece_run{run.first, run.first};
        while (some.last != run.last && !is_settled(some.last))
            ++some.last;
        remove_free(parts_.of(some));
        deferred_.remove(some);
        unchecked_.add(some);
        mark(parts_.of(some), part_state::unchecked);
        run.first = std::min(some.last + 1, run.last);
    }
}

seed_id plan::add_seed(seed_hints const& known)
{
    auto& seed = seeds_.emplace_back(options_.health);
    seed.rate = known.rate;
    seed.is_rate_told = known.rate != 0;
    seed.is_doubted = known.was_dead;
    for (auto const& [piece, what] : disputes_)
        if (what.sole)
        {
            seed.barred.add(parts_.of_piece(piece));
            seed.refused.add(parts_.of_piece(piece));
        }
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
    auto& its = of(seed);
    requesters_.push_back({.id = id, .seed = seed, .is_new = its.is_rate_told});
    its.requesters.push_back(id);
    at_first_ += its.requesters.size() <= concurrency::first ? 1 : 0;
    its.fresh += its.is_rate_told ? 1 : 0;
    count_rate(its);
    return id;
}

next_action plan::next(requester_id id, time_point now)
{
    auto& requester = of(id);
    auto& seed = of(requester.seed);
    set_busy(requester);
    requester.declined = false;
    listen(now);
    if (!joined_.empty() && !is_finished() && !seed.closed && (!requester.held || requester.held->cooling))
        return next_judge();
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
    if (auto const until = std::max(seed.rests_until, requester.rests_until); until > now)
    {
        requester.declined = true;
        replan(); // likewise
        return wait{until};
    }
    retry_missing(seed, now);
    auto work = next_copy();
    auto until = time_point::max();
    auto const is_tried = seed.lent != 0 || (is_probing(seed) && seed.active != 0);
    auto const may_ask = work.parts.empty() && !is_tried && !is_behind_unasked(seed);
    auto const is_urgent = may_ask && !(work.parts = pick_urgent(seed, now, until)).empty();
    if (may_ask && !is_urgent)
        work.parts = seed.sends_whole_files ? pick(seed) : urgent_set_.first_gap(pick(seed));
    if (!work.parts.empty() && !work.copy_of && !is_urgent && is_too_slow(seed))
    {
        until = leave_to_others(seed, now);
        seed.is_watching = until > now;
        if (seed.is_watching)
            work.parts = {};
    }
    auto const run = work.parts;
    if (!run.empty())
    {
        make_room(run);
        seed.is_sparing = false;
        remove_free(run);
        mark(run, part_state::claimed);
        work.range = parts_.range_of(run);
        work.id = static_cast<claim_id>(claims_made_++);
        work.from_start = seed.sends_whole_files && !work.copy_of;
        work.is_tentative = !is_heard(seed) && is_for_parts(work);
        requester.held = held_claim{.work = work, .next = run.first, .begun_at = now, .heard_at = now};
        if (seed.active++ == 0)
            seed.heard_at = now;
        unasked_.remove(requester.seed);
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
        leave_the_watch(seed, id);
        if (work.is_tentative)
            have_watched();
        return fetch{requester.held->work};
    }
    return wait{std::min({until, look_around(id, now), seed.missing.next_due()})};
}

time_point plan::decline(requester_id id, time_point now)
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
    return watch(id, now);
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
    return states_[parts_.of_piece(to_number(piece)).first] == part_state::verified;
}

bool plan::is_verified(piece_run pieces) const noexcept
{
    auto const run = parts_.of(pieces);
    return std::all_of(states_.begin() + run.first, states_.begin() + run.last, [](part_state state) {
        return state == part_state::verified;
    });
}

bool plan::is_claimed(piece_index piece) const noexcept
{
    return states_[parts_.of_piece(to_number(piece)).first] == part_state::claimed;
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

void plan::mark(part_run run, part_state state)
{
    std::fill(states_.begin() + run.first, states_.begin() + run.last, state);
}

void plan::add_free(part_run run)
{
    free_.add(run);
    free_size_ += parts_.size_of(run);
}

void plan::remove_free(part_run run)
{
    for (auto rest = run; !rest.empty();)
    {
        auto const some = free_.first_in(rest);
        free_size_ -= parts_.size_of(some);
        rest.first = some.last;
    }
    free_.remove(run);
    if (!run.empty() && !copyable_.empty())
        copyable_.remove(parts_.pieces_of(run));
}

// Those that begin in the run.
std::uint32_t plan::count_pieces(part_run run) const noexcept
{
    if (run.empty())
        return 0;
    return parts_.pieces_of(run).count() - (parts_.begins_piece(run.first) ? 0 : 1);
}

void plan::verify(std::uint32_t piece)
{
    if (!keep(piece))
        return;
    auto const run = parts_.of_piece(piece);
    assert(states_[run.first] != part_state::verified); // nobody else can have had it
    mark(run, part_state::verified);
    forget_arrived(run);
    ++verified_count_;
    verified_size_ += parts_.size_of(run);
    auto const content = twins_.content_of(piece);
    if (!content || sources_[*content])
        return;
    sources_[*content] = piece;
    twins_.for_each_other(piece, [this](std::uint32_t other) {
        auto const state = states_[parts_.of_piece(other).first];
        if (state == part_state::deferred)
            deferred_.remove({other, other + 1});
        if (state == part_state::deferred || state == part_state::free)
            set_free(parts_.of_piece(other));
    });
}

void plan::make_free(part_run run)
{
    if (run.empty())
        return;
    mark(run, part_state::free);
    remove_free(run);
    add_free(run);
    if (twins_.empty())
        return;
    auto const pieces = parts_.pieces_of(run);
    for (auto piece = pieces.first; piece != pieces.last; ++piece) // those that equal others aren't cut
        if (source_of(piece) && !uncopyable_.contains(piece))
            copyable_.add({piece, piece + 1});
}

// Who has waited for what can't be had is fetched after all: somebody may have that one.
void plan::release_deferred()
{
    auto const runs = std::exchange(deferred_, {});
    for (auto const& [first, last] : runs.runs())
        set_free(parts_.of(piece_run{first, last}));
}

// Takes the claim from a requester that leaves, or that comes back too late for it to count.
void plan::release(requester_state& requester)
{
    if (!requester.held)
        return;
    if (!requester.held->cooling)
        end_early(requester, requester.held->next);
    end_loan(requester);
    auto const held = *std::exchange(requester.held, std::nullopt);
    if (held.cooling)
        return;
    --of(requester.seed).active;
    of(requester.seed).active_parts -= is_for_parts(held.work) ? 1 : 0;
    active_.remove(requester.id);
    count_rate(of(requester.seed));
    if (closed_)
        return;
    set_free({held.next, held.work.parts.last});
    replan();
}

bool plan::is_hopeless() const
{
    if (!active_.empty() || is_checking() || judging_ != 0)
        return false;
    auto const can_judge = [this](requester_state const& each) {
        auto const& seed = of(each.seed);
        return is_live(seed) || (!seed.closed && (each.idle || each.declined));
    };
    if (!joined_.empty() && std::ranges::any_of(requesters_, can_judge))
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
    if (!disputes_.empty())
        review_disputes();
    if (!joined_.empty())
        wake_for_joined();
    if (!deferred_.empty() && is_hopeless())
        release_deferred();
    if (has_left_ && !is_complete() && is_hopeless())
        try_left_again();
    if (is_over())
    {
        finished_ = true;
        for (auto const each : active_)
            if (!of(each).held->lent.empty())
                needless_.push_back(of(each).held->work.id);
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
    if (is_unasked(seed))
        unasked_.add(requester.seed);
    count_rate(seed);
}

void plan::set_busy(requester_state& requester)
{
    meet(requester);
    if (!std::exchange(requester.idle, false))
        return;
    --idle_count_;
    auto& seed = of(requester.seed);
    if (--seed.idle == 0)
    {
        idle_seeds_.remove(requester.seed);
        unasked_.remove(requester.seed);
    }
    count_rate(seed);
    if (!std::exchange(requester.woken, false))
        return;
    --seed.woken;
    --woken_count_;
}

} // namespace webseed::planning
