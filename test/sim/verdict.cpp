#include "sim/verdict.hpp"

#include "sim/expectation.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <numeric>

namespace webseed::test::sim {

using namespace std::chrono_literals;
using kind = interference::kind;

namespace {

// So often a mirror may have to say that it is too much, and once more each minute: while it is found out how many
// requests at once it likes, who is refused and who was served meanwhile are both too many.
constexpr std::uint64_t refused_max = 16;

class judgement
{
public:
    /// @param number  of the download among all.
    judgement(std::vector<case_of_one> const& all, std::size_t number, interference const& how)
        : all_(all)
        , what_(all[number].what)
        , how_(how)
        , seen_(all[number].seen)
        , expected_(all[number])
        , number_(number)
        , failures_(seen_.failures)
    {}

    std::vector<std::string> run()
    {
        check_leaks();
        if (seen_.was_destroyed || !seen_.has_begun)
            return failures_;
        require(seen_.completions == 1, "async_run() completed " + std::to_string(seen_.completions) + " times");
        require(seen_.questions == 0, std::to_string(seen_.questions) + " questions weren't answered");
        require(seen_.stops == seen_.stops_begun, "async_stop() didn't complete once");
        require(seen_.run.open_storages == 0, "the storage was not closed");
        require(is_explained(), "ended without a cause: " + seen_.error.message());
        require(
            !seen_.error || !seen_.diagnosis.message.empty() || how_.what == kind::drop, "no diagnosis for the error");
        for (auto& each : check_content(own(), how_))
            failures_.push_back(std::move(each));
        check_time();
        check_requests();
        check_manners();
        check_rates();
        if (number_ == 0)
            check_engine();
        if (what_.name == "each")
            require(
                seen_.is_complete() && sum(&mirror::account::faults) != 0, "didn't complete, or nothing went wrong");
        return failures_;
    }

private:
    case_of_one const& own() const { return all_[number_]; }
    engine_manner const& limits() const { return all_.front().what.engine; }
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
        require(seen_.run.live_streams == 0, std::to_string(seen_.run.live_streams) + " streams are left");
        require(seen_.run.storages == 0, "the storage is left");
        require(seen_.open_files == 0, std::to_string(seen_.open_files) + " files are left open");
    }

    bool is_explained() const
    {
        auto const error = seen_.error;
        if (!error)
            return true;
        if (error == errc::closed || error == asio::error::operation_aborted)
            return seen_.was_ended || seen_.is_closed_at_rest();
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

    // While one honest mirror is there, nobody else can hold things up for longer than this; but for the storage, and
    // other downloads.
    duration time_bound() const
    {
        if (!must_complete())
            return 48h;
        auto const& best = *honest();
        auto const requests = static_cast<std::int64_t>(expected_.slices() + own().content.torrent.files().size());
        auto const size = static_cast<double>(expected_.bytes());
        auto const hops = best.manner.redirect_percent == 0 ? 3 : 9;
        auto bound = 1min + 4 * (hops * requests * best.manner.latency + seconds(size / rate_of(best.manner)));
        bound += 2 * best.account.wished + best.account.refused * 30s;
        auto const claim = static_cast<double>(std::max(what_.options.claim_size_first, what_.options.claim_size_max));
        for (auto const& each : seen_.mirrors)
            bound +=
                what_.options.requesters_per_seed * (2min + seconds(2 * std::min(claim, size) / rate_of(each.manner)));
        return bound + slept();
    }
    duration slept() const
    {
        auto sum = duration{};
        for (auto const& one : what_.actions)
            if (one.what == action::kind::sleep)
                sum += std::chrono::seconds(one.which) + 1min;
        return sum;
    }
    // What is left to a mirror of the limits that hold for all.
    double rate_of(mirror_manner const& mirror) const
    {
        auto rate = static_cast<double>(mirror.rate);
        if (what_.options.seed_rate_max != 0)
            rate = std::min(rate, static_cast<double>(what_.options.seed_rate_max));
        if (what_.options.rate_max != 0)
            rate = std::min(rate, static_cast<double>(what_.options.rate_max) / static_cast<double>(seed_count(own())));
        std::size_t count = 0;
        for (auto const& each : all_)
            count += seed_count(each);
        if (limits().rate_max != 0)
            rate = std::min(rate, static_cast<double>(limits().rate_max) / static_cast<double>(count));
        return rate;
    }
    static std::size_t seed_count(case_of_one const& of) { return of.what.mirrors.size(); }
    static duration seconds(double count)
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(count));
    }

