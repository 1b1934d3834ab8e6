#include "sim/verdict.hpp"

#include "plan/parts.hpp"
#include "torrent/layout.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <numeric>

namespace webseed::test::sim {

using namespace std::chrono_literals;
using kind = interference::kind;

namespace {

class judgement
{
public:
    judgement(
        scenario const& what, interference const& how, site const& content, platter const& disk, facts const& seen)
        : what_(what)
        , how_(how)
        , site_(content)
        , disk_(disk)
        , seen_(seen)
        , layout_(content.torrent)
        , twins_(layout_)
        , parts_(layout_, twins_, what.options.part_size_max)
        , failures_(seen.failures)
    {}

    std::vector<std::string> run()
    {
        check_leaks();
        if (seen_.was_destroyed)
            return failures_;
        require(seen_.completions == 1, "async_run() completed " + std::to_string(seen_.completions) + " times");
        require(seen_.stops == seen_.stops_begun, "async_stop() didn't complete once");
        require(seen_.open_storages == 0, "the storage was not closed");
        require(is_explained(), "ended without a cause: " + seen_.error.message());
        require(
            !seen_.error || !seen_.diagnosis.message.empty() || how_.what == kind::drop, "no diagnosis for the error");
        check_content();
        check_time();
        check_requests();
        check_manners();
        check_rates();
        if (what_.name == "faultless")
            check_faultless();
        if (what_.name == "each")
            require(
                seen_.is_complete() && sum(&mirror::account::faults) != 0, "didn't complete, or nothing went wrong");
        return failures_;
    }

private:
    void require(bool holds, std::string what)
    {
        if (!holds)
            failures_.push_back(std::move(what));
    }

    template <class Member>
    std::uint64_t sum(Member member) const
    {
        std::uint64_t total = 0;
        for (auto const& each : seen_.mirrors)
            total += each.account.*member;
        return total;
    }

    bool was_removed(std::string const& host) const
    {
        return std::ranges::find(seen_.removed, host) != seen_.removed.end();
    }
    facts::mirror_facts const* honest() const
    {
        facts::mirror_facts const* slowest = nullptr;
        for (auto const& each : seen_.mirrors)
            if (each.manner.is_honest() && !was_removed(each.manner.host) &&
                (!slowest || each.manner.rate < slowest->manner.rate))
                slowest = &each;
        return slowest;
    }
    bool must_complete() const
    {
        return honest() && !seen_.was_ended && !seen_.disk_failed && how_.what != kind::throw_in_seam;
    }

    void check_leaks()
    {
        require(seen_.live_streams == 0, std::to_string(seen_.live_streams) + " streams are left");
        require(seen_.storages == 0, "the storage is left");
        require(seen_.open_files == 0, std::to_string(seen_.open_files) + " files are left open");
    }

    bool is_explained() const
    {
        auto const error = seen_.error;
        if (!error)
            return true;
        if (error == errc::closed || error == asio::error::operation_aborted)
            return seen_.was_ended;
        if (error == errc::internal)
            return how_.what == kind::throw_in_seam;
        if (error == errc::disk_full || error == errc::storage_failed)
            return seen_.disk_failed;
        if (seen_.disk_failed && error.category() == boost::system::system_category())
            return true;
        if (must_complete())
            return false;
        if (error == errc::no_correct_data)
            return sum(&mirror::account::bad_bytes) != 0;
        if (error == errc::no_seeds)
            return !seen_.removed.empty();
        if (error == errc::overloaded)
            return std::ranges::any_of(seen_.mirrors, [](auto const& each) { return each.account.was_busy; });
        if (error == errc::not_found || error == errc::unauthorized)
            return std::ranges::any_of(seen_.mirrors, [](auto const& each) { return each.account.was_missing; });
        return sum(&mirror::account::faults) != 0 || how_.what == kind::throw_in_seam;
    }

