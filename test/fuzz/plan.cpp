// Any life that a plan can have, beside a model that says what is true of it after every step.
#include "fuzz/plan_life.hpp"
#include "support/v2_torrents.hpp"
#include "torrent/merkle.hpp"

namespace webseed::test {

namespace {

// A file whose pieces have the hashes that its letter says: equal letters, equal files.
std::string drawn_entry(input& drawn, bencoded_keys& layers)
{
    std::vector<sha256_hash> const layer(
        drawn.number(1, 3), sha256_hash{static_cast<std::byte>(drawn.number('a', 'c'))});
    auto const root = torrent::root_of_layer(layer, 0);
    auto const root_text = std::string(text_of(root));
    if (layer.size() > 1)
        layers[root_text] = encoded(text_of(std::as_bytes(std::span(layer))));
    return dictionary_of({{"length", encoded(layer.size() * 16384 - 1)}, {"pieces root", encoded(root_text)}});
}

metainfo drawn_v2_torrent(input& drawn)
{
    auto parts = v2_parts_of({});
    bencoded_keys tree;
    for (auto count = drawn.number(1, 5); count != 0; --count)
        tree[std::to_string(count)] = dictionary_of({{"", drawn_entry(drawn, parts.layers)}});
    parts.info["file tree"] = dictionary_of(tree);
    return parsed(parts);
}

metainfo drawn_v1_torrent(input& drawn)
{
    std::vector<test_file> files;
    for (auto count = drawn.number(1, 4); count != 0; --count)
    {
        auto& file = files.emplace_back();
        file.size = drawn.number(0, 100);
        if (!drawn.once_in(8))
            file.path = {std::to_string(count)};
    }
    if (std::ranges::all_of(files, [](test_file const& file) { return file.size == 0; }))
        files.back().size = 1; // there is no torrent without
    return torrent_of(files, 16);
}

metainfo drawn_torrent(input& drawn)
{
    auto const torrent = drawn.flag() ? drawn_v2_torrent(drawn) : drawn_v1_torrent(drawn);
    if (!drawn.once_in(4))
        return torrent;
    std::vector<file_index> selected;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
        if (drawn.flag())
            selected.push_back(file_index{i});
    return torrent.select(selected);
}

plan_options drawn_options(input& drawn, std::uint64_t length)
{
    plan_options made;
    made.claim_size_first = drawn.number(1, 5) * length;
    made.claim_size_max = drawn.number(1, 5) * length;
    made.claim_size_min = drawn.number(0, 3) * length;
    made.health.failure_count_max = static_cast<std::uint32_t>(drawn.number(1, 4));
    made.health.busy_count_max = static_cast<std::uint32_t>(drawn.number(1, 4));
    made.health.bad_piece_count_max = static_cast<std::uint32_t>(drawn.number(1, 4));
    made.health.file_retry_first = std::chrono::seconds(drawn.number(1, 4));
    made.health.file_retry_max = std::chrono::seconds(drawn.number(0, 8));
    made.health.file_retry_gap = std::chrono::seconds(drawn.number(0, 2));
    return made;
}

} // namespace

life::life(input& drawn)
    : drawn_(drawn)
    , layout_(drawn_torrent(drawn))
    , options_(drawn_options(drawn, length()))
    , board_(layout_, options_)
    , pieces_(layout_.piece_count(), piece_is::free)
{
    set_up_pieces();
    withhold();
    check();
}

void life::set_up_pieces()
{
    auto const& torrent = layout_.torrent();
    std::vector<bool> wanted(pieces_.size());
    auto is_selection = false;
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        contents_.push_back(i);
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const file = file_index{i};
        auto const run = layout_.pieces_of(file);
        is_selection = is_selection || (!torrent.is_wanted(file) && !torrent.files()[i].pad && !run.empty());
        for (std::uint32_t j = 0; j != run.count() && torrent.is_wanted(file); ++j)
        {
            wanted[run.first + j] = true;
            for (std::uint32_t k = 0; k != i && torrent.infohash_v2(); ++k)
            {
                auto const earlier = layout_.pieces_of(file_index{k});
                auto const is_same = torrent.is_wanted(file_index{k}) && earlier.count() == run.count() &&
                                     torrent.piece_roots(file_index{k})[0] == torrent.piece_roots(file)[0];
                if (is_same && contents_[run.first + j] == run.first + j)
                    contents_[run.first + j] = earlier.first + j;
            }
        }
    }
    for (std::uint32_t i = 0; i != pieces_.size(); ++i)
        if (is_selection && !wanted[i])
            pieces_[i] = piece_is::skipped;
        else if (contents_[i] != i)
            pieces_[i] = piece_is::deferred;
}

