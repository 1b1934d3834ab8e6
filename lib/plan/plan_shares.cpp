// How the work is spread when seeds differ: claims are measured by the rates of all, shared when somebody is idle, and
// taken away when nothing comes of them.
#include "plan/plan.hpp"
#include "plan/seconds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace webseed::planning {

namespace {

// What saves less isn't worth another request.
constexpr double time_saved_min = 0.05;
// Nor is less than this, of the holder's time, worth sharing; with another requester of the same seed, which may well
// be on the same line, less than that, and than so many waits for its first bytes: half of it would come no sooner.
constexpr double share_time_min = 0.1;
constexpr double share_time_min_own = 0.5;
constexpr int answers_in_share = 2;
// And less than so many only if for so long, times those at work, none has ended: the fewer there are on the line the
// quicker they are.
constexpr int share_waits_min_own = 3;
constexpr auto share_pause = std::chrono::milliseconds(500);
// So much sooner others must be done before they go first.
constexpr double quicker_factor = 2;
// What a claim has brought after this time says more about the rate than what was known,
constexpr auto measure_time = std::chrono::seconds(1);
// if it is so many times as much, or as little, as was told from earlier.
constexpr double wrong_factor = 2;
// Unless it has of late become so many times slower; which is what has come in about this time, or in so many waits.
constexpr double drop_factor = 4;
constexpr auto recent_time = std::chrono::seconds(1);
constexpr int recent_silences = 2;
// What may not be thrown away is left to its holder for so many times the usual patience.
constexpr int patience_factor = 4;
constexpr int silence_factor = 3;
constexpr int gap_factor = 4;
constexpr int own_silence_factor = 2;
// What a seed's gaps have been is forgotten in about this time.
constexpr std::chrono::duration<double> gap_memory{8};
// Among so many none is cut: it would have to be read again to be judged.
constexpr std::uint32_t many_pieces = 8;
constexpr unsigned doubling_count_max = 5;
constexpr auto way_time = std::chrono::milliseconds(250);
constexpr auto stall_rest_max = std::chrono::seconds(30);
// Somebody idle looks around so often while others work.
constexpr auto look_interval = std::chrono::seconds(1);
constexpr auto listen_interval = std::chrono::milliseconds(100);
// And with a seed of which nothing came, a claim may well last so many times its rest.
constexpr int rest_factor = 8;
// The longest silence that counts as usual with anybody: the process may have slept meanwhile.
constexpr auto silence_known_max = std::chrono::seconds(10);
// Somebody slow looks again after this at the latest, and not before that.
constexpr auto look_time_max = std::chrono::seconds(5);
constexpr auto look_time_min = std::chrono::milliseconds(250);
// What is only known from earlier keeps a seed from no work that takes the others longer than half of this.
constexpr auto trial_time = std::chrono::seconds(2);

duration from_seconds(double count)
{
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(count));
}

// Whether nothing had come of it since before another claim of its seed was taken away: it is one silence of both.
bool is_of_last_silence(auto const& held, auto const& seed)
{
    return seed.taken_count != 0 && held.heard_at < seed.taken_at;
}

// A claim may be as large as the rate that was told, or none was, and end late: a wrong one isn't believed so long.
// Returns whether it was wrong.
bool correct_rate(auto& seed, auto const& held, time_point now)
{
    auto const is_guess = seed.is_rate_told || seed.rate == 0;
    auto const time = now - held.begun_at;
    if (!is_guess || time < measure_time)
        return false;
    auto const measured = static_cast<double>(held.arrived) / seconds(time);
    if (measured * wrong_factor > seed.rate && measured < seed.rate * wrong_factor)
        return false;
    seed.rate = measured;
    seed.is_rate_told = true; // until a claim has ended
    return true;
}

void count_recent(auto& held, auto const& seed, std::uint64_t bytes, time_point now)
{
    auto const memory = seconds(std::max<duration>(recent_time, recent_silences * seed.silence));
    held.recent_rate *= std::exp(-seconds(now - held.heard_at) / memory);
    held.recent_rate += static_cast<double>(bytes) / memory;
}

