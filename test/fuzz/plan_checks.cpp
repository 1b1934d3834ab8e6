// What must be true of a plan after every step.
#include "fuzz/plan_life.hpp"
#include "plan/explanation.hpp"

#include <utility>

namespace webseed::test {

// Whether there is one that it can be copied from.
bool life::is_copyable(std::uint32_t piece) const
{
    if (pieces_[piece] != piece_is::free || uncopyable_.contains(piece))
        return false;
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        if (contents_[i] == contents_[piece] && pieces_[i] == piece_is::verified)
            return true;
    return false;
}

bool life::is_any_copyable() const
{
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        if (is_copyable(i))
            return true;
    return false;
}

// Whether there is one that was never asked, for whom it may wait.
bool life::is_behind_others(seed_id seed) const
{
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        if (auto const other = static_cast<seed_id>(i); other != seed && !of(other).was_asked && is_live(other) &&
                                                        (is_any(other, mode::idle) || is_any(other, mode::coming)))
            return true;
    return false;
}

bool life::can_fetch(seed_id seed) const
{
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        if (pieces_[i] == piece_is::free && !of(seed).refused.contains(i) &&
            (!of(seed).sends_whole_files || is_start(i) || (is_left(i) && !is_asked_for_parts(seed))))
            return true;
    return false;
}

// The first thing in a piece.
torrent::file_slice life::front_of(std::uint32_t piece) const
{
    return layout_.slices(layout_.range_of(piece_index{piece})).front();
}

// Whether it is the first piece that begins with a byte of its file.
bool life::is_first_of_file(std::uint32_t piece) const
{
    return piece == 0 || front_of(piece - 1).file != front_of(piece).file;
}

// Whether there is no seed that would send it, and nothing else.
bool life::is_left(std::uint32_t piece) const
{
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        if (is_live(static_cast<seed_id>(i)) && !seeds_[i].sends_whole_files && !seeds_[i].refused.contains(piece))
            return false;
    return true;
}

// Whether claims are under way from the time when it seemed to have ranges.
bool life::is_asked_for_parts(seed_id seed) const
{
    return std::ranges::any_of(requesters_, [&](auto const& each) {
        return each.seed == seed && each.now == mode::working && !each.work.copy_of && !each.work.from_start;
    });
}

void life::check_whole(known_requester const& requester, claim const& work) const
{
    auto const is_whole = of(requester.seed).sends_whole_files && !work.copy_of;
    require(work.from_start == is_whole, "who sends whole files, and nobody else, is asked for what lies in front");
    if (!is_whole)
        return;
    auto const size_max = std::max({options_.claim_size_first, options_.claim_size_max, options_.claim_size_min});
    auto const is_due = is_left(work.parts.first) && !is_asked_for_parts(requester.seed);
    require(is_start(work.parts.first) || is_due, "it is asked for files from their beginning");
    for (auto piece = work.parts.first; piece != work.parts.last; ++piece)
    {
        auto const is_usual = (piece + 1 - work.parts.first) * length() <= size_max;
        require(is_usual || is_left(piece), "what is claimed beyond the usual size can be had from nobody else");
        auto const is_in_files = piece == work.parts.first || is_usual || !is_first_of_file(piece);
        require(is_in_files, "a large claim ends with its file");
    }
}

// Nobody has or checks anything, and nobody could get anything.
bool life::is_hopeless() const
{
    if (is_any(mode::working) || count(piece_is::unchecked) + count(piece_is::checking) != 0)
        return false;
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        if (is_live(static_cast<seed_id>(i)) && has_work_for(static_cast<seed_id>(i)))
            return false;
    return true;
}

std::vector<std::size_t> life::all(mode wanted) const
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i != requesters_.size(); ++i)
        if (requesters_[i].now == wanted)
            found.push_back(i);
    return found;
}

void life::check()
{
    check_refused();
    check_wakes();
    check_released();
    check_pieces();
    check_explanations();
    check_end();
    check_nobody_forgotten();
}