// Who waits for such a piece needn't any more.
void life::verify(piece_run run)
{
    set(run, piece_is::verified);
    for (; !run.empty(); ++run.first)
        for (std::uint32_t i = 0; i != pieces_.size(); ++i)
            if (contents_[i] == contents_[run.first] && pieces_[i] == piece_is::deferred)
                pieces_[i] = piece_is::free;
}

void life::withhold()
{
    std::uint32_t first = 0;
    for (auto count = drawn_.number(0, 2); count != 0; --count)
    {
        first += static_cast<std::uint32_t>(drawn_.number(0, layout_.piece_count() - first));
        auto const size = static_cast<std::uint32_t>(drawn_.number(0, layout_.piece_count() - first));
        auto const run = piece_run{first, first + size};
        board_.withhold(run);
        for (auto piece = run.first; piece != run.last; ++piece)
            if (pieces_[piece] != piece_is::skipped)
                pieces_[piece] = piece_is::unchecked;
        first = run.last;
    }
}

void life::add_seed()
{
    if (seeds_.size() == seed_count_max)
        return;
    auto const is_useless = drawn_.once_in(8);
    seed_hints known;
    if (drawn_.once_in(4))
        known = {static_cast<double>(drawn_.number(0, 1u << 20)), drawn_.flag()};
    auto const id = is_useless ? board_.add_useless_seed() : board_.add_seed(known);
    require(static_cast<std::size_t>(id) == seeds_.size(), "seeds are counted up");
    auto& seed = seeds_.emplace_back();
    seed.closed = is_useless;
    seed.is_late = board_.is_finished();
    seed.may_be_doubted = known.was_dead;
    for (auto count = is_useless ? 0 : drawn_.number(0, 3); count != 0; --count)
        add_requester(id);
}

void life::add_requester(seed_id seed)
{
    if (requesters_.size() == requester_count_max || of(seed).closed)
        return;
    auto const id = board_.add_requester(seed);
    require(static_cast<std::size_t>(id) == requesters_.size(), "requesters are counted up");
    requesters_.emplace_back().seed = seed;
}

void life::let_time_pass(duration time)
{
    now_ += time;
    for (auto& each : requesters_)
        if (each.now == mode::idle && each.until <= now_)
            each.now = mode::coming;
}

void life::next(std::size_t index)
{
    auto& requester = requesters_[index];
    auto const was_over = board_.is_finished() || !is_live(requester.seed);
    requester.can_be_woken = false;
    auto const action = board_.next(static_cast<requester_id>(index), now_);
    require(
        std::holds_alternative<leave>(action) == was_over, "one leaves if there will be nothing to do, and only then");
    if (auto const* const got = std::get_if<planning::fetch>(&action))
        fetch(requester, got->work);
    else if (auto const* const told = std::get_if<planning::wait>(&action))
        wait(requester, told->until);
    else
        requester.now = mode::left;
}

void life::fetch(known_requester& requester, claim const& work)
{
    check_refused();
    auto const& seed = of(requester.seed);
    require(static_cast<std::uint64_t>(work.id) == claims_++, "claims are counted up");
    require(!work.parts.empty() && work.parts.last <= pieces_.size(), "a claim has pieces");
    auto const size_max = std::max({options_.claim_size_first, options_.claim_size_max, options_.claim_size_min});
    require(work.from_start || work.parts.count() * length() <= size_max, "a claim is no larger than allowed");
    check_whole(requester, work);
    require(seed.pause_end <= now_, "a seed that pauses isn't asked");
    require(
        work.copy_of || !seed.must_be_probing || !is_any(requester.seed, mode::working),
        "a doubtful seed is asked for one claim at a time");
    for (auto piece = work.parts.first; piece != work.parts.last; ++piece)
    {
        require(pieces_[piece] == piece_is::free, "what is claimed was free");
        require(
            work.copy_of || !seed.refused.contains(piece),
            "a seed isn't asked again for what it hasn't got or sent wrong");
        if (!work.copy_of)
            continue;
        auto const source = *work.copy_of + (piece - work.parts.first);
        require(is_copyable(piece), "a piece is copied if it hasn't gone wrong yet");
        require(
            contents_[source] == contents_[piece] && pieces_[source] == piece_is::verified,
            "a piece is copied from one that is there and the same");
    }
    set(work.parts, piece_is::claimed);
    of(requester.seed).was_asked = true;
    if (std::exchange(requester.watches, false))
        of(requester.seed).lacks_watcher = true;
    requester.now = mode::working;
    requester.work = work;
    requester.lent = {};
    requester.next = work.parts.first;
    requester.is_stopped = false;
    requester.is_asked = false;
}

void life::hear(std::size_t index)
{
    arrival news;
    news.bytes = drawn_.number(0, 2 * length());
    news.into_part = drawn_.number(0, length() - 1);
    board_.heard(static_cast<requester_id>(index), news, now_);
}

