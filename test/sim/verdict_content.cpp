// What must hold after a run of the bytes that are there, were fetched and were read.
#include "sim/expectation.hpp"
#include "sim/verdict.hpp"

#include <algorithm>

namespace webseed::test::sim {

using kind = interference::kind;

namespace {

class content_check
{
public:
    content_check(case_of_one const& of, interference const& how)
        : what_(of.what)
        , how_(how)
        , site_(of.content)
        , disk_(of.disk)
        , seen_(of.seen)
        , expected_(of)
        , layout_(expected_.layout())
    {}

    std::vector<std::string> run()
    {
        check_reads();
        check_written();
        if (what_.kept_size_max == 0)
            check_files();
        if (seen_.is_complete() && seen_.last)
            check_figures();
        if (what_.name == "faultless")
            check_faultless();
        return std::move(failures_);
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

    // A piece of which nobody wanted a byte from the start is looked at where somebody else wanted or read something.
    bool is_right(std::uint32_t piece) const
    {
        auto const range = layout_.range_of(static_cast<piece_index>(piece));
        if (site_.is_wanted_piece(piece))
            return disk_.is_right(site_, range);
        auto is_any = false;
        for (auto const& slice : layout_.slices(range))
        {
            auto const& file = site_.torrent.files()[to_number(slice.file)];
            if (slice.pad || !disk_.is_touchable(file))
                continue;
            is_any = true;
            if (!disk_.holds(site_, file, slice.offset, slice.size))
                return false;
        }
        return is_any;
    }

    void check_files()
    {
        std::uint32_t right = 0;
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
            right += is_right(i) ? 1 : 0;
        for (auto const& file : site_.torrent.files())
            require(
                file.pad || site_.is_wanted(file) || disk_.is_untouched(file),
                std::string(file.path) + " isn't wanted, and was touched");
        if (seen_.last)
            require(
                right >= seen_.last->pieces_verified, std::to_string(seen_.last->pieces_verified) +
                                                          " pieces are said to be verified, " + std::to_string(right) +
                                                          " are right");
        if (!seen_.is_complete() && !seen_.is_closed_at_rest())
            return;
        for (std::uint32_t i = 0; i != site_.torrent.files().size(); ++i)
        {
            auto const& file = site_.torrent.files()[i];
            if (file.pad || !expected_.must_have(file_index{i}))
                continue;
            auto const stored = disk_.content_of(file);
            require(stored.has_value() && stored->size() == file.size, std::string(file.path) + " has the wrong size");
            require(disk_.holds(site_, file, 0, file.size), "complete, and " + std::string(file.path) + " isn't right");
        }
    }

    void check_figures()
    {
        std::uint32_t wanted = 0;
        std::uint64_t size = 0;
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
        {
            wanted += expected_.is_wanted(i) ? 1 : 0;
            size += expected_.is_wanted(i) ? layout_.range_of(static_cast<piece_index>(i)).size : 0;
        }
        auto const& told = *seen_.last;
        require(
            told.pieces == told.pieces_verified && told.bytes >= told.bytes_verified && !told.checking,
            "complete, but the figures say otherwise");
        // Of a piece that a reader wants no more a part may still be under way.
        require(
            !seen_.reads.empty() || told.bytes == told.bytes_verified,
            "complete, but the bytes aren't what was wanted");
        require(
            !expected_.is_plain() || (told.pieces == wanted && told.bytes == size),
            "complete, and not so much was wanted");
    }

    // Nothing but what is wanted by somebody. (What nobody wants is fetched only with a piece that somebody does.)
    void check_written()
    {
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
            require(
                seen_.written[i] == 0 || expected_.may_be_fetched(i),
                "piece " + std::to_string(i) + " was fetched, and nobody wanted it");
    }

    // A read ends with an error only if the download has, or the storage.
    void check_reads()
    {
        for (auto const& each : seen_.reads)
        {
            failures_.insert(failures_.end(), each.failures.begin(), each.failures.end());
            for (auto const error : each.errors)
                require(is_explained(error), "a read ended without a cause: " + error.message());
        }
    }
    bool is_explained(error_code error) const
    {
        if (seen_.error && error == seen_.error)
            return true;
        if (seen_.was_ended && error != errc::internal)
            return true;           // it may have been about to end otherwise, or with all that it wanted
        if (error == errc::closed) // it had all that it wanted, whatever the storage did when it was left
            return !what_.stays() && (!seen_.error || seen_.disk_failed || how_.what == kind::throw_in_seam);
        if (error == errc::internal)
            return how_.what == kind::throw_in_seam;
        return seen_.disk_failed;
    }

    // Every byte is asked for once, and nothing is ever tried again.
    void check_faultless()
    {
        require(
            (seen_.is_complete() || seen_.is_closed_at_rest()) && seen_.last,
            "nothing was wrong, and it didn't complete");
        if (!seen_.last)
            return;
        auto const helped = seen_.last->claims_shared + seen_.last->claims_overdue;
        auto const asked = sum(&mirror::account::bytes_asked);
        auto const received =
            seen_.last->bytes_received - sum(&mirror::account::padding) - sum(&mirror::account::page_bytes);
        auto const repeated = std::min(sum(&mirror::account::redirected), sum(&mirror::account::ahead));
        // Who is sent to a host where others are may have to come back, and bring the beginning of a piece again.
        auto const was_turned_away = seen_.run.is_crowded && sum(&mirror::account::redirected) != 0;
        auto const is_repeated = helped + repeated != 0 || was_turned_away;
        auto const due = bytes_to_fetch();
        auto const is_about = [&due](std::uint64_t size) { return due.least <= size && size <= due.most; };
        require(
            expected_.is_plain() && seen_.reads.empty() ? seen_.last->bytes_copied == due.copied
                                                        : seen_.last->bytes_copied <= due.copied,
            "not every equal file was copied");
        require(is_repeated || is_about(asked), "not every byte was asked for exactly once");
        require(is_repeated || is_about(received), "not every byte was received exactly once");
        require(asked >= due.least, "not every byte was asked for");
        require(seen_.last->bytes_wasted == 0, "something was wasted");
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
            if (expected_.is_steady(i) && seen_.last->claims_overdue == 0 && !was_turned_away)
                require(
                    seen_.written[i] == expected_.size_of(i), "piece " + std::to_string(i) + " wasn't written once");
        for (auto const& seed : seen_.last->seeds)
            require(
                seed.failures == 0 && seed.pieces_bad == 0 && seed.state == seed_state::ready,
                seed.url + ": something failed");
        for (auto const& seed : seen_.last->seeds)
            require(
                was_turned_away || seed.connections <= helped + what_.options.requesters_per_seed +
                                                           sum(&mirror::account::probes) +
                                                           2 * sum(&mirror::account::redirected),
                seed.url + ": too many connections");
    }

    struct amount
    {
        std::uint64_t least = 0;
        std::uint64_t most = 0;
        std::uint64_t copied = 0;
    };
    // Of equal files those of one are enough, but who reads another one doesn't wait for a copy.
    amount bytes_to_fetch() const
    {
        amount sum;
        sum.most = expected_.bytes();
        for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
            sum.least += expected_.is_wanted(i) ? expected_.size_of(i) : 0;
        for (std::uint32_t i = 0; i != site_.torrent.files().size(); ++i)
        {
            auto const& file = site_.torrent.files()[i];
            if (!site_.is_twin(file) || what_.kept_size_max != 0)
                continue;
            sum.least -= file.size;
            sum.copied += layout_.size_of(layout_.pieces_of(file_index{i})); // a hybrid's padding, too
            sum.most -= seen_.reads.empty() ? file.size : 0;
        }
        return sum;
    }

    scenario const& what_;
    interference const& how_;
    site const& site_;
    platter const& disk_;
    facts const& seen_;
    expectation expected_;
    torrent::layout const& layout_;
    std::vector<std::string> failures_;
};

} // namespace

std::vector<std::string> check_content(case_of_one const& of, interference const& how)
{
    return content_check(of, how).run();
}

} // namespace webseed::test::sim