// From then on the rate of a claim is what it has brought.
time_point measured_from(auto const& held, auto const& seed)
{
    return held.begun_at + measure_time + seed.silence;
}

} // namespace

void plan::count_rate(seed_state& seed)
{
    auto const is_held_back = seed.pausing || is_probing(seed);
    auto const engaged =
        !is_live(seed) || seed.is_silent ? 0 : seed.active + (is_held_back ? 0 : seed.idle + seed.fresh);
    auto const rate = static_cast<std::uint64_t>(seed.rate) * engaged;
    engaged_count_ += engaged - seed.engaged;
    engaged_rate_ += rate - seed.engaged_rate;
    seed.engaged = engaged;
    seed.engaged_rate = rate;
}

// Finds out, now and then, of whom nothing is heard.
void plan::listen(time_point now)
{
    if (now < listen_at_)
        return;
    listen_at_ = now + listen_interval;
    for (auto& seed : seeds_)
        if (seed.active != 0 && !seed.is_silent && now - seed.heard_at >= patience(seed, seed.taken_count))
        {
            seed.is_silent = true;
            count_rate(seed);
        }
}

// Bytes of a claim that leave enough for everybody until the end: half of what is free, in proportion to the rate.
std::uint64_t plan::fair_share(seed_state const& seed) const
{
    if (seed.rate == 0)
        return free_size_ / (2 * std::max<std::size_t>(1, at_first_));
    auto const others = static_cast<double>(engaged_rate_ - seed.engaged_rate);
    auto const all = others + seed.rate * static_cast<double>(std::max<std::size_t>(1, seed.engaged));
    return static_cast<std::uint64_t>(static_cast<double>(free_size_) * seed.rate / (2 * all));
}

// Whether the others would have fetched all that is free long before this one had fetched one part, as far as one can
// hope for that.
bool plan::is_too_slow(seed_state const& seed) const
{
    auto const rate_of_others = static_cast<double>(engaged_rate_ - seed.engaged_rate);
    auto const is_unknown = seed.rate == 0 && seed.stall_rest == duration{} && !seed.is_doubted;
    if (is_unknown || rate_of_others == 0 || seed.sends_whole_files)
        return false;
    auto const length = static_cast<double>(parts_.size_max());
    auto const count_of_others = static_cast<double>(engaged_count_ - seed.engaged);
    auto const others_need = (static_cast<double>(free_size_) + count_of_others * length) / rate_of_others;
    auto needs = seed.rate != 0 ? length / seed.rate : 0;
    if (seed.is_rate_told && seed.active == 0) // it is believed as far as it can't cost much
        needs = std::min(needs, seconds(trial_time));
    needs += seconds(rest_factor * seed.stall_rest) + (seed.is_doubted ? seconds(trial_time) : 0);
    return needs > quicker_factor * others_need + time_saved_min;
}

// Until when somebody slow leaves what is free to others: not longer than it takes to see that they don't take it.
time_point plan::leave_to_others(seed_state& seed, time_point now)
{
    if (now < seed.look_at)
        return seed.look_at;
    auto const count = static_cast<std::uint32_t>(free_.count());
    if (seed.left_to_others != 0 && count >= seed.left_to_others)
    {
        seed.left_to_others = 0;
        return now;
    }
    seed.left_to_others = count;
    auto const others_need = static_cast<double>(free_size_) / static_cast<double>(engaged_rate_ - seed.engaged_rate);
    seed.look_at = now + std::max<duration>(from_seconds(std::min(others_need, seconds(look_time_max))), look_time_min);
    return seed.look_at;
}