// Gives away what is behind the piece that is under way, or some of it.
void life::share(std::size_t index)
{
    auto& requester = requesters_[index];
    auto& last = requester.work.parts.last;
    auto const first_unbegun = std::min(requester.next + 1, last);
    auto const end = board_.share(static_cast<requester_id>(index), first_unbegun, now_);
    requester.is_asked = false;
    require(first_unbegun <= end && end <= last, "nobody gives away what is begun, or isn't theirs");
    require(end == last || (!is_closed_ && !of(requester.seed).closed), "nobody shares after the end");
    set({end, last}, piece_is::free);
    last = end;
}

void life::decline(std::size_t index)
{
    auto& requester = requesters_[index];
    requester.can_be_woken = true; // to leave
    requester.now = mode::declined;
    auto const is_pausing = of(requester.seed).pause_end > now_;
    requester.until = is_pausing ? time_point::max() : now_; // until it comes its seed may stay alone
    auto const look_at = board_.decline(static_cast<requester_id>(index), now_);
    require(look_at > now_, "who declines looks again later");
    requester.watches = look_at != time_point::max();
}

void life::wait(known_requester& requester, time_point until)
{
    require(until > now_, "one waits for something to come");
    requester.now = mode::idle;
    requester.until = until;
    requester.can_be_woken = true;
}

void life::report(std::size_t index, std::uint32_t good, bool then_bad)
{
    auto& requester = requesters_[index];
    auto& seed = of(requester.seed);
    auto const told = board_.report(static_cast<requester_id>(index), good, then_bad);
    require(told.counted == (!is_closed_ && !seed.closed), "what comes too late doesn't count");
    auto const then = requester.next + good + (then_bad ? 1 : 0);
    auto const is_refused =
        then != requester.work.parts.last && !requester.work.copy_of && board_.refused(requester.seed).contains(then);
    auto const is_wanted = told.counted && is_live(requester.seed) && !is_refused;
    require(told.go_on == is_wanted, "one goes on while one is wanted");
    requester.is_stopped = requester.is_stopped || !told.go_on;
    if (!told.counted)
        return;
    auto const is_copy = requester.work.copy_of.has_value();
    if (good != 0 && !is_copy)
    {
        seed.must_be_probing = seed.may_be_probing = false;
        seed.changed.reset();
        for (auto& [file, known] : seed.missing)
        {
            auto const run = layout_.pieces_of(file);
            auto const is_touched = run.first < requester.next + good && requester.next < run.last;
            known.may_be_found = known.may_be_found || is_touched;
        }
    }
    verify({requester.next, requester.next + good});
    requester.next += good;
    if (!then_bad)
        return;
    if (is_copy)
    {
        uncopyable_.insert(requester.next);
        pieces_[requester.next++] = piece_is::free;
        return;
    }
    wasted_ += layout_.range_of(piece_index{requester.next}).size;
    seed.wrong.insert(requester.next);
    count_wrong(seed, requester.next);
    pieces_[requester.next++] = piece_is::free;
}

// After some wrong pieces that are mostly of one file, the others that are so aren't asked for either, unless there is
// only that file.
void life::count_wrong(known_seed& seed, std::uint32_t piece)
{
    auto const& files = layout_.torrent().files();
    auto const main_file = [&](std::uint32_t each) {
        std::map<file_index, std::uint64_t> bytes;
        for (auto const& slice : layout_.slices(layout_.range_of(piece_index{each})))
            bytes[slice.file] += slice.pad ? 0 : slice.size;
        auto const by_bytes = [](auto const& a, auto const& b) { return a.second < b.second; };
        return std::ranges::max_element(bytes, by_bytes)->first;
    };
    auto const file = main_file(piece);
    if (std::ranges::count(files, false, &file_entry::pad) == 1 ||
        ++seed.wrong_in[file] != options_.health.bad_piece_count_max / 2 + 1)
        return;
    for (std::uint32_t each = 0; each != layout_.piece_count(); ++each)
        if (main_file(each) == file)
            seed.wrong.insert(each);
}

void life::cancel(std::size_t index)
{
    auto& requester = requesters_[index];
    if (requester.work.parts.empty())
        return; // it never had a claim
    auto const holder = board_.cancel(requester.work.id);
    auto const is_held = requester.now == mode::working;
    require(holder == (is_held ? std::optional(static_cast<requester_id>(index)) : std::nullopt), "the holder is told");
    requester.is_stopped = requester.is_stopped || is_held;
}

void life::take_check()
{
    auto const run = board_.next_check(static_cast<std::uint32_t>(drawn_.number(1, 3)));
    require(run.empty() == (is_closed_ || count(piece_is::unchecked) == 0), "all that is withheld is handed out");
    for (auto piece = run.first; piece != run.last; ++piece)
    {
        require(pieces_[piece] == piece_is::unchecked, "it is handed out once");
        checks_.push_back(piece);
        pieces_[piece] = piece_is::checking;
    }
}