void life::check_wakes()
{
    for (auto const id : board_.take_wakes())
    {
        auto& woken = requesters_[static_cast<std::size_t>(id)];
        require(
            woken.now != mode::declined || board_.is_finished() || !is_live(woken.seed) ||
                std::exchange(of(woken.seed).lacks_watcher, false),
            "who has declined is told the end, or that nobody looks after the claims of its seed, and nothing else");
        require(woken.can_be_woken, "only those who idle are woken, and once");
        woken.can_be_woken = false;
        woken.now = mode::coming;
    }
    for (auto const id : board_.take_asks())
    {
        auto& asked = requesters_[static_cast<std::size_t>(id)];
        require(asked.now == mode::working, "only who has something is asked to share");
        require(!asked.work.copy_of && !asked.work.from_start, "and what others could go on with");
        asked.is_asked = true;
    }
    for (auto const claim : board_.take_overdue())
    {
        auto const is_its = [claim](auto const& each) { return each.now == mode::working && each.work.id == claim; };
        auto const holder = std::ranges::find_if(requesters_, is_its);
        require(holder != requesters_.end(), "only what somebody works on is overdue");
        holder->is_stopped = true;
        of(holder->seed).may_have_rested = true;
    }
    take_lent();
}

// What a seed sent wrong is never asked for again, and what it hasn't got not soon.
void life::check_refused()
{
    for (std::size_t i = 0; i != seeds_.size(); ++i)
    {
        auto& seed = seeds_[i];
        auto may = seed.wrong;
        auto must = seed.wrong;
        for (auto const& [file, known] : seed.missing)
            for (auto run = layout_.pieces_of(file); !run.empty(); ++run.first)
            {
                may.insert(run.first);
                if (known.least > now_)
                    must.insert(run.first);
            }
        seed.refused.clear();
        for (auto const& [first, last] : board_.refused(static_cast<seed_id>(i)).runs())
            for (auto piece = first; piece != last; ++piece)
                seed.refused.insert(piece);
        require(std::ranges::includes(may, seed.refused), "a seed is asked for what it may have");
        require(std::ranges::includes(seed.refused, must), "a seed isn't asked again at once for what it hasn't got");
    }
}

// What waits for a twin is free once that one can't be had, and nothing else can.
void life::check_released()
{
    std::vector<std::uint32_t> released;
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        if (pieces_[i] == piece_is::deferred && board_.free().contains(i))
            released.push_back(i);
    require(released.empty() || is_hopeless(), "a twin waits as long as there is hope");
    require(released.empty() || released.size() == count(piece_is::deferred), "all twins wait, or none");
    for (auto const piece : released)
        pieces_[piece] = piece_is::free;
}

void life::check_pieces() const
{
    std::uint64_t size = 0;
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
    {
        auto const piece = piece_index{i};
        require(board_.is_verified(piece) == (pieces_[i] == piece_is::verified), "it knows what is verified");
        require(
            is_closed_ || board_.is_claimed(piece) == (pieces_[i] == piece_is::claimed), "it knows what is claimed");
        require(is_closed_ || board_.free().contains(i) == (pieces_[i] == piece_is::free), "it knows what is free");
        size += pieces_[i] == piece_is::verified ? layout_.range_of(piece).size : 0;
    }
    require(board_.verified_count() == count(piece_is::verified), "it counts what is verified");
    require(board_.verified_size() == size && board_.wasted_size() == wasted_, "it counts bytes");
    require(is_closed_ || board_.free().count() == count(piece_is::free), "it counts what is free");
    auto const to_check = count(piece_is::unchecked) + count(piece_is::checking);
    require(is_closed_ || board_.is_checking() == (to_check != 0), "it knows whether there is something to check");
    require(board_.active_claim_count() == all(mode::working).size(), "it counts who works");
    auto const wanted = pieces_.size() - count(piece_is::skipped);
    require(board_.wanted_count() == wanted, "it counts what is wanted");
    require(board_.is_complete() == (count(piece_is::verified) == wanted), "it knows when all is there");
}

