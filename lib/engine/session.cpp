#include "engine/session.hpp"

#include "engine/check.hpp"
#include "engine/message_of.hpp"
#include "engine/remembering.hpp"
#include "engine/requester.hpp"
#include "http/shown_url.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

planning::plan_options plan_options_of(download_options const& options, storage const& store)
{
    planning::plan_options made;
    made.kept_size_max = store.kept_size_max();
    made.stays = options.stays || made.kept_size_max != 0;
    made.part_size_max = options.part_size_max;
    made.claim_time = options.claim_time;
    made.claim_size_first = options.claim_size_first;
    made.claim_size_max = options.claim_size_max;
    made.claim_size_min = options.claim_size_min;
    made.health.pause_max = options.seed_pause_max;
    made.health.retry_after_max = options.retry_after_max;
    made.health.failure_count_max = options.seed_failure_count_max;
    made.health.bad_piece_count_max = options.seed_bad_piece_count_max;
    return made;
}

// What makes a seed this one and no other; empty for a URL that can't be used.
std::string key_of(std::string const& url)
{
    auto const parsed = http::seed_url::parse(url);
    return parsed ? parsed->full() : std::string();
}

diagnostics just(std::string message)
{
    diagnostics cause;
    cause.message = std::move(message);
    return cause;
}

} // namespace

session::session(
    engine_parts shared, metainfo torrent, std::unique_ptr<storage> into, std::vector<std::string> mirrors,
    download_options options)
    : activity(shared.front)
    , shared_(std::move(shared))
    , layout_(torrent)
    , options_(std::move(options))
    , store_(std::move(into))
    , events_(shared_.front, options_.event_count_max)
    , home_(shared_.crew->next_serial())
    , state_(home_, layout_, plan_options_of(options_, *store_), events_, board_, store_.get(), &held_)
    , parts_{
          layout_, options_, *store_, *shared_.time, *shared_.buffers, state_,
          client_parts_of(shared_, options_), held_,
          *shared_.hosts, shared_.limit, make_limit(options_.rate_max)}
    , group_(home_, [this](std::exception_ptr failure) { fail(failure); })
    , remembering_(home_, [this](std::exception_ptr failure) { fail(failure); })
    , seeds_(seeds_of(torrent, options_, std::move(mirrors)))
{
    for (auto const& seed : seeds_)
        if (auto const parsed = http::seed_url::parse(seed.url))
            names_.try_emplace(parsed->full(), parsed->text());
}

void session::start()
{
    if (!begin())
        return;
    auto const keep_alive = [self = shared_from_this()](std::exception_ptr) {};
    asio::co_spawn(home_, run(), keep_alive);
}

void session::close(error_code reason)
{
    auto const before = retire();
    if (before == phase::fresh)
        end_as({reason, just("closed before it was started")});
    if (before != phase::running)
        return;
    is_closing_ = true;
    state_.post([self = shared_from_this(), reason](download_state& state) {
        state.close(reason, just("closed before all was verified"));
    });
}

error_code session::add_seed(std::string url)
{
    auto const parsed = http::seed_url::parse(url);
    if (!parsed)
        return parsed.error();
    if (has_ended())
        return errc::closed;
    std::lock_guard const lock(names_mutex_);
    if (!names_.try_emplace(parsed->full(), parsed->text()).second)
        return {};
    asio::post(home_, [self = shared_from_this(), url = std::move(url)]() mutable {
        if (self->stage_ == stage::preparing)
            self->seeds_.push_back({std::move(url)});
        else if (self->stage_ == stage::working)
            self->group_.spawn(self->home_, self->serve_late_seed(std::move(url)));
    });
    return {};
}

void session::close_seed(std::string url)
{
    auto const key = key_of(url);
    std::lock_guard const lock(names_mutex_);
    std::vector<std::string> keys;
    for (auto const& [its_key, text] : names_)
        if (its_key == key || text == url)
            keys.push_back(its_key);
    if (has_ended() || keys.empty())
        return;
    for (auto const& each : keys)
        names_.erase(each);
    asio::post(home_, [self = shared_from_this(), keys = std::move(keys)]() mutable {
        if (self->stage_ == stage::preparing)
            std::erase_if(self->seeds_, [&keys](auto const& each) {
                return std::ranges::find(keys, key_of(each.url)) != keys.end();
            });
        else
            self->state_.post([self, keys = std::move(keys)](download_state& state) {
                for (auto const& each : keys)
                    state.close_seed(each);
            });
    });
}

