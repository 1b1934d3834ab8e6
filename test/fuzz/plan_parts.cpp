// Pieces that come in parts: any life of a plan whose claims begin and end within pieces, while readers want some of
// them, files are selected and given up, and the storage loses what it had. The model knows what lies in the storage
// and who lies; what the plan says is verified must be right, and nobody may be blamed for what he didn't send.
#include "fuzz/plan_parts_life.hpp"
#include "support/torrents.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace webseed::test::parted {

namespace {

constexpr std::uint64_t piece_length = 16;

metainfo drawn_torrent(input& drawn)
{
    std::vector<test_file> files;
    for (auto count = drawn.number(1, 4); count != 0; --count)
    {
        auto& file = files.emplace_back();
        file.size = drawn.number(1, 70);
        if (!drawn.once_in(8) || count == 1)
            file.path = {std::to_string(count)};
    }
    auto const torrent = torrent_of(files, piece_length);
    if (!drawn.once_in(4))
        return torrent;
    std::vector<file_index> selected;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
        if (drawn.flag())
            selected.push_back(file_index{i});
    return torrent.select(selected);
}

plan_options drawn_options(input& drawn)
{
    plan_options made;
    made.part_size_max = drawn.number(1, piece_length);
    made.claim_size_first = drawn.number(1, 5 * piece_length);
    made.claim_size_max = drawn.number(1, 5 * piece_length);
    made.claim_size_min = drawn.number(1, 2 * piece_length);
    made.health.failure_count_max = static_cast<std::uint32_t>(drawn.number(1, 6));
    made.health.bad_piece_count_max = static_cast<std::uint32_t>(drawn.number(1, 6));
    made.stays = drawn.flag();
    return made;
}

} // namespace

life::life(input& drawn)
    : drawn_(drawn)
    , layout_(drawn_torrent(drawn))
    , options_(drawn_options(drawn))
    , board_(layout_, options_)
    , parts_(board_.parts())
    , stored_(parts_.count(), lost)
    , is_there_(parts_.count())
{
    check();
}

void life::add_seed(bool is_honest)
{
    if (seeds_.size() >= seed_count_max && !is_honest)
        return;
    auto const id = board_.add_seed();
    require(index_of(id) == seeds_.size(), "seeds are counted up");
    auto& seed = seeds_.emplace_back();
    if (!is_honest)
    {
        seed.is_fickle = drawn_.once_in(6);
        seed.has_common_lie = drawn_.flag();
        for (auto count = drawn_.flag() ? drawn_.number(1, 6) : 0; count != 0; --count)
            seed.wrong_parts.insert(static_cast<std::uint32_t>(drawn_.number(0, parts_.count() - 1)));
    }
    for (auto count = is_honest ? 2 : drawn_.number(1, 3); count != 0; --count)
    {
        auto const requester = board_.add_requester(id);
        require(static_cast<std::size_t>(requester) == requesters_.size(), "requesters are counted up");
        requesters_.emplace_back().seed = id;
    }
}

void life::next(known_requester& one)
{
    auto const was_over = board_.is_finished() || of(one.seed).is_closed || board_.is_given_up(one.seed);
    auto const action = board_.next(id_of(one), now_);
    if (auto const* const got = std::get_if<planning::fetch>(&action))
        fetch(one, got->work);
    else if (auto const* const told = std::get_if<planning::wait>(&action))
    {
        require(told->until > now_, "one waits for something to come");
        one.now = mode::idle;
        one.until = told->until;
    }
    else if (auto const* const joined = std::get_if<judge>(&action))
    {
        auto const run = parts_.of_piece(joined->piece);
        require(!board_.is_verified(piece_index{joined->piece}), "nobody judges what is verified");
        require(in_judgement_.insert(joined->piece).second, "a piece is judged by one at a time");
        require(joined->parts.size() == run.count(), "the digests of all its parts are wanted");
        for (auto part = run.first; part != run.last; ++part)
            require(is_there_[part], "what is judged has all been stored");
        one.now = mode::judging;
        one.found = *joined;
    }
    else
    {
        require(was_over, "one leaves if there will be nothing to do");
        one.now = mode::left;
    }
}

void life::fetch(known_requester& one, claim const& work)
{
    require(!work.parts.empty() && work.parts.last <= parts_.count(), "a claim has parts");
    require(!work.copy_of, "nothing is equal");
    require(work.range == parts_.range_of(work.parts), "a claim's range is that of its parts");
    auto const& refused = board_.refused(one.seed);
    for (auto part = work.parts.first; part != work.parts.last; ++part)
    {
        require(!refused.contains(part), "a seed isn't asked for what it sent wrong, or somebody else is to send");
        require(!board_.free().contains(part), "what is claimed isn't free");
        require(!board_.is_verified(piece_index{parts_.piece_of(part)}), "what is verified isn't fetched");
        for (auto const& other : requesters_)
            require(
                &other == &one || other.now != mode::working || part < other.next || part >= other.all.last,
                "nobody else has it");
    }
    one.now = mode::working;
    one.all = work.parts;
    one.next = work.parts.first;
    one.claim = work.id;
    one.is_tentative = work.is_tentative;
    one.lent = {};
    one.is_stopped = one.is_asked = false;
}

