#include "progress.hpp"

#include "format.hpp"
#include "piece_words.hpp"
#include "seed_words.hpp"

#include <algorithm>

namespace webseed::app {

namespace {

// What a seed does is told this often, unless something is amiss.
constexpr auto change_interval = std::chrono::milliseconds(200);

std::string bar(std::uint64_t done, std::uint64_t all)
{
    constexpr std::uint64_t width = 20;
    auto const filled =
        all == 0 ? width : static_cast<std::uint64_t>(static_cast<double>(done) / static_cast<double>(all) * width);
    std::string text(filled, '=');
    if (filled < width)
        text += '>';
    text.resize(width, ' ');
    return '[' + text + ']';
}

} // namespace

progress_view::progress_view(metainfo const& torrent, time_point start, bool verbose)
    : line_(start)
    , is_verbose_(verbose)
    , start_(start)
    , rated_at_(start)
{
    line_.print(
        printable(torrent.name()) + ": " + format_size(torrent.total_size()) + " in " +
        std::to_string(torrent.piece_count()) + " pieces");
}

void progress_view::show(stats const& now, time_point time)
{
    auto const seconds = std::chrono::duration<double>(time - rated_at_).count();
    if (seconds > 0)
    {
        auto const rate = static_cast<double>(now.bytes_received - rated_bytes_) / seconds;
        rate_ = rate_ == 0 ? rate : rate_ * 0.8 + rate * 0.2;
        rated_at_ = time;
        rated_bytes_ = now.bytes_received;
    }
    tell_late_changes(time);
    line_.show(line_of(now, time), time);
}

// What is amiss is told at once. A seed may begin and end its work many times a second: that is told as it is then.
void progress_view::tell_change(seed_changed const& change, time_point time)
{
    auto& told = told_[change.seed_url];
    auto const is_too_soon = time - told.at < change_interval;
    if (!is_trouble(change.doing) && is_too_soon)
    {
        told.next = change;
        return;
    }
    told.next.reset();
    if (!is_trouble(change.doing) && change.doing == told.doing)
        return;
    told.doing = change.doing;
    told.at = time;
    line_.print("  " + printable(change.seed_url) + ": " + words_of(change, time));
}

void progress_view::tell_late_changes(time_point time)
{
    for (auto& [url, told] : told_)
        if (told.next)
        {
            auto const change = *told.next;
            tell_change(change, time);
        }
}

std::string progress_view::line_of(stats const& now, time_point time) const
{
    auto const percent = now.bytes == 0 ? 100 : now.bytes_verified * 100 / now.bytes;
    auto line = bar(now.bytes_verified, now.bytes) + ' ' + std::to_string(percent) + "% " +
                format_size(now.bytes_verified) + '/' + format_size(now.bytes) + ' ' +
                format_size(static_cast<std::uint64_t>(rate_)) + "/s";
    if (rate_ >= 1)
    {
        auto const left = static_cast<double>(now.bytes - now.bytes_verified) / rate_;
        line += " eta " + format_duration(std::chrono::seconds(static_cast<std::int64_t>(left)));
    }
    line += " pieces " + std::to_string(now.pieces_verified) + '/' + std::to_string(now.pieces);
    auto const ready = std::ranges::count(now.seeds, seed_state::ready, &seed_stats::state);
    line += " seeds " + std::to_string(ready) + '/' + std::to_string(now.seeds.size());
    if (now.checking)
        line += " checking";
    if (auto const why = why_nothing(now, time); !why.empty())
        line += "; waiting: " + why;
    return line;
}

void progress_view::tell(metainfo const& torrent, event const& happened, time_point time)
{
    if (auto const* const bad = std::get_if<piece_bad>(&happened))
        line_.print(
            "bad piece " + std::to_string(to_number(bad->piece)) + " (" +
            printable(torrent.files()[to_number(bad->file)].path) + ") from " + printable(bad->seed_url));
    else if (auto const* const paused = std::get_if<seed_paused>(&happened))
        line_.print(
            printable(paused->cause.message) + "; next try in " + std::to_string(paused->pause.count()) + " ms");
    else if (auto const* const given_up = std::get_if<seed_given_up>(&happened))
        line_.print("gave up " + printable(given_up->seed_url) + ": " + printable(given_up->cause.message));
    else if (auto const* const missing = std::get_if<file_missing>(&happened))
        line_.print(printable(missing->cause.message));
    else if (is_verbose_)
        tell_more(happened, time);
}

void progress_view::tell_more(event const& happened, time_point time)
{
    if (auto const* const change = std::get_if<seed_changed>(&happened))
        tell_change(*change, time);
    else if (auto const* const overdue = std::get_if<claim_overdue>(&happened))
        line_.print(
            "  " + printable(overdue->seed_url) + ": piece " + std::to_string(to_number(overdue->piece)) +
            " and what follows is given to others");
    else if (auto const* const begun = std::get_if<check_begun>(&happened))
        line_.print("hashing what is there: " + std::to_string(begun->pieces) + " pieces");
    else if (auto const* const ended = std::get_if<check_ended>(&happened))
        line_.print(
            std::to_string(ended->pieces_right) + " of " + std::to_string(ended->pieces) + " pieces there are right");
}

void progress_view::tell_missing(metainfo const& torrent, piece_report const& told, time_point time)
{
    line_.print("missing: " + words_of(torrent, told, time));
}

void progress_view::summarise(stats const& last, time_point time)
{
    auto const seconds = std::max(std::chrono::duration<double>(time - start_).count(), 0.001);
    auto const before = std::min(last.bytes_verified, last.bytes_kept + last.bytes_resumed);
    auto const rate = static_cast<std::uint64_t>(static_cast<double>(last.bytes_verified - before) / seconds);
    auto line = "verified " + std::to_string(last.pieces_verified) + " of " + std::to_string(last.pieces) +
                " pieces, " + format_size(last.bytes_verified) + ", in " +
                format_duration(std::chrono::seconds(static_cast<std::int64_t>(seconds))) + " (" + format_size(rate) +
                "/s)";
    if (last.bytes_kept != 0)
        line += "; " + format_size(last.bytes_kept) + " was there before";
    if (last.bytes_trusted != 0)
        line += ", " + format_size(last.bytes_trusted) + " of it as an earlier run had verified it";
    if (last.bytes_resumed != 0)
        line += "; " + format_size(last.bytes_resumed) + " of unfinished pieces was there before";
    line_.print(line);
    for (auto const& seed : last.seeds)
    {
        auto text = "  " + printable(seed.url) + ": " + format_size(seed.bytes_verified) + " right, " +
                    std::to_string(seed.requests) + " requests over " + std::to_string(seed.connections) +
                    " connections";
        if (seed.pieces_bad != 0)
            text += ", " + std::to_string(seed.pieces_bad) + " bad pieces";
        if (seed.failures != 0)
            text += ", " + std::to_string(seed.failures) + " failures";
        if (seed.state == seed_state::given_up)
            text += ", given up";
        line_.print(text);
    }
}

} // namespace webseed::app