    void check_content()
    {
        std::uint32_t wanted = 0;
        std::uint32_t right = 0;
        std::uint64_t size = 0;
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
        {
            if (!site_.is_wanted_piece(i))
                continue;
            auto const range = layout_.range_of(static_cast<piece_index>(i));
            ++wanted;
            size += range.size;
            right += disk_.is_right(site_, range) ? 1 : 0;
        }
        for (auto const& file : site_.torrent.files())
            require(
                file.pad || site_.is_wanted(file) || disk_.is_untouched(file),
                std::string(file.path) + " isn't wanted, and was touched");
        if (seen_.last)
            require(
                right >= seen_.last->pieces_verified, std::to_string(seen_.last->pieces_verified) +
                                                          " pieces are said to be verified, " + std::to_string(right) +
                                                          " are right");
        if (!seen_.is_complete())
            return;
        require(right == wanted, "complete, but not right");
        for (auto const& file : site_.torrent.files())
        {
            if (!site_.is_wanted(file))
                continue;
            auto const stored = disk_.content_of(file);
            require(stored.has_value() && stored->size() == file.size, std::string(file.path) + " has the wrong size");
        }
        if (seen_.last)
            require(
                seen_.last->pieces == wanted && seen_.last->pieces_verified == wanted && seen_.last->bytes == size &&
                    seen_.last->bytes_verified == size && !seen_.last->checking,
                "complete, but the figures say otherwise");
    }

    // While one honest mirror is there, nobody else can hold things up for longer than this.
    duration time_bound() const
    {
        if (!must_complete())
            return 48h;
        auto const& best = *honest();
        auto const requests = static_cast<std::int64_t>(layout_.piece_count() + site_.torrent.files().size());
        auto const size = static_cast<double>(layout_.torrent().total_size());
        auto const hops = best.manner.redirect_percent == 0 ? 3 : 9;
        auto bound = 1min + 4 * (hops * requests * best.manner.latency + seconds(size / rate_of(best.manner)));
        bound += 2 * best.account.wished + best.account.refused * 30s;
        auto const claim = static_cast<double>(std::max(what_.options.claim_size_first, what_.options.claim_size_max));
        for (auto const& each : seen_.mirrors)
            bound +=
                what_.options.requesters_per_seed * (2min + seconds(2 * std::min(claim, size) / rate_of(each.manner)));
        return bound;
    }
    // What is left to a mirror of the limits that hold for all.
    double rate_of(mirror_manner const& mirror) const
    {
        auto rate = static_cast<double>(mirror.rate);
        auto const count = static_cast<double>(what_.mirrors.size());
        if (what_.options.seed_rate_max != 0)
            rate = std::min(rate, static_cast<double>(what_.options.seed_rate_max));
        for (auto const shared : {what_.options.rate_max, what_.engine_rate_max})
            if (shared != 0)
                rate = std::min(rate, static_cast<double>(shared) / count);
        return rate;
    }
    static duration seconds(double count)
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(count));
    }

