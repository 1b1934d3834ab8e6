#include "piece_words.hpp"

#include "format.hpp"

#include <algorithm>

namespace webseed::app {

namespace {

using time_point = std::chrono::steady_clock::time_point;

// Of a torrent with more seeds the first ones will do.
constexpr std::size_t seed_count_max = 8;

std::string duration_words(time_point::duration time)
{
    return format_duration(std::chrono::ceil<std::chrono::seconds>(std::max(time, time_point::duration{})));
}

std::string words_of(seed_excuse excuse)
{
    switch (excuse)
    {
    case seed_excuse::is_at_it:
        return "is at it";
    case seed_excuse::is_at_others:
        return "is at other pieces";
    case seed_excuse::comes_next:
        return "is to be asked next";
    case seed_excuse::lacks_file:
        return "doesn't send the file";
    case seed_excuse::sent_wrong:
        return "sent wrong bytes";
    case seed_excuse::leaves_it:
        return "leaves it to another one, since what several had sent was wrong";
    case seed_excuse::only_whole_files:
        return "sends whole files only";
    case seed_excuse::too_slow:
        return "is too slow";
    case seed_excuse::host_is_full:
        return "its host wants no more requests for now";
    case seed_excuse::asked_to_wait:
        return "asked for patience";
    case seed_excuse::backing_off:
        return "failed";
    case seed_excuse::silent:
        return "nothing comes of it any more";
    case seed_excuse::given_up:
        return "given up";
    case seed_excuse::removed:
        return "not asked any more";
    case seed_excuse::download_ended:
        return "the download has ended";
    }
    return {};
}

std::string words_of(excused_seed const& seed, time_point now)
{
    auto text = printable(seed.seed_url) + ": " + words_of(seed.excuse);
    if (seed.until != time_point::max() && seed.until > now)
        text += ", for another " + duration_words(seed.until - now);
    if (!seed.cause.message.empty())
        text += ": " + printable(seed.cause.message);
    return text;
}

std::string words_of(piece_source const& source, time_point now)
{
    auto text = "under way from " + printable(source.seed_url);
    if (source.pieces_before != 0)
        return text + ", after " + std::to_string(source.pieces_before) + " others";
    return text + ", " + format_size(source.bytes) + " of it so far, the last bytes " +
           duration_words(now - source.heard_at) + " ago";
}

std::string state_words(piece_report const& told, time_point now)
{
    std::string text;
    switch (told.state)
    {
    case piece_state::verified:
        return "there";
    case piece_state::unwanted:
        return "not wanted";
    case piece_state::checked:
        return "to be hashed: it may be there already";
    case piece_state::awaits_copy:
        text = "waits for its equal";
        return told.equal_to ? text + ", piece " + std::to_string(to_number(*told.equal_to)) : text;
    case piece_state::under_way:
        for (auto const& source : told.sources)
            text += (text.empty() ? "" : "; ") + words_of(source, now);
        return text;
    case piece_state::arrived:
        return "has come, and is to be hashed";
    case piece_state::missing:
        break;
    }
    if (told.bytes_arrived != 0)
        return format_size(told.bytes_arrived) + " have come, nobody is at the rest";
    return "nobody is at it";
}

} // namespace

char const* name_of(piece_state state)
{
    switch (state)
    {
    case piece_state::verified:
        return "verified";
    case piece_state::unwanted:
        return "unwanted";
    case piece_state::checked:
        return "checked";
    case piece_state::awaits_copy:
        return "awaits_copy";
    case piece_state::under_way:
        return "under_way";
    case piece_state::arrived:
        return "arrived";
    case piece_state::missing:
        return "missing";
    }
    return "";
}

char const* name_of(seed_excuse excuse)
{
    switch (excuse)
    {
    case seed_excuse::is_at_it:
        return "is_at_it";
    case seed_excuse::is_at_others:
        return "is_at_others";
    case seed_excuse::comes_next:
        return "comes_next";
    case seed_excuse::lacks_file:
        return "lacks_file";
    case seed_excuse::sent_wrong:
        return "sent_wrong";
    case seed_excuse::leaves_it:
        return "leaves_it";
    case seed_excuse::only_whole_files:
        return "only_whole_files";
    case seed_excuse::too_slow:
        return "too_slow";
    case seed_excuse::host_is_full:
        return "host_is_full";
    case seed_excuse::asked_to_wait:
        return "asked_to_wait";
    case seed_excuse::backing_off:
        return "backing_off";
    case seed_excuse::silent:
        return "silent";
    case seed_excuse::given_up:
        return "given_up";
    case seed_excuse::removed:
        return "removed";
    case seed_excuse::download_ended:
        return "download_ended";
    }
    return "";
}

std::string words_of(metainfo const& torrent, piece_report const& told, time_point now)
{
    auto const first = to_number(told.piece);
    auto text = told.count == 1 ? "piece " + std::to_string(first)
                                : "pieces " + std::to_string(first) + '-' + std::to_string(first + told.count - 1);
    text += " (" + printable(torrent.files()[to_number(told.file)].path) + "): " + state_words(told, now);
    if (told.is_disputed)
        text += "; what several seeds had sent of it was wrong";
    auto const shown = std::min(told.seeds.size(), seed_count_max);
    for (std::size_t i = 0; i != shown; ++i)
        if (told.seeds[i].excuse != seed_excuse::is_at_it)
            text += "; " + words_of(told.seeds[i], now);
    if (shown != told.seeds.size())
        text += "; and " + std::to_string(told.seeds.size() - shown) + " more seeds";
    return text;
}

std::string gist_of(piece_report const& told)
{
    auto text = std::to_string(to_number(told.piece)) + name_of(told.state) + (told.is_disputed ? "!" : "");
    for (auto const& source : told.sources)
        text += source.seed_url;
    for (auto const& seed : told.seeds)
        text += name_of(seed.excuse);
    return text;
}

} // namespace webseed::app