void plan::heard(requester_id id, arrival const& news, time_point now)
{
    auto& requester = of(id);
    if (!requester.held || requester.held->cooling)
        return;
    auto& held = *requester.held;
    held.into_part = news.into_part;
    if (news.bytes == 0 || held.is_overdue) // then they came before that
        return;
    auto& seed = of(requester.seed);
    auto const silence = std::min<duration>(now - held.heard_at, silence_known_max);
    seed.silence = std::max(silence, seed.silence - seed.silence / 8);
    seed.longest_silence = std::max(seed.longest_silence, silence);
    if (held.arrived == 0)
    {
        seed.answer = silence;
        held.first_at = now;
        held.first = news.bytes;
    }
    if (seed.gap == duration{})
        longest_answer_ = std::max(longest_answer_, silence);
    auto const gap = std::min<duration>(now - seed.heard_at, silence_known_max);
    seed.gap = std::max(gap, seed.gap - from_seconds(seconds(seed.gap) * std::min(1.0, gap / gap_memory)));
    seed.heard_at = now;
    count_recent(held, seed, news.bytes, now);
    held.heard_at = now;
    held.arrived += news.bytes;
    auto const is_back = std::exchange(seed.is_silent, false);
    auto const has_rested = std::exchange(seed.stall_rest, {}) != duration{};
    auto const was_doubted = std::exchange(seed.is_doubted, false);
    auto const was_wrong = correct_rate(seed, held, now);
    if (!is_back && !has_rested && !was_doubted && !was_wrong)
        return;
    count_rate(seed);
    replan();
}

// How long nothing may come of a claim while somebody else is idle: longer each time, lest two who are slow to begin
// take the same from each other for ever.
duration plan::patience(seed_state const& seed, unsigned taken_count) const
{
    auto const usual = std::max(options_.silence_max, silence_factor * seed.silence);
    return usual * (1 << std::min(taken_count, doubling_count_max));
}

// How long nothing may come of any claim. A short silence says enough of a seed of which something always came; who
// sends in bursts is known by the gaps. And of one of which nothing has ever come, if all others answered at once.
duration plan::patience_of_all(seed_state const& seed) const
{
    auto const usual = gap_factor * (seed.gap != duration{} ? seed.gap : longest_answer_);
    auto const is_known = usual != duration{};
    return is_known ? std::clamp<duration>(usual, options_.silence_min, options_.silence_max) : options_.silence_max;
}

// When a claim is overdue if nothing comes until then. A short silence may well be over before somebody slow has
// fetched a part again. Who has never been heard takes nothing back, so that there is no need to wait longer each time.
time_point plan::patience_end(held_claim const& held, seed_state const& seed, seed_state const& quick) const
{
    auto const taken_count = seed.taken_count - (is_of_last_silence(held, seed) ? 1 : 0);
    auto const end = held.heard_at + patience(seed, taken_count);
    auto const of_all = patience_of_all(seed);
    auto const again = static_cast<double>(parts_.size_of({held.next, held.next + 1})) / quick.rate;
    if (of_all == options_.silence_max || again > seconds(options_.silence_min))
        return end;
    if (!is_heard(seed))
        return held.heard_at + of_all;
    auto const own = std::max<duration>(options_.silence_min, own_silence_factor * seed.silence);
    return taken_count != 0 ? end : std::min(end, std::max(held.heard_at + own, seed.heard_at + of_all));
}

// Bytes a second once they come, as far as that can be known: what a claim brings at first says little.
double plan::rate_of(held_claim const& held, seed_state const& seed, time_point now) const
{
    auto const time = now - held.first_at;
    auto const is_measured = held.arrived != 0 && time > duration{};
    auto const measured = is_measured ? static_cast<double>(held.arrived - held.first) / seconds(time) : 0;
    if (now < measured_from(held, seed))
        return std::max(measured, seed.flow != 0 ? seed.flow : seed.rate);
    return held.recent_rate * drop_factor < measured ? held.recent_rate : measured;
}

// Seconds until the holder will have fetched so much of its claim.
double plan::time_for(std::uint64_t size, held_claim const& held, seed_state const& seed, time_point now) const
{
    auto const rate = rate_of(held, seed, now);
    if (rate == 0)
        return seconds(look_time_max);
    auto const waits_until = held.arrived == 0 ? held.begun_at + seed.answer : now;
    return static_cast<double>(size) / rate + seconds(std::max<duration>(waits_until - now, {}));
}

std::uint64_t plan::size_left(held_claim const& held) const
{
    auto const size = parts_.size_of({held.next, held.work.parts.last});
    return size - std::min(size, held.into_part);
}