stats session::snapshot() const
{
    return board_.get();
}

asio::awaitable<void> session::run()
{
    diagnostics cause;
    auto error = error_code();
    std::exception_ptr failure;
    try
    {
        error = co_await open(cause);
    }
    catch (...)
    {
        failure = std::current_exception();
    }
    if (failure)
        fail(failure);
    co_await group_.join();
    stage_ = stage::over; // in the turn in which the last one has ended: nobody comes after
    co_await stop_remembering();
    auto conclude = [](download_state& state) { return state.conclude(); };
    auto how = co_await state_.with(conclude);
    if (failure && !how.error) // though nothing was wanted
    {
        how.error = errc::internal;
        how.cause = just(message_of(failure));
    }
    if (is_open_)
        error = co_await leave_storage(!how.error, how.known, cause);
    if (error && !how.error)
    {
        if (cause.message.empty())
            cause.message = "the storage: " + error.message();
        how.error = error;
        how.cause = cause;
    }
    end_as(std::move(how));
}

// Opens the storage, and starts everybody. Errors: the storage's.
asio::awaitable<error_code> session::open(diagnostics& cause)
{
    auto const stored = co_await store_->open(cause);
    if (!stored)
    {
        if (cause.message.empty())
            cause.message = "opening the storage: " + stored.error().message();
        auto close = [error = stored.error(), cause](download_state& state) {
            state.close(error, cause);
            return true;
        };
        co_await state_.with(std::move(close));
        co_return stored.error();
    }
    is_open_ = true;
    auto const recalled = co_await store_->recall();
    auto const unchecked = whole_pieces(layout_, *stored);
    auto take_stock = [&recalled, &unchecked](download_state& state) {
        if (recalled)
            state.trust(*recalled);
        for (auto const run : unchecked)
            state.withhold(run);
        state.begin_check();
        return state.plan().is_checking();
    };
    auto const is_checking = co_await state_.with(take_stock);
    if (recalled)
        start_remembering();
    stage_ = stage::working; // from here on, seeds that come or go do so behind those that are made known now
    auto seeds = prepare_seeds(seeds_);
    co_await make_known(seeds);
    // Those that are probably there come first to what all share: names to be looked up, requests, pieces.
    for (auto const& seed : seeds)
        if (!seed.known.was_dead)
            start_seed(seed);
    for (auto const& seed : seeds)
        if (seed.known.was_dead)
            start_seed(seed);
    if (options_.stays || store_->kept_size_max() != 0)
    {
        auto link = std::make_shared<requester_link>(shared_.crew->next_serial());
        group_.spawn(link->executor(), stay(link), link->slot());
    }
    are_seeds_known_ = true;
    take_reads();
    if (is_checking)
        for (std::size_t i = 0; i != shared_.crew->count(); ++i)
            group_.spawn(shared_.crew->next_serial(), check_stored(parts_, is_closing_));
    co_return error_code();
}

// Not where the state is, if there is another worker: syncing takes long, and the requesters want to go on meanwhile.
void session::start_remembering()
{
    remembers_ = true;
    remembers_on_ = shared_.crew->next_serial();
    if (remembers_on_ == home_)
        remembers_on_ = shared_.crew->next_serial();
    auto task = keep_remembering(parts_, end_of_remembering_, is_remembered_);
    remembering_.spawn(remembers_on_, std::move(task), end_of_remembering_.slot());
}

asio::awaitable<void> session::stop_remembering()
{
    if (!remembers_)
        co_return;
    is_remembered_ = true;
    asio::post(remembers_on_, [self = shared_from_this()] { self->end_of_remembering_.ring(); });
    co_await remembering_.join();
}

// The first failure counts; the storage is closed whatever happens.
asio::awaitable<error_code> session::leave_storage(bool is_complete, known_content known, diagnostics& cause)
{
    auto first_error = error_code();
    try
    {
        if (is_complete)
            first_error = co_await store_->complete(cause);
        if (remembers_)
            co_await store_->remember(std::move(known));
        diagnostics second_cause;
        auto const error = co_await store_->close(second_cause);
        if (!first_error && error)
        {
            first_error = error;
            cause = second_cause;
        }
    }
    catch (...)
    {
        first_error = errc::internal;
        cause = just(message_of(std::current_exception()));
    }
    co_return first_error;
}

