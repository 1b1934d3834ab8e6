#include "plan/fleet.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace webseed::test {

namespace {

constexpr auto tick = 1ms;
constexpr auto tell_interval = 100ms;
constexpr std::uint64_t tell_size = 1u << 20;

plan_options options_with(std::uint64_t part_size)
{
    plan_options made;
    made.part_size_max = part_size;
    return made;
}

} // namespace

fleet::fleet(std::uint64_t size, std::uint64_t piece_length, std::vector<fleet_mirror> mirrors, std::uint64_t part_size)
    : board(torrent_of({{{"f"}, size}}, piece_length), options_with(part_size))
    , stored_(board.board.parts().count())
    , mirrors_(std::move(mirrors))
{
    for (std::size_t i = 0; i != mirrors_.size(); ++i)
    {
        auto const seed = board.board.add_seed(mirrors_[i].known);
        for (unsigned each = 0; each != mirrors_[i].requesters; ++each)
        {
            auto& made = workers_.emplace_back();
            made.id = board.board.add_requester(seed);
            made.mirror = i;
        }
    }
}

void fleet::run()
{
    auto const end = start + 1h;
    while (now < end && std::ranges::any_of(workers_, [](auto const& w) { return w.at != worker::state::gone; }))
    {
        for (auto& one : workers_)
            if (one.at == worker::state::idle && one.until <= now)
                ask(one);
        now += tick;
        step(tick);
        deliver_messages();
    }
}

void fleet::step(duration time)
{
    for (std::size_t i = 0; i != mirrors_.size(); ++i)
    {
        auto const is_served = [&](worker const& one) {
            return one.mirror == i && one.at == worker::state::fetching && one.first_byte <= now;
        };
        auto const count = std::ranges::count_if(workers_, is_served);
        if (count == 0 || now >= mirrors_[i].stalls_at)
            continue;
        auto const bytes = mirrors_[i].rate * std::chrono::duration<double>(time).count() / static_cast<double>(count);
        for (auto& one : workers_)
            if (is_served(one))
                work(one, bytes);
    }
}

// So many more bytes of its claim have come.
void fleet::work(worker& one, double bytes)
{
    received += static_cast<std::uint64_t>(bytes);
    if (std::exchange(one.is_tentative, false))
    {
        auto const end = board.board.secure(one.id, now);
        if (!end)
            return finish(one, outcome_kind::stopped);
        one.rest.last = one.all.last = *end;
    }
    one.bytes += static_cast<std::uint64_t>(bytes);
    one.untold += static_cast<std::uint64_t>(bytes);
    one.into += bytes;
    if (std::exchange(one.is_asked, false))
    {
        tell(one);
        one.rest.last = one.all.last = board.board.share(one.id, one.rest.first + 1, now);
    }
    while (!one.rest.empty() && one.into >= static_cast<double>(size_of(one.rest.first)))
    {
        one.into -= static_cast<double>(size_of(one.rest.first));
        if (!arrive(one, one.rest.first++))
            return finish(one, outcome_kind::stopped);
    }
    if (one.rest.empty())
        return finish(one, outcome_kind::delivered);
    if (now - one.told >= tell_interval || one.untold >= tell_size)
        tell(one);
}

// Whether it shall go on. Who has all of a piece in its claim knows whether it is right.
bool fleet::arrive(worker& one, std::uint32_t part)
{
    auto const& parts = board.board.parts();
    auto const piece = parts.piece_of(part);
    auto const run = parts.of_piece(piece);
    stored_[part] = mirrors_[one.mirror].spoils(piece) ? one.mirror + 1 : 0;
    auto const is_end = one.all.first <= run.first && part + 1 == run.last;
    auto const is_bad = is_end && is_wrong(run);
    if (is_end && !is_bad && !first_verified)
        first_verified = now;
    return board.board.report(one.id, is_bad ? 0 : 1, is_bad).go_on;
}

bool fleet::is_wrong(part_run run) const
{
    return std::any_of(stored_.begin() + run.first, stored_.begin() + run.last, [](auto who) { return who != 0; });
}

void fleet::find(judge const& work)
{
    auto const run = board.board.parts().of_piece(work.piece);
    std::vector<sha1_hash> digests(run.count());
    for (auto part = run.first; part != run.last; ++part)
        digests[part - run.first][0] = static_cast<std::byte>(stored_[part]);
    board.board.judged(work.piece, is_wrong(run) ? finding::wrong : finding::right, digests);
}

void fleet::tell(worker& one)
{
    board.board.heard(one.id, {std::exchange(one.untold, 0), static_cast<std::uint64_t>(one.into)}, now);
    one.told = now;
}

void fleet::finish(worker& one, outcome_kind how)
{
    tell(one);
    outcome result;
    result.kind = how;
    result.took = now - one.begun;
    result.bytes = one.bytes;
    board.board.settle(one.id, result, now, 0);
    one.at = worker::state::idle;
    one.until = now;
    call_next(one.mirror);
}

// As the requesters of an engine do at a host without room.
void fleet::line_up(worker& one)
{
    board.board.decline(one.id, now);
    one.until = time_point::max();
    one.turn = ++turns_;
}

void fleet::call_next(std::size_t mirror)
{
    auto const is_before = [&](worker const& a, worker const& b) { return a.turn - 1 < b.turn - 1; };
    auto at_mirror = workers_ | std::views::filter([&](auto const& one) { return one.mirror == mirror; });
    auto const next = std::ranges::min_element(at_mirror, is_before);
    if (std::exchange(next->turn, 0) != 0)
        next->until = now;
}

void fleet::ask(worker& one)
{
    auto const has_place = [&](worker const& each) {
        return each.mirror == one.mirror && each.at == worker::state::fetching;
    };
    if (std::ranges::count_if(workers_, has_place) == mirrors_[one.mirror].places)
        return line_up(one);
    auto const action = board.board.next(one.id, now);
    if (!std::holds_alternative<fetch>(action))
        call_next(one.mirror);
    if (auto const* const pause = std::get_if<wait>(&action))
    {
        one.until = pause->until;
        return;
    }
    if (auto const* const joined = std::get_if<judge>(&action))
        return find(*joined); // and asks again
    if (std::holds_alternative<leave>(action))
    {
        one.at = worker::state::gone;
        return;
    }
    auto const& work = std::get<fetch>(action).work;
    auto const mirror = one.mirror;
    auto const id = one.id;
    one = {};
    one.id = id;
    one.mirror = mirror;
    one.at = worker::state::fetching;
    one.all = one.rest = work.parts;
    one.claim = work.id;
    one.is_tentative = work.is_tentative;
    one.begun = one.told = now;
    one.first_byte = now + mirrors_[mirror].latency;
    ++requests;
}

void fleet::deliver_messages()
{
    for (auto const id : board.board.take_wakes())
        workers_[static_cast<std::size_t>(id)].until = now;
    for (auto const id : board.board.take_asks())
        workers_[static_cast<std::size_t>(id)].is_asked = true;
    auto ended = board.board.take_overdue();
    std::ranges::copy(board.board.take_needless(), std::back_inserter(ended));
    for (auto const claim : ended)
        for (auto& one : workers_)
            if (one.at == worker::state::fetching && one.claim == claim)
                finish(one, outcome_kind::stopped);
}

std::uint64_t fleet::size_of(std::uint32_t part) const
{
    return board.board.parts().size_of({part, part + 1});
}

} // namespace webseed::test