// Whether what has come of the part under way may be thrown away.
bool plan::may_discard(held_claim const& held) const
{
    return urgent_set_.contains(held.next) || static_cast<double>(discarded_size_ + held.into_part) <=
                                                  options_.discard_max * static_cast<double>(wanted_size_);
}

// When a claim is to be taken away from somebody slow for somebody quick; a time in the past: now.
time_point
plan::overdue_at(held_claim const& held, seed_state const& slow, seed_state const& quick, time_point now) const
{
    if (!may_discard(held))
        return held.heard_at + patience_factor * (patience_end(held, slow, quick) - held.heard_at);
    auto const part = part_run{held.next, held.next + 1};
    auto const rate = rate_of(held, slow, now);
    if (held.work.parts.last == part.last && rate > 0)
    {
        auto const left = static_cast<double>(size_left(held)) / rate;
        auto const again = static_cast<double>(parts_.size_of(part)) / quick.rate + seconds(quick.silence);
        auto const factor = quicker_factor * (1 << std::min(slow.taken_count, doubling_count_max));
        if (left > factor * again + time_saved_min)
            return now;
    }
    return patience_end(held, slow, quick);
}

void plan::break_off(held_claim& held)
{
    held.is_overdue = true;
    discarded_size_ += held.into_part;
    ++overdue_count_;
    overdue_.push_back(held.work.id);
}

// A seed of which nobody hears rests, each time longer, and is then tried with one claim.
void plan::take_away(held_claim& held, seed_state& slow, time_point now)
{
    break_off(held);
    auto const is_of_last = is_of_last_silence(held, slow);
    auto const is_together = slow.taken_count != 0 && now - slow.taken_at < options_.silence_max;
    if (!is_together && !is_of_last)
    {
        ++slow.taken_count;
        slow.taken_at = now;
    }
    if (now - std::max(slow.heard_at, held.begun_at) < patience_of_all(slow))
    {
        // It is merely slow, and may not be first to ask for the same again.
        slow.rests_until = std::max<time_point>(slow.rests_until, now + way_time);
        return;
    }
    if (slow.stall_rest != duration{} && (is_of_last || slow.rests_until > now))
        return; // for which it rests already
    slow.stall_rest = std::clamp<duration>(2 * slow.stall_rest, options_.silence_max, stall_rest_max);
    slow.rests_until = now + slow.stall_rest;
}

// For somebody idle, who does it for all of its seed: takes away a claim of which nothing comes, and asks whoever will
// need longest to share. Returns when to look again.
time_point plan::look_around(requester_id id, time_point now)
{
    auto const own = of(id).seed;
    auto& quick = of(own);
    auto const does_another = quick.looker.value_or(id) != id;
    quick.looker = does_another ? quick.looker : std::nullopt;
    if (is_finished() || does_another || quick.sends_whole_files)
        return time_point::max();
    if (is_unasked(quick))
    {
        auto const next_look = look_at_others(now);
        if (next_look != time_point::max())
            quick.looker = id;
        return next_look;
    }
    if (quick.rate == 0 || is_probing(quick))
        return time_point::max();
    auto const is_alone = active_.size() == quick.active && !quick.is_rate_told; // which may turn out wrong
    auto next_look = is_alone ? time_point::max() : now + look_interval;
    auto const time_min_own = std::max(share_time_min_own, answers_in_share * seconds(quick.answer));
    auto const waits = share_waits_min_own * quick.answer;
    auto const leaves_until = quick.ended_at + std::min<duration>(waits, quick.active * share_pause);
    auto has_lent = false;
    std::optional<requester_id> fullest;
    auto longest = 0.0;
    for (auto const each : active_)
    {
        auto& held = of(each).held;
        if (held->is_overdue || held->work.copy_of)
            continue;
        excuse_held_up(each, now);
        auto const rest = part_run{held->next, held->work.parts.last};
        if (quick.refused.first_gap(rest).empty())
            continue;
        auto& slow = of(of(each).seed);
        auto const is_own = of(each).seed == own;
        if (!is_own)
        {
            auto const at = overdue_at(*held, slow, quick, now);
            if (at > now)
                next_look = std::min(next_look, at);
            else if (!is_lendable(*held, slow))
                take_away(*held, slow, now);
            else
            {
                lend(of(each));
                has_lent = true;
            }
        }
        else
            next_look = std::min(next_look, look_at_own(of(each), now));
        auto const tail = part_run{std::min(rest.first + 1, rest.last), rest.last};
        auto const is_settled = held->is_overdue || held->is_asked || held->work.is_tentative;
        if (is_settled || held->work.from_start || quick.refused.first_gap(tail).empty())
            continue;
        if (is_own && held->arrived != 0) // it may turn out to be slower than it seemed
        {
            auto const known_at = measured_from(*held, slow);
            next_look = std::min<time_point>(next_look, known_at > now ? known_at : now + look_interval);
        }
        auto const time = time_for(parts_.size_of(tail), *held, slow, now);
        if (time < (is_own ? time_min_own : share_time_min))
            continue;
        if (is_own && now < leaves_until && time < seconds(waits))
            next_look = std::min(next_look, leaves_until);
        else if (time > longest)
        {
            longest = time;
            fullest = each;
        }
    }
    if (has_lent)
        replan();
    if (fullest)
    {
        of(*fullest).held->is_asked = true;
        asks_.push_back(*fullest);
    }
    if (next_look != time_point::max())
        quick.looker = id;
    return next_look;
}