// Whether what it brings is wanted: of what was lent it gets what nobody has begun.
bool life::secure(known_requester& one)
{
    if (!std::exchange(one.is_tentative, false))
        return true;
    auto const end = board_.secure(id_of(one), now_);
    check_messages(); // others may have had it
    one.is_stopped = one.is_stopped || !end;
    auto const lent = std::exchange(one.lent, {});
    require(!end || *end > one.next, "what is secured isn't empty");
    require(!end || *end <= (lent.empty() ? one.all.last : lent.last), "nor more than was asked for");
    for (auto const& other : requesters_)
    {
        auto const is_other = &other != &one && other.now == mode::working && other.next != other.all.last;
        require(
            !end || !is_other || other.next >= *end || other.all.last <= one.next,
            "what is secured isn't another one's");
    }
    one.all.last = end.value_or(one.next);
    return end.has_value();
}

unsigned life::sent_by(seed_id id, std::uint32_t part)
{
    auto& seed = of(id);
    auto const lies = seed.is_fickle ? drawn_.once_in(3) : seed.wrong_parts.contains(part);
    if (!lies)
        return right;
    seed.lied_about.insert(parts_.piece_of(part));
    return seed.has_common_lie ? common_lie : first_lie + static_cast<unsigned>(id);
}

bool life::is_right(std::uint32_t piece) const
{
    auto const run = parts_.of_piece(piece);
    return std::all_of(
        stored_.begin() + run.first, stored_.begin() + run.last, [](auto what) { return what == right; });
}

// The next part of its claim. Who has all of a piece in it knows whether that is right. Whether it is to go on.
bool life::bring(known_requester& one)
{
    auto const part = one.next++;
    auto const piece = parts_.piece_of(part);
    auto const run = parts_.of_piece(piece);
    stored_[part] = sent_by(one.seed, part);
    is_there_[part] = true;
    auto const is_end = one.all.first <= run.first && part + 1 == run.last;
    // What was lost on the way can't be seen by who has hashed it before.
    auto is_bad = false;
    for (auto each = run.first; each != run.last && is_end; ++each)
        is_bad = is_bad || stored_[each] >= common_lie;
    auto const told = board_.report(id_of(one), is_bad ? 0 : 1, is_bad);
    require(told.counted || !told.go_on, "what doesn't count isn't to go on");
    one.is_stopped = one.is_stopped || !told.go_on;
    return !one.is_stopped && one.next != one.all.last;
}

void life::share(known_requester& one)
{
    auto const first = std::min(one.next + 1, one.all.last);
    one.is_asked = false;
    auto const end = board_.share(id_of(one), first, now_);
    require(first <= end && end <= one.all.last, "nobody gives away what is begun, or isn't theirs");
    one.all.last = end;
}

void life::settle(known_requester& one, outcome const& how)
{
    one.now = mode::coming;
    board_.settle(id_of(one), how, now_, drawn_.number(0, 255) << 56);
    if (how.kind == outcome_kind::storage_failed)
        close();
}

void life::settle_somehow(known_requester& one)
{
    outcome result;
    result.kind = static_cast<outcome_kind>(drawn_.number(0, 6));
    result.took = std::chrono::milliseconds(drawn_.number(0, 4000));
    result.bytes = drawn_.number(0, 100);
    result.is_doubtful = drawn_.once_in(4);
    auto const rest = part_run{one.next, one.all.last};
    if (result.kind == outcome_kind::storage_failed || rest.empty())
        result.kind = rest.empty() ? outcome_kind::delivered : outcome_kind::stopped;
    else if (result.kind == outcome_kind::delivered)
        result.kind = outcome_kind::stopped;
    if (result.kind == outcome_kind::busy && drawn_.flag())
        result.retry_after = std::chrono::seconds(drawn_.number(0, 100));
    if (drawn_.once_in(8))
        result.has_ranges = drawn_.flag();
    if (result.kind >= outcome_kind::file_missing && result.kind <= outcome_kind::ranges_ignored)
    {
        auto const slices = layout_.slices(parts_.range_of(rest));
        auto const& slice = slices[drawn_.number(0, slices.size() - 1)];
        result.file = slice.file;
        if (slice.pad)
            result.kind = outcome_kind::failed;
    }
    if (result.is_doubtful)
        lose_begun(one);
    settle(one, result);
}

// What has come of the piece under way, of which it has all, is of no use.
void life::lose_begun(known_requester const& one)
{
    if (one.next == one.all.last)
        return;
    auto const run = parts_.of_piece(parts_.piece_of(one.next));
    if (one.all.first <= run.first && run.last <= one.all.last)
        std::fill(stored_.begin() + run.first, stored_.begin() + one.next, lost);
}

