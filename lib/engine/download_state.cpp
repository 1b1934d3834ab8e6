#include "engine/download_state.hpp"

#include <algorithm>
#include <utility>

namespace webseed::core {

namespace {

// Progress is told this often, so that telling it costs nothing.
constexpr auto publish_interval = std::chrono::milliseconds(100);

} // namespace

download_state::download_state(
    torrent::layout const& layout, planning::plan_options const& options, event_queue& events, published<stats>& board,
    storage* store, hold_ups const* held)
    : layout_(layout)
    , events_(events)
    , board_(board)
    , plan_(layout, excusing(options, held))
    , store_(store)
    , kept_size_max_(options.kept_size_max)
{
    auto const file_count = layout.torrent().files().size();
    pieces_left_.reserve(file_count);
    for (std::uint32_t i = 0; i != file_count; ++i)
        pieces_left_.push_back(layout.pieces_of(static_cast<file_index>(i)).count());
    for (std::uint32_t i = 0; i != file_count; ++i)
    {
        is_kept_.push_back(layout.torrent().is_wanted(static_cast<file_index>(i)));
        is_wanted_.push_back(kept_size_max_ == 0 && is_kept_.back());
    }
    if (kept_size_max_ != 0)
        plan_.unwant({0, layout.piece_count()});
    plan_.take_forgotten();
    publish();
}

bool download_state::checked(planning::piece_run run, std::vector<bool> const& good, time_point now)
{
    event_queue::batch const at_once(events_);
    for (auto const is_good : good)
    {
        auto const piece = planning::piece_run{run.first, run.first + 1};
        ++run.first;
        plan_.checked(static_cast<piece_index>(piece.first), is_good);
        if (!is_good || plan_.is_closed())
            continue;
        stats_.bytes_kept += layout_.size_of(piece);
        ++check_.pieces_right;
        check_.bytes_right += layout_.size_of(piece);
        tell_verified(piece);
    }
    if (!plan_.is_checking() && !plan_.is_closed())
        events_.push(check_);
    end_turn(now);
    return !plan_.is_closed();
}

std::vector<planning::requester_id> download_state::add_seed(
    std::string key, std::string url, std::span<std::shared_ptr<requester_link> const> links,
    planning::seed_hints const& known)
{
    std::vector<planning::requester_id> ids;
    for (std::size_t i = 0; i != keys_.size(); ++i)
        if (keys_[i] == key && !plan_.is_closed(static_cast<planning::seed_id>(i)))
            return ids;
    auto const id = plan_.add_seed(known);
    begin_seed(std::move(key), std::move(url));
    for (auto const& link : links)
    {
        ids.push_back(plan_.add_requester(id));
        requesters_.push_back({id, link});
        if (plan_.is_closed())
            link->close();
    }
    publish();
    return ids;
}

void download_state::begin_seed(std::string key, std::string url)
{
    keys_.push_back(std::move(key));
    host_until_.push_back(time_point::max());
    told_.emplace_back();
    lacking_.emplace_back();
    stats_.seeds.emplace_back().url = url;
    events_.push(seed_added{std::move(url)});
}

void download_state::refuse_seed(std::string url, error_code error)
{
    plan_.add_useless_seed();
    begin_seed({}, std::move(url));
    auto& seed = stats_.seeds.back();
    seed.state = seed_state::given_up;
    seed.last_error.message = seed.url + ": " + error.message();
    seed.last_error.url = seed.url;
    last_error_ = error;
    last_cause_ = seed.last_error;
    events_.push(seed_given_up{seed.url, error, seed.last_error});
    publish();
}

planning::next_action download_state::next(planning::requester_id id, time_point now)
{
    auto const action = plan_.next(id, now);
    if (auto const* fetch = std::get_if<planning::fetch>(&action))
    {
        auto& seed = stats_of(of(id).seed);
        seed.state = seed_state::ready;
        of(id).next_part = fetch->work.parts.first;
        of(id).is_copying = fetch->work.copy_of.has_value();
    }
    end_turn(now);
    if (std::holds_alternative<planning::wait>(action))
        tell_waiting(of(id).seed);
    else if (std::holds_alternative<planning::fetch>(action))
        tell_standing(of(id).seed);
    return action;
}

planning::next_action download_state::decline(planning::requester_id id, time_point now, time_point until)
{
    auto const seed = of(id).seed;
    if (plan_.is_finished() || plan_.is_closed(seed) || plan_.is_given_up(seed) || plan_.has_joined())
        return next(id, now);
    auto const look_at = plan_.decline(id, now);
    host_until_[static_cast<std::size_t>(seed)] = until;
    end_turn(now);
    tell_waiting(seed);
    return planning::wait{std::min(until, look_at)};
}

bool download_state::report(planning::requester_id id, progress const& done, time_point now)
{
    auto const go_on = apply(id, done, now);
    end_turn(now);
    return go_on;
}

std::uint64_t
download_state::share(planning::requester_id id, progress const& done, std::uint64_t begun, time_point now)
{
    apply(id, done, now);
    auto const& parts = plan_.parts();
    auto const last = plan_.share(id, parts.at(begun - 1) + 1, now);
    end_turn(now);
    return parts.range_of({last - 1, last}).end();
}

std::optional<std::uint64_t> download_state::secure(planning::requester_id id, time_point now)
{
    auto const last = plan_.secure(id, now);
    now_ = now;
    tell_requesters(); // there is nothing in it to be published
    if (!last)
        return std::nullopt;
    return plan_.parts().range_of({*last - 1, *last}).end();
}

void download_state::judged(
    std::uint32_t piece, planning::finding found, std::span<sha1_hash const> digests, time_point now)
{
    event_queue::batch const at_once(events_);
    auto const told = plan_.judged(piece, found, digests);
    if (told.counted)
    {
        for (auto const seed : told.blamed)
            tell_bad(stats_of(seed), piece);
        for (auto const seed : told.given_up)
            tell_given_up(stats_of(seed), errc::no_correct_data);
        if (told.is_verified)
            for (auto const& [seed, size] : told.from)
                stats_of(seed).bytes_verified += size;
        else if (found == planning::finding::wrong && told.blamed.empty() && !told.from.empty())
        {
            bad_[piece] = urls_of(told.from);
            if (told.from.size() == 1)
                doubt(told.from.front().seed);
        }
        tell_verified({piece, piece + 1});
    }
    end_turn(now);
}

// It is to send a piece once more, of which it has sent everything: perhaps all that was wrong was the order.
void download_state::doubt(planning::seed_id seed)
{
    for (auto const& each : requesters_)
        if (each.seed == seed)
            each.link->doubt();
}

bool download_state::settle(
    planning::requester_id id, progress const& done, result_of_claim const& result, time_point now,
    std::uint64_t random)
{
    apply(id, done, now);
    auto const told = plan_.settle(id, result.outcome, now, random);
    if (told.counted)
        tell_settlement(stats_of(of(id).seed), told, result, now);
    end_turn(now);
    return told.counted;
}

bool download_state::stop(planning::claim_id claim)
{
    auto const holder = plan_.cancel(claim);
    if (holder)
        of(*holder).link->stop(claim);
    return holder.has_value();
}

bool download_state::close_seed(std::string const& key)
{
    auto closed = false;
    for (std::size_t i = 0; i != keys_.size() && !is_concluded_; ++i)
    {
        auto const id = static_cast<planning::seed_id>(i);
        if (keys_[i] != key || plan_.is_closed(id))
            continue;
        closed = true;
        plan_.close_seed(id);
        events_.push(seed_removed{stats_.seeds[i].url});
        stats_.seeds[i].state = seed_state::given_up;
        for (auto const& each : requesters_)
            if (each.seed == id)
                each.link->close();
    }
    if (closed)
    {
        tell_requesters();
        publish();
    }
    return closed;
}

void download_state::close(error_code reason, diagnostics cause)
{
    if (plan_.is_closed() || is_concluded_)
        return;
    plan_.close();
    reason_ = reason;
    cause_ = std::move(cause);
    for (auto const& each : requesters_)
        each.link->close();
    tell_readers();
}

download_state::ending download_state::conclude()
{
    is_concluded_ = true;
    auto how = reason_of_end(); // before: it was ended, though only what isn't wanted any more was left
    plan_.skip_unwanted();
    publish();
    how.known = known();
    how.closed_for = reason_;
    return how;
}

download_state::ending download_state::reason_of_end() const
{
    if (plan_.is_complete())
        return {};
    if (reason_)
        return {reason_, cause_};
    if (!bad_.empty())
    {
        auto const& [piece, url] = *bad_.begin();
        auto cause = describe_bad(piece, url);
        if (bad_.size() > 1)
            cause.message += ", and " + std::to_string(bad_.size() - 1) + " more pieces";
        return {errc::no_correct_data, std::move(cause)};
    }
    if (last_error_)
        return {last_error_, last_cause_};
    diagnostics cause;
    cause.message = "the torrent names no web seed, and no mirror was given";
    return {errc::no_seeds, std::move(cause)};
}

// Counts what came before anything else is decided, whatever the end of it.
void download_state::count(seed_stats& seed, progress const& done)
{
    seed.bytes_received += done.bytes;
    seed.requests += done.requests;
    seed.connections += done.connections;
    stats_.bytes_received += done.bytes;
}

bool download_state::apply(planning::requester_id id, progress const& done, time_point now)
{
    event_queue::batch const at_once(events_);
    auto& requester = of(id);
    auto& seed = stats_of(requester.seed);
    count(seed, done);
    auto const& parts = plan_.parts();
    auto const end = std::max(end_of_stored(done.until), requester.next_part);
    auto const directive = plan_.report(id, end - requester.next_part, done.then_bad);
    requester.next_part = done.then_bad ? parts.of_piece(parts.piece_of(end)).last : end;
    if (!directive.counted)
        return false;
    if (done.then_bad && !requester.is_copying)
        tell_bad(seed, parts.piece_of(end));
    planning::arrival news{done.bytes};
    if (auto const begin = parts.begin_of(requester.next_part); done.until > begin)
        news.into_part = done.until - begin;
    plan_.heard(id, news, now);
    (requester.is_copying ? stats_.bytes_copied : seed.bytes_verified) += tell_verified(directive.verified);
    return directive.go_on;
}

// One past the last part that ends there or before.
std::uint32_t download_state::end_of_stored(std::uint64_t until) const
{
    if (until == 0)
        return 0;
    auto const part = plan_.parts().at(until - 1);
    return plan_.parts().range_of({part, part + 1}).end() <= until ? part + 1 : part;
}

// Returns the bytes of those that are; others have to be fetched again, since the storage hasn't kept all of them, or
// are still to be judged.
std::uint64_t download_state::tell_verified(planning::piece_run run)
{
    std::uint64_t size = 0;
    for (auto piece = run.first; piece != run.last; ++piece)
    {
        if (!plan_.is_verified(static_cast<piece_index>(piece)))
            continue;
        bad_.erase(piece);
        auto const range = layout_.range_of(static_cast<piece_index>(piece));
        for (auto at = range.offset; at != range.end();)
        {
            auto const slice = layout_.slice_at(at, range.end() - at);
            at += slice.size;
            if (--pieces_left_[to_number(slice.file)] == 0 && is_wanted_[to_number(slice.file)])
                events_.push(file_finished{slice.file});
        }
        size += range.size;
    }
    return size;
}

void download_state::tell_bad(seed_stats& seed, std::uint32_t piece)
{
    ++seed.pieces_bad;
    seed.last_error = describe_bad(piece, seed.url);
    bad_[piece] = seed.url;
    events_.push(piece_bad{static_cast<piece_index>(piece), *seed.last_error.file, seed.url});
}

diagnostics download_state::describe_bad(std::uint32_t piece, std::string const& url) const
{
    auto const range = layout_.range_of(static_cast<piece_index>(piece));
    diagnostics cause;
    auto slice = layout_.slice_at(range.offset, range.size);
    if (slice.pad && slice.size < range.size)
        slice = layout_.slice_at(range.offset + slice.size, range.size - slice.size);
    auto const name = slice.pad ? "padding" : std::string(layout_.torrent().files()[to_number(slice.file)].path);
    cause.piece = static_cast<piece_index>(piece);
    cause.file = slice.file;
    cause.url = url;
    cause.message = "piece " + std::to_string(piece) + " (" + name + " at " + std::to_string(slice.offset) +
                    "): wrong bytes from " + url;
    return cause;
}

// Those of which one has sent something wrong.
std::string download_state::urls_of(std::span<planning::verdict::share const> shares) const
{
    std::string urls;
    for (auto const& each : shares)
        urls += (urls.empty() ? "" : " or ") + stats_.seeds[static_cast<std::size_t>(each.seed)].url;
    return urls;
}

void download_state::tell_settlement(
    seed_stats& seed, planning::settlement const& told, result_of_claim const& result, time_point now)
{
    auto const kind = result.outcome.kind;
    auto const is_failure = kind == planning::outcome_kind::failed || kind == planning::outcome_kind::busy ||
                            kind == planning::outcome_kind::file_missing;
    if (is_failure)
    {
        if (kind != planning::outcome_kind::busy)
            ++seed.failures;
        seed.last_error = result.cause;
        last_error_ = result.error;
        last_cause_ = result.cause;
    }
    else if (told.lost_ranges)
        seed.last_error = result.cause; // which is none of its faults
    if (kind == planning::outcome_kind::file_missing || told.is_news)
        note_lacking(static_cast<std::size_t>(&seed - stats_.seeds.data()), result.outcome.file, result.cause);
    if (told.is_news)
        events_.push(file_missing{result.outcome.file, seed.url, result.error, result.cause});
    if (told.gave_up)
    {
        // A seed that isn't asked any more without having failed just now has sent too many wrong pieces.
        auto const has_failed = kind == planning::outcome_kind::failed || kind == planning::outcome_kind::busy;
        tell_given_up(seed, has_failed ? result.error : error_code(errc::no_correct_data));
    }
    else if (told.retry_at)
    {
        seed.state = seed_state::pausing;
        auto const pause = std::chrono::duration_cast<std::chrono::milliseconds>(*told.retry_at - now);
        if (is_failure) // else it was another requester's, who told it
            events_.push(seed_paused{seed.url, result.error, result.cause, pause});
    }
    if (told.gave_up || told.retry_at)
        publish(); // the next turn may be long in coming
}

void download_state::tell_given_up(seed_stats& seed, error_code error)
{
    seed.state = seed_state::given_up;
    events_.push(seed_given_up{seed.url, error, seed.last_error});
}

// Nobody is taken for silent whom we keep from hearing.
planning::plan_options download_state::excusing(planning::plan_options options, hold_ups const* held)
{
    options.is_held_up = [this, held](planning::requester_id id, time_point now) {
        return of(id).link->is_storing() || (held && held->is_held_up(now));
    };
    return options;
}

void download_state::tell_requesters()
{
    for (auto const id : plan_.take_wakes())
        of(id).link->wake();
    for (auto const id : plan_.take_asks())
        of(id).link->ask_to_share();
    for (auto const id : plan_.take_overdue())
    {
        tell_overdue(id);
        stop(id);
    }
    for (auto const id : plan_.take_lent())
        tell_overdue(id);
    for (auto const id : plan_.take_needless())
        stop(id);
    tell_storage();
    tell_readers();
}

void download_state::end_turn(time_point now)
{
    now_ = now;
    tell_requesters();
    if (now - published_at_ < publish_interval && !plan_.is_complete()) // else the next turn may be long in coming
        return;
    published_at_ = now;
    publish();
}

void download_state::publish()
{
    for (std::size_t i = 0; i != stats_.seeds.size(); ++i)
        tell_standing(static_cast<planning::seed_id>(i));
    stats_.pieces_under_way = plan_.claimed_count();
    stats_.pieces = plan_.wanted_count();
    stats_.bytes = plan_.wanted_size();
    stats_.pieces_verified = plan_.verified_count();
    stats_.bytes_verified = plan_.verified_size();
    stats_.bytes_resumed = plan_.resumed_size();
    stats_.bytes_wasted = plan_.wasted_size();
    stats_.bytes_discarded = plan_.discarded_size();
    stats_.claims_shared = plan_.share_count();
    stats_.claims_overdue = plan_.overdue_count();
    stats_.checking = plan_.is_checking();
    stats_.events_lost = events_.lost();
    board_.set(stats_);
}

} // namespace webseed::core