void life::give_check(bool good)
{
    if (checks_.empty())
        return;
    auto const piece = checks_.back();
    checks_.pop_back();
    board_.checked(piece_index{piece}, good);
    if (is_closed_)
        return;
    if (good)
        verify({piece, piece + 1});
    else
        pieces_[piece] = piece_is::free;
}

void life::close_seed(seed_id seed)
{
    board_.close_seed(seed);
    of(seed).closed = true;
    for (auto& each : requesters_)
    {
        if (each.seed != seed)
            continue;
        each.is_stopped = true;
        each.can_be_woken = each.now == mode::declined || (each.now == mode::idle && of(seed).may_have_rested);
        if (each.now == mode::idle)
            each.now = mode::coming;
    }
}

void life::close()
{
    board_.close();
    is_closed_ = true;
    for (auto& each : requesters_)
    {
        each.is_stopped = true;
        if (each.now == mode::idle || each.now == mode::declined)
            each.now = mode::coming;
    }
}

void life::step()
{
    auto const choice = drawn_.number(0, 15);
    auto const index = requesters_.empty() ? 0 : drawn_.number(0, requesters_.size() - 1);
    if (choice <= 1 || seeds_.empty())
        add_seed();
    else if (choice == 2)
        let_time_pass(std::chrono::milliseconds(drawn_.number(1, 2000)) * (drawn_.once_in(4) ? 10 : 1));
    else if (choice == 3)
        take_check();
    else if (choice == 4)
        give_check(drawn_.flag());
    else if (choice == 5 && drawn_.once_in(4))
        close_seed(static_cast<seed_id>(drawn_.number(0, seeds_.size() - 1)));
    else if (choice == 6 && drawn_.once_in(8))
        close();
    else if (requesters_.empty() || choice == 7)
        add_requester(static_cast<seed_id>(drawn_.number(0, seeds_.size() - 1)));
    else if (choice == 8)
        cancel(index);
    else if (auto& requester = requesters_[index]; requester.now == mode::working)
    {
        auto const says_nothing = requester.work.is_tentative && drawn_.once_in(3);
        auto const has_it = !says_nothing && secure(index);
        if (drawn_.once_in(4) && has_it)
            hear(index);
        if (has_it && requester.is_asked && drawn_.flag())
            share(index);
        auto const rest = requester.work.parts.last - requester.next;
        auto const good = static_cast<std::uint32_t>(drawn_.number(0, rest));
        if (has_it && !requester.is_stopped && drawn_.flag())
            report(index, good, good != rest && drawn_.flag());
        else
            settle_somehow(index);
    }
    else if (requester.now == mode::coming || (requester.now != mode::left && drawn_.once_in(8)))
    {
        if (drawn_.once_in(4))
            decline(index);
        else
            next(index);
    }
    check();
}

void life::finish()
{
    constexpr int turns_max = 2000;
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        if (std::ranges::none_of(requesters_, [&](auto const& each) { return each.seed == static_cast<seed_id>(i); }))
            close_seed(static_cast<seed_id>(i)); // nobody would ask it
    check();
    for (auto turn = 0; all(mode::left).size() != requesters_.size(); ++turn)
    {
        require(turn != turns_max, "it ends in time");
        if (auto const coming = all(mode::coming); !coming.empty())
            next(coming.front());
        else if (auto const working = all(mode::working); !working.empty())
        {
            auto const& requester = requesters_[working.front()];
            outcome result;
            if (requester.is_stopped || !secure(working.front()))
                result.kind = outcome_kind::stopped;
            else
                report(working.front(), requester.work.parts.last - requester.next, false);
            settle(working.front(), result);
        }
        else if (!checks_.empty())
            give_check(true);
        else if (count(piece_is::unchecked) != 0)
            take_check();
        else if (auto const declined = all(mode::declined); !declined.empty())
            next(declined.front());
        else
            let_time_pass(std::chrono::seconds(1));
        check();
    }
    auto is_any_good = false;
    for (std::size_t i = 0; i != seeds_.size(); ++i)
        is_any_good = is_any_good || (is_live(static_cast<seed_id>(i)) && seeds_[i].wrong.empty() &&
                                      seeds_[i].missing.empty() && !seeds_[i].is_late);
    require(!is_any_good || is_closed_ || board_.is_complete(), "a good seed is enough");
}

void fuzz(std::span<std::byte const> bytes)
{
    constexpr int step_count_max = 500;
    input drawn(bytes);
    life one(drawn);
    for (auto count = 0; !drawn.empty() && count != step_count_max; ++count)
        one.step();
    one.finish();
}

} // namespace webseed::test