    // Whether others can keep it from asking its mirrors: they have one of its hosts, or there is a limit for all.
    bool is_kept_waiting() const
    {
        auto const has_host = [this](mirror_manner const& mirror) {
            return std::ranges::any_of(what_.mirrors, [&](auto const& own) { return own.host == mirror.host; });
        };
        return std::ranges::any_of(all_, [&](case_of_one const& each) {
            return &each != &own() && (limits().requests_max != 0 || std::ranges::any_of(each.what.mirrors, has_host));
        });
    }

    // However long another download's storage takes: that is waited for only where requests are.
    void check_time()
    {
        auto bound = time_bound() + seen_.storage_time;
        for (std::size_t i = 0; i != all_.size(); ++i)
        {
            judgement const other(all_, i, how_);
            if (&all_[i] != &own())
                bound += is_kept_waiting() ? other.time_bound() + all_[i].seen.storage_time : other.slept();
        }
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
        auto const requesters = what_.options.requesters_per_seed;
        auto wrong = sum(&mirror::account::faults) + sum(&mirror::account::varied) + seen_.removed.size() * requesters +
                     static_cast<std::uint64_t>(seen_.run.sleeps) * requesters * seen_.mirrors.size();
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
            requests <= expected_.slices() + expected_.slices_max() * wrong,
            std::to_string(requests) + " requests for " + std::to_string(expected_.slices()) + " slices, though only " +
                std::to_string(wrong) + " things went wrong");
    }

    // What mirrors saw that they must not see, and how often they had to say that it is too much.
    void check_manners()
    {
        for (auto const& each : seen_.mirrors)
        {
            // What a requester is stopped before it has read was never heard; nor was, for a while, what isn't read
            // because too much is on its way to a slow storage.
            auto const may_be_deaf = what_.disk.operation_time != duration{} && seen_.run.is_crowded;
            if (!may_be_deaf && (!seen_.last || seen_.last->claims_overdue == 0))
                require(
                    each.account.hurried <= each.account.cut_off,
                    each.manner.host + ": is asked though it said that it is to be left alone");
            for (auto const& complaint : each.account.complaints)
                require(false, complaint);
            auto const minutes = static_cast<std::uint64_t>(seen_.elapsed / 1min);
            require(
                each.account.refused <= refused_max + minutes,
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
        check_rate(what_.options.rate_max, all.bytes_received, requesters * what_.mirrors.size(), "the download");
        for (auto const& each : all.seeds)
            check_rate(what_.options.seed_rate_max, each.bytes_received, requesters, each.url);
    }
    void check_rate(std::uint64_t rate, std::uint64_t received, std::uint64_t requesters, std::string const& who)
    {
        require_rate(rate, received, requesters, who, seen_.ended, extra_bytes());
    }
    // That came in reads of what turned out to be of no use.
    struct extra
    {
        std::uint64_t reads = 0;
        std::uint64_t bytes = 0;
    };
    extra extra_bytes() const { return {sum(&mirror::account::faults), sum(&mirror::account::page_bytes)}; }
    void require_rate(
        std::uint64_t rate, std::uint64_t received, std::uint64_t requesters, std::string const& who, duration time,
        extra more)
    {
        if (rate == 0)
            return;
        auto const seconds = std::chrono::duration<double>(time + 50ms).count();
        auto const quantum = std::clamp<std::uint64_t>(rate / 20, 512, 256u << 10);
        auto const most = static_cast<std::uint64_t>(static_cast<double>(rate) * seconds) +
                          quantum * (requesters + more.reads) + more.bytes;
        require(
            received <= most,
            who + " received " + std::to_string(received) + " bytes, and its limit allows for " + std::to_string(most));
    }

    // What all downloads share.
    void check_engine()
    {
        std::uint64_t received = 0;
        std::uint64_t requesters = 0;
        std::uint64_t requesters_max = 0; // of a seed
        std::uint64_t buffered = 0;
        int internal = 0;
        extra more;
        auto is_any_odd = false; // bytes that come in other buffers
        for (std::size_t i = 0; i != all_.size(); ++i)
        {
            judgement const one(all_, i, how_);
            auto const per_seed = std::uint64_t{one.what_.options.requesters_per_seed};
            received += one.seen_.last ? one.seen_.last->bytes_received : 0;
            requesters += per_seed * one.what_.mirrors.size();
            requesters_max = std::max(requesters_max, per_seed);
            buffered = std::max(buffered, one.seen_.buffered_most);
            internal += one.seen_.error == errc::internal ? 1 : 0;
            more.reads += one.extra_bytes().reads;
            more.bytes += one.extra_bytes().bytes;
            is_any_odd = is_any_odd || !one.what_.disk.stored.empty() || one.is_anything_chunked();
        }
        require(internal <= 1, "what one download met has ended several");
        require_rate(limits().rate_max, received, requesters, "the engine", seen_.run.elapsed, more);
        // Who sends on what isn't right any more is asked for something else meanwhile.
        auto const unheard = more.reads != 0 ? 1u : 0u;
        auto const at_host = limits().host_requests_max != 0 ? limits().host_requests_max : requesters_max;
        require(
            limits().requests_max == 0 || seen_.run.most_under_way <= limits().requests_max + unheard,
            std::to_string(seen_.run.most_under_way) + " requests were under way at once");
        require(
            seen_.run.most_at_one_host <= at_host + unheard,
            std::to_string(seen_.run.most_at_one_host) + " requests were under way at one host at once");
        auto const buffers = std::max<std::uint64_t>(limits().buffered_size_max, 512u << 10);
        require(
            buffered <= buffers + (is_any_odd ? (requesters + 2 * all_.size()) * (256u << 10) : 0),
            std::to_string(buffered) + " bytes were on their way at once");
    }
    bool is_anything_chunked() const
    {
        return std::ranges::any_of(what_.mirrors, [](mirror_manner const& each) {
            return each.variation_percent + each.wrong_percent != 0 || each.speaks != speech::files;
        });
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
                told.failures <= account.faults + account.varied + thrown + static_cast<unsigned>(seen_.run.sleeps) * 8,
                told.url + ": " + std::to_string(told.failures) + " failures, but " + std::to_string(account.faults) +
                    " faults");
            require(told.pieces_bad <= account.bad_bytes, told.url + ": is blamed for wrong bytes that it didn't send");
        }
    }

    std::vector<case_of_one> const& all_;
    scenario const& what_;
    interference const& how_;
    facts const& seen_;
    expectation expected_;
    std::size_t number_;
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
    made.readers.clear();
    made.others.clear();
    made.engine = {};
    made.options.stays = false;
    return made;
}