    void check_time()
    {
        auto slept = duration{};
        for (auto const& one : what_.actions)
            if (one.what == action::kind::sleep)
                slept += std::chrono::seconds(one.which) + 1min;
        auto const bound = time_bound() + slept + seen_.storage_time;
        require(
            seen_.elapsed <= bound,
            "took " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(seen_.elapsed).count()) +
                " s of at most " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(bound).count()));
    }

    // What was asked for behind a request that is sent elsewhere is asked for again.
    std::uint64_t repeated_for_redirects() const
    {
        return std::min(sum(&mirror::account::redirected), sum(&mirror::account::ahead));
    }

    // Every request beyond one for each slice of each part is owed to something that went wrong.
    void check_requests()
    {
        std::uint64_t slices = 0;
        std::uint64_t slices_max = 1; // of a piece
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
        {
            if (!site_.is_wanted_piece(i))
                continue;
            std::uint64_t count = 0;
            for (auto part = parts_.of_piece(i); !part.empty(); ++part.first)
                count += layout_.slices(parts_.range_of({part.first, part.first + 1})).size();
            slices += count;
            slices_max = std::max(slices_max, count);
        }
        auto const requesters = what_.options.requesters_per_seed;
        auto wrong = sum(&mirror::account::faults) + sum(&mirror::account::varied) + seen_.removed.size() * requesters +
                     static_cast<std::uint64_t>(seen_.sleeps) * requesters * seen_.mirrors.size();
        if (how_.what == kind::throw_in_seam)
            ++wrong;
        if (seen_.last)
            wrong += seen_.last->claims_overdue; // each is begun anew
        for (std::size_t i = 0; seen_.last && i != seen_.last->seeds.size(); ++i)
            check_seed(seen_.last->seeds[i], wrong);
        wrong += repeated_for_redirects() + seen_.wrong_begun;
        auto const probes = sum(&mirror::account::probes);
        require(
            probes <= (1 + wrong) * requesters * seen_.mirrors.size(),
            std::to_string(probes) + " times a file server was asked as a script");
        auto const requests = sum(&mirror::account::requests) - probes - sum(&mirror::account::redirected);
        require(
            requests <= slices + slices_max * wrong, std::to_string(requests) + " requests for " +
                                                         std::to_string(slices) + " slices, though only " +
                                                         std::to_string(wrong) + " things went wrong");
    }

    // What mirrors saw that they must not see, and how often they had to say that it is too much.
    void check_manners()
    {
        for (auto const& each : seen_.mirrors)
        {
            // What a requester is stopped before it has read was never heard.
            if (!seen_.last || seen_.last->claims_overdue == 0)
                require(
                    each.account.hurried <= each.account.cut_off,
                    each.manner.host + ": is asked though it said that it is to be left alone");
            for (auto const& complaint : each.account.complaints)
                require(false, complaint);
            auto const minutes = static_cast<std::uint64_t>(seen_.elapsed / 1min);
            require(
                each.account.refused <= 12 + minutes,
                each.manner.host + ": had to refuse " + std::to_string(each.account.refused) + " requests");
        }
    }

    // No limit of the rate is passed by more than what each requester reads at once, or reads of what turns out to be
    // of no use; and no more of the past is made up for than a moment.
    void check_rates()
    {
        if (!seen_.last)
            return;
        auto const requesters = what_.options.requesters_per_seed;
        auto const& all = *seen_.last;
        check_rate(what_.engine_rate_max, all.bytes_received, requesters * what_.mirrors.size(), "the engine");
        check_rate(what_.options.rate_max, all.bytes_received, requesters * what_.mirrors.size(), "the download");
        for (auto const& each : all.seeds)
            check_rate(what_.options.seed_rate_max, each.bytes_received, requesters, each.url);
    }
    void check_rate(std::uint64_t rate, std::uint64_t received, std::uint64_t requesters, std::string const& who)
    {
        if (rate == 0)
            return;
        auto const seconds = std::chrono::duration<double>(seen_.ended + 50ms).count();
        auto const quantum = std::clamp<std::uint64_t>(rate / 20, 512, 256u << 10);
        auto const most = static_cast<std::uint64_t>(static_cast<double>(rate) * seconds) +
                          quantum * (requesters + sum(&mirror::account::faults)) + sum(&mirror::account::page_bytes);
        require(
            received <= most,
            who + " received " + std::to_string(received) + " bytes, and its limit allows for " + std::to_string(most));
    }

    void check_seed(seed_stats const& told, std::uint64_t& wrong)
    {
        wrong += told.pieces_bad;
        for (auto const& each : seen_.mirrors)
        {
            auto bare = each.manner;
            bare.has_login = false;
            if (told.url != bare.url())
                continue;
            auto const& account = each.account;
            auto const thrown = how_.what == kind::throw_in_seam ? 1u : 0u;
            require(
                told.failures <= account.faults + account.varied + thrown + static_cast<unsigned>(seen_.sleeps) * 8,
                told.url + ": " + std::to_string(told.failures) + " failures, but " + std::to_string(account.faults) +
                    " faults");
            require(told.pieces_bad <= account.bad_bytes, told.url + ": is blamed for wrong bytes that it didn't send");
        }
    }

    // Every byte is asked for once, and nothing is ever tried again.
    void check_faultless()
    {
        require(!seen_.error && seen_.last, "nothing was wrong, and it didn't complete");
        if (!seen_.last)
            return;
        std::uint64_t wanted = 0;
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
            if (site_.is_wanted_piece(i))
                for (auto const& slice : layout_.slices(layout_.range_of(static_cast<piece_index>(i))))
                    wanted += slice.pad ? 0 : slice.size;
        std::uint64_t copied = 0;
        for (std::uint32_t i = 0; i != site_.torrent.files().size(); ++i)
        {
            auto const& file = site_.torrent.files()[i];
            if (!site_.is_twin(file))
                continue;
            wanted -= file.size;
            copied += layout_.size_of(layout_.pieces_of(file_index{i})); // a hybrid's padding, too
        }
        require(seen_.last->bytes_copied == copied, "not every equal file was copied");
        auto const helped = seen_.last->claims_shared + seen_.last->claims_overdue;
        auto const asked = sum(&mirror::account::bytes_asked);
        auto const received =
            seen_.last->bytes_received - sum(&mirror::account::padding) - sum(&mirror::account::page_bytes);
        auto const is_repeated = helped + repeated_for_redirects() != 0;
        require(is_repeated || asked == wanted, "not every byte was asked for exactly once");
        require(is_repeated || received == wanted, "not every byte was received exactly once");
        require(asked >= wanted, "not every byte was asked for");
        require(seen_.last->bytes_wasted == 0, "something was wasted");
        for (auto const& seed : seen_.last->seeds)
            require(
                seed.failures == 0 && seed.pieces_bad == 0 && seed.state == seed_state::ready &&
                    seed.connections <= helped + what_.options.requesters_per_seed + sum(&mirror::account::probes) +
                                            2 * sum(&mirror::account::redirected),
                seed.url + ": something failed");
    }

    scenario const& what_;
    interference const& how_;
    site const& site_;
    platter const& disk_;
    facts const& seen_;
    torrent::layout layout_;
    planning::twins twins_;
    planning::parts parts_;
    std::vector<std::string> failures_;
};

} // namespace