// A script is asked by the v1 info-hash: without one the URL can only be files'.
std::vector<session::named_seed>
session::seeds_of(metainfo const& torrent, download_options const& options, std::vector<std::string> mirrors)
{
    std::vector<named_seed> seeds;
    if (options.use_torrent_seeds)
        for (auto const& url : torrent.web_seeds())
            seeds.push_back({url, false});
    for (auto const& url : options.more_torrent_seeds)
        seeds.push_back({url, false});
    for (auto const& url : mirrors)
        seeds.push_back({url});
    if (options.use_torrent_seeds)
        for (auto const& url : torrent.http_seeds())
            seeds.push_back({url, false, torrent.infohash_v1() ? seed_kind::hoffman : seed_kind::getright});
    // What the user names, too, he trusts, whoever else names it.
    std::set<std::string> named;
    for (auto const& url : mirrors)
        named.insert(key_of(url));
    for (auto& seed : seeds)
        seed.is_named_by_user = named.contains(key_of(seed.url));
    return seeds;
}

std::vector<session::prepared_seed> session::prepare_seeds(std::vector<named_seed> const& named)
{
    std::vector<prepared_seed> seeds;
    for (auto const& [url, is_named_by_user, kind] : named)
    {
        auto& seed = seeds.emplace_back();
        auto parsed = http::seed_url::parse(url);
        if (!parsed)
        {
            seed.text = http::without_credentials(url);
            seed.refusal = parsed.error();
            continue;
        }
        seed.key = parsed->full();
        seed.text = parsed->text();
        auto server = shared_.servers->at(parsed->where());
        seed.known = hints_of(*server);
        seed.seed = std::make_shared<web_seed>(
            std::move(*parsed), kind, is_named_by_user, options_.seed_rate_max, std::move(server));
        for (unsigned i = 0; i != std::max(1u, options_.requesters_per_seed); ++i)
            seed.links.push_back(std::make_shared<requester_link>(shared_.crew->next_serial()));
    }
    return seeds;
}

// Where a limit holds, the rate is what that makes of it.
planning::seed_hints session::hints_of(server_record const& server) const
{
    auto const known = server.get();
    auto const is_limited = shared_.limit || options_.rate_max != 0 || options_.seed_rate_max != 0;
    return {.rate = is_limited ? 0 : known.rate, .was_dead = known.was_dead};
}

// In one turn, so that the plan knows all of them before the first asks, or before one of them goes: each gets its
// share, and nobody is taken for the last one.
asio::awaitable<void> session::make_known(std::vector<prepared_seed>& seeds)
{
    auto add = [&seeds](download_state& state) {
        for (auto& seed : seeds)
        {
            if (seed.refusal)
                state.refuse_seed(seed.text, seed.refusal);
            else
                seed.ids = state.add_seed(seed.key, seed.text, seed.links, seed.known);
        }
        return true;
    };
    co_await state_.with(add);
}

void session::start_seed(prepared_seed const& seed)
{
    for (std::size_t i = 0; i != seed.ids.size(); ++i)
    {
        auto const& link = seed.links[i];
        auto made = std::make_unique<requester>(parts_, seed.ids[i], link, seed.seed);
        group_.spawn(link->executor(), run_requester(std::move(made)), link->slot());
    }
}

asio::awaitable<void> session::serve_late_seed(std::string url)
{
    std::vector<named_seed> named;
    named.push_back({std::move(url)});
    auto seeds = prepare_seeds(named);
    co_await make_known(seeds);
    start_seed(seeds.front());
}

// A coroutine of ours threw: an invariant is broken, and the download can't be trusted to go on.
void session::fail(std::exception_ptr failure)
{
    is_closing_ = true;
    state_.post([self = shared_from_this(), message = message_of(failure)](download_state& state) {
        state.close(errc::internal, just(message));
    });
}

void session::end_as(download_state::ending how)
{
    ending_.set(std::move(how));
    end_reads();
    events_.close();
    end();
}

} // namespace webseed::core