// It reads what is there, and can't know how that came to be.
void life::judge_now(known_requester& one, bool is_unknown)
{
    auto const piece = one.found.piece;
    auto const run = parts_.of_piece(piece);
    std::vector<sha1_hash> digests;
    for (auto part = run.first; part != run.last && !is_unknown; ++part)
        digests.push_back(sha1_hash{static_cast<std::byte>(stored_[part])});
    one.now = mode::coming;
    in_judgement_.erase(piece);
    auto const was_lost =
        std::find(stored_.begin() + run.first, stored_.begin() + run.last, lost) != stored_.begin() + run.last;
    auto const found = is_right(piece) ? finding::right : finding::wrong;
    auto const told = board_.judged(piece, is_unknown ? finding::unknown : found, digests);
    require(!told.is_verified || (found == finding::right && !is_unknown), "what is wrong isn't verified");
    require(told.blamed.empty() || !was_lost, "nobody is blamed for what the storage has lost");
    for (auto const seed : told.blamed)
        require(of(seed).lied_about.contains(piece), "nobody is blamed who has sent nothing wrong");
    for (auto const seed : told.given_up)
        require(std::ranges::find(told.blamed, seed) != told.blamed.end(), "who is given up is blamed");
}

piece_run life::some_pieces()
{
    auto const first = static_cast<std::uint32_t>(drawn_.number(0, layout_.piece_count() - 1));
    return {first, static_cast<std::uint32_t>(drawn_.number(first + 1, layout_.piece_count()))};
}

void life::want_something()
{
    switch (drawn_.number(0, 4))
    {
    case 0:
        board_.want(some_pieces());
        break;
    case 1:
        board_.unwant(some_pieces());
        break;
    case 2:
        forget(static_cast<std::uint32_t>(drawn_.number(0, layout_.piece_count() - 1)));
        break;
    default:
        std::vector<urgent_run> wanted;
        for (auto count = drawn_.number(0, 3); count != 0; --count)
        {
            auto const run = some_pieces();
            wanted.push_back({run, drawn_.flag()});
        }
        board_.urge(std::move(wanted));
        break;
    }
}

// The storage has lost what there is of it.
void life::forget(std::uint32_t piece)
{
    auto const run = parts_.of_piece(piece);
    for (auto part = run.first; part != run.last; ++part)
        if (is_there_[part])
            stored_[part] = lost;
    auto const was_verified = board_.is_verified(piece_index{piece});
    board_.forget(piece_index{piece});
    if (was_verified)
        board_.want({piece, piece + 1});
}

void life::close_seed(seed_id seed)
{
    board_.close_seed(seed);
    of(seed).is_closed = true;
    for (auto& each : requesters_)
    {
        if (each.seed != seed)
            continue;
        each.is_stopped = true;
        if (each.now == mode::idle || each.now == mode::declined)
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

void life::work(known_requester& one)
{
    if ((one.is_tentative && drawn_.once_in(3)) || !secure(one))
        return;
    if (drawn_.once_in(4))
    {
        arrival news;
        news.bytes = drawn_.number(0, 20);
        board_.heard(id_of(one), news, now_);
        check_messages();
    }
    if (one.is_asked && drawn_.flag())
        share(one);
    else if (one.is_stopped || one.next == one.all.last || drawn_.once_in(6))
        settle_somehow(one);
    else
        for (auto count = drawn_.number(1, 8); count != 0 && bring(one); --count)
            check();
}

void life::step()
{
    auto const choice = drawn_.number(0, 15);
    if (choice == 0 || seeds_.empty())
        add_seed(false);
    else if (choice == 1)
        now_ += std::chrono::milliseconds(drawn_.number(1, 4000));
    else if (choice <= 3)
        want_something();
    else if (choice == 4 && drawn_.once_in(8))
        close_seed(static_cast<seed_id>(drawn_.number(0, seeds_.size() - 1)));
    else if (choice == 5 && drawn_.once_in(200))
        close();
    else
    {
        auto& one = requesters_[drawn_.number(0, requesters_.size() - 1)];
        if (one.now == mode::idle && one.until <= now_)
            one.now = mode::coming;
        if (one.now == mode::working)
            work(one);
        else if (one.now == mode::judging)
            judge_now(one, drawn_.once_in(6));
        else if (one.now == mode::coming && drawn_.once_in(8))
        {
            one.now = mode::declined;
            board_.decline(id_of(one), now_);
        }
        else if (one.now == mode::coming || one.now == mode::declined)
            next(one);
    }
    check();
}

} // namespace webseed::test::parted

namespace webseed::test {

void fuzz(std::span<std::byte const> bytes)
{
    constexpr int step_count_max = 600;
    input drawn(bytes);
    parted::life one(drawn);
    for (auto count = 0; !drawn.empty() && count != step_count_max; ++count)
        one.step();
    one.finish();
}

} // namespace webseed::test