scenario recovery_of(scenario const& what)
{
    auto made = what;
    made.name = "recovery";
    mirror_manner good;
    good.host = "good";
    made.mirrors = {good};
    made.disk = {};
    made.disk.remember_every = what.disk.remember_every;
    made.actions.clear();
    return made;
}

void facts::check_file(site const& content, platter const& disk, file_index file)
{
    auto const& entry = content.torrent.files()[to_number(file)];
    if (!content.is_wanted(entry))
        failures.push_back(std::string(entry.path) + " is said to be finished, and isn't wanted");
    if (!disk.is_right(content, {entry.offset, entry.size}))
        failures.push_back(std::string(entry.path) + " is said to be finished, and isn't right");
}

void facts::check_stats(stats const& now)
{
    if (now.pieces_verified > now.pieces || now.bytes_verified > now.bytes ||
        now.bytes_kept + now.bytes_copied > now.bytes_verified || now.bytes_trusted > now.bytes_kept ||
        now.bytes_resumed > now.bytes)
        failures.push_back("figures that can't be");
    for (auto const& each : now.seeds)
    {
        check_text(each.url);
        check_text(each.last_error);
    }
}

void facts::check_recalled(site const& content, platter const& disk, known_content const& known)
{
    torrent::layout const pieces(content.torrent);
    auto range = known.begun.begin();
    for (std::uint32_t i = 0; i != known.verified.size(); ++i)
    {
        auto const piece = pieces.range_of(static_cast<piece_index>(i));
        if (known.verified[i] && !disk.is_right(content, piece))
            failures.push_back("piece " + std::to_string(i) + " is recalled as verified, and isn't right");
        auto is_wrong = false;
        for (; range != known.begun.end() && range->offset < piece.end(); ++range)
        {
            auto const first = std::max(range->offset, piece.offset);
            auto const end = std::min(range->end(), piece.end());
            is_wrong = is_wrong || (first < end && !disk.is_right(content, {first, end - first}));
            if (range->end() > piece.end())
                break; // the rest is of the next one
        }
        wrong_begun += is_wrong ? 1 : 0;
    }
}

void facts::check_text(std::string const& text)
{
    if (text.find(mirror_manner::secret) != text.npos)
        failures.push_back("a secret is told: " + text);
}

void facts::check_text(diagnostics const& told)
{
    check_text(told.message);
    check_text(told.url);
}

void facts::check_event(event const& happened)
{
    auto const look = [this](auto const& each) {
        if constexpr (requires { each.seed_url; })
            check_text(each.seed_url);
        if constexpr (requires { each.cause; })
            check_text(each.cause);
    };
    std::visit(look, happened);
}

std::vector<std::string>
judge(scenario const& what, interference const& how, site const& content, platter const& disk, facts const& seen)
{
    return judgement(what, how, content, disk, seen).run();
}

// Two buffers for each requester (one to read into, one to decode into), little else of the engine's; and what the
// simulated world itself needs, of which whole responses are the most.
std::int64_t memory_bound(scenario const& what)
{
    std::uint64_t size = 0;
    for (auto const& file : what.files)
        size += file.size + (what.format == torrent_format::v1 ? 0 : what.piece_length);
    auto const requesters = what.mirrors.size() * what.options.requesters_per_seed;
    return static_cast<std::int64_t>((4u << 20) + requesters * ((2u << 18) + (64u << 10) + 4 * size) + 8 * size);
}

} // namespace webseed::test::sim