// What is said of a piece is what is known of it.
void life::check_explanations() const
{
    for (std::uint32_t i = 0; i != pieces_.size() && !is_closed_; ++i)
    {
        auto const told = board_.explain(i, now_);
        auto const is_missing = told.standing == piece_standing::missing;
        auto const is_under_way = told.standing == piece_standing::under_way;
        auto const awaits_copy = told.standing == piece_standing::awaits_copy;
        auto const is = [&](piece_is state, bool is_said) {
            require((pieces_[i] == state) == is_said, "a piece is explained as what it is");
        };
        is(piece_is::verified, told.standing == piece_standing::verified);
        is(piece_is::skipped, told.standing == piece_standing::unwanted);
        require(
            pieces_[i] != piece_is::free || is_missing || (awaits_copy && is_copyable(i)), "what is free is missing");
        require(pieces_[i] != piece_is::claimed || is_under_way || awaits_copy, "what is claimed is on its way");
        require(pieces_[i] != piece_is::deferred || awaits_copy, "what equals another one waits for it");
        require(is_under_way == !told.holders.empty(), "somebody is at what is on its way");
        require(
            (is_missing || is_under_way) == (told.seeds.size() == seeds_.size() && !told.seeds.empty()) ||
                seeds_.empty(),
            "all seeds are excused, where one is needed");
    }
}

void life::check_end()
{
    auto const was_finished = std::exchange(is_finished_, board_.is_finished());
    require(!was_finished || is_finished_, "an end is the end");
    if (is_finished_ && !was_finished)
        require(is_closed_ || board_.is_complete() || is_hopeless(), "it ends with a reason");
    require(!is_finished_ || is_closed_ || count(piece_is::deferred) == 0, "nothing waits for a twin for ever");
    for (auto const index : all(mode::declined))
        require(!is_finished_ && !of(requesters_[index].seed).closed, "who has declined is told the end");
}

// A live seed, for which nobody may have come yet.
bool life::is_any_without_requesters() const
{
    for (std::size_t i = 0; i != seeds_.size(); ++i)
    {
        auto const seed = static_cast<seed_id>(i);
        if (is_live(seed) && std::ranges::none_of(requesters_, [&](auto const& each) { return each.seed == seed; }))
            return true;
    }
    return false;
}

// Who idles has nothing to do, or somebody is on the way who will think of it.
void life::check_nobody_forgotten() const
{
    if (is_any(mode::coming))
        return;
    auto is_timed = false;
    for (auto const index : all(mode::idle))
        is_timed = is_timed || requesters_[index].until != time_point::max();
    auto const is_anything_to_come = is_timed || is_any(mode::declined) || is_any_without_requesters() ||
                                     is_any(mode::working) ||
                                     count(piece_is::unchecked) + count(piece_is::checking) != 0;
    require(is_anything_to_come || !is_any(mode::idle), "nobody waits for nothing");
    if (board_.is_finished())
        return;
    for (auto const index : all(mode::idle))
    {
        auto const seed = requesters_[index].seed;
        auto const is_pausing = std::ranges::any_of(requesters_, [&](auto const& each) {
            return each.seed == seed && ((each.now == mode::idle && each.until == of(seed).pause_end) ||
                                         (each.now == mode::declined && each.until == time_point::max()));
        });
        // It may be so slow that it leaves work to others while it looks again soon, or rest after nothing had come.
        auto const time = std::chrono::seconds(of(seed).may_have_rested ? 30 : 5);
        auto const looks_again = std::ranges::any_of(requesters_, [&](auto const& each) {
            return each.seed == seed && each.now == mode::idle && each.until <= now_ + time;
        });
        auto const may_be_probing = of(seed).may_be_probing || of(seed).may_have_rested || of(seed).may_be_doubted;
        auto const has_enough = may_be_probing && is_any(seed, mode::working);
        auto const has_nothing = !is_any_copyable() && (has_enough || !can_fetch(seed));
        auto const may_idle = is_pausing || has_nothing || looks_again || is_behind_others(seed);
        require(!is_live(seed) || may_idle, "nobody idles who could have work");
    }
}

} // namespace webseed::test