// Its patience begins when it can hear.
void plan::excuse_held_up(requester_id id, time_point now)
{
    if (options_.is_held_up && options_.is_held_up(id, now))
        of(id).held->heard_at = now;
}

// It isn't idle any more: if it was to look around, somebody else of its seed does.
void plan::leave_the_look(seed_state& seed, requester_id id)
{
    if (seed.looker != id)
        return;
    seed.looker.reset();
    if (seed.idle > seed.woken)
        wake_one(seed);
}

std::uint32_t plan::share(requester_id id, std::uint32_t first_unbegun, time_point now)
{
    auto& requester = of(id);
    auto& held = requester.held.value();
    auto const last = held.work.parts.last;
    held.is_asked = false;
    auto const& seed = of(requester.seed);
    if (is_finished() || seed.closed || first_unbegun >= last)
        return last;
    auto const tail = part_run{first_unbegun, last};
    if (auto const end = end_for_readers(requester, tail, true); end != last)
        return give_up_tail(requester, end);
    auto idle_rate = 0.0;
    auto const rate = rate_of(held, seed, now);
    auto const rate_min = rate / static_cast<double>(tail.count()); // who is slower needs longer for one part
    for (auto const each : idle_seeds_)
    {
        auto const& its = of(each);
        if (is_live(its) && !its.pausing && its.rate > rate_min && !its.refused.first_gap(tail).empty())
            idle_rate += static_cast<double>(its.idle - its.woken) * its.rate;
    }
    if (idle_rate == 0)
        return last;
    auto const kept = static_cast<double>(tail.count()) * rate / (rate + idle_rate);
    auto end = first_unbegun + static_cast<std::uint32_t>(std::lround(kept));
    // Of its own seed it isn't all who come for it in the end, but as many as need to.
    auto const even = static_cast<double>(even_size(seed)) * std::min(1.0, rate / seed.rate);
    end = std::max(end, parts_.first({held.next, last}, static_cast<std::uint64_t>(even)).last);
    if (end == last)
        return last;
    if (parts_.pieces_of(tail).count() >= many_pieces)
        end = std::max(first_unbegun, parts_.of_piece(parts_.piece_of(end)).first);
    return give_up_tail(requester, end);
}

// The holder's claim ends there; the rest is free.
std::uint32_t plan::give_up_tail(requester_state& requester, std::uint32_t end)
{
    end_early(requester, end);
    auto const freed = part_run{end, std::exchange(requester.held->work.parts.last, end)};
    ++share_count_;
    set_free(freed);
    replan();
    return end;
}

} // namespace webseed::planning