void facts::check_file(site const& content, platter const& disk, file_index file)
{
    auto const& entry = content.torrent.files()[to_number(file)];
    if (!content.is_wanted(entry) && entry.size == 0)
        return; // it is made at the end
    if (!content.is_wanted(entry) && !disk.is_touchable(entry))
        failures.push_back(std::string(entry.path) + " is said to be finished, and isn't wanted");
    if (!disk.holds(content, entry, 0, entry.size))
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

// Which is the origins alone, and what could be measured.
void facts::check_known(std::vector<known_server> const& known)
{
    for (auto const& each : known)
    {
        check_text(each.origin);
        auto const host = each.origin.find("://");
        if (host == each.origin.npos || each.origin.find_first_of("/?@#", host + 3) != each.origin.npos)
            failures.push_back("more than an origin is told: " + each.origin);
        if (!(each.rate >= 0 && each.rate < 1e12))
            failures.push_back("figures of " + each.origin + " that can't be");
    }
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

std::vector<std::vector<std::string>> judge(std::vector<case_of_one> const& all, interference const& how)
{
    using enum kind;
    auto const is_of_first = how.what == cancel || how.what == close || how.what == close_mirror ||
                             how.what == fail_file_call || how.what == fail_file_calls;
    interference const nothing;
    std::vector<std::vector<std::string>> failures;
    for (std::size_t i = 0; i != all.size(); ++i)
        failures.push_back(judgement(all, i, i != 0 && is_of_first ? nothing : how).run());
    return failures;
}

// Two buffers for each requester (one to read into, one to decode into), little else of the engine's; what readers wait
// for; and what the simulated world itself needs, of which whole responses are the most.
std::int64_t memory_bound(scenario const& what)
{
    std::int64_t all = 0;
    for (auto const& each : what.others)
        all += memory_bound(each);
    std::uint64_t read = 0;
    for (auto const& each : what.readers)
        read += each.together * (64u << 10) + 3 * each.together * each.size_max + 64 * each.reads;
    std::uint64_t size = 0;
    for (auto const& file : what.files)
        size += file.size + (what.format == torrent_format::v1 ? 0 : what.piece_length);
    auto const requesters = what.mirrors.size() * what.options.requesters_per_seed;
    return all +
           static_cast<std::int64_t>(read + (4u << 20) + requesters * ((2u << 18) + (64u << 10) + 4 * size) + 8 * size);
}

} // namespace webseed::test::sim
