#include "seed_words.hpp"

#include "format.hpp"

#include <algorithm>

namespace webseed::app {

namespace {

using time_point = std::chrono::steady_clock::time_point;

std::string after_its_error(std::string text, seed_stats const& seed)
{
    return seed.last_error.message.empty() ? text : text + ": " + printable(seed.last_error.message);
}

std::string with_its_wait(std::string text, seed_stats const& seed, time_point now)
{
    auto const wait = wait_of(seed.until, now);
    if (!wait)
        return text;
    return text + ", is asked again in " + format_duration(std::chrono::ceil<std::chrono::seconds>(*wait));
}

} // namespace

char const* name_of(seed_doing doing)
{
    switch (doing)
    {
    case seed_doing::fetching:
        return "fetching";
    case seed_doing::nothing_to_do:
        return "nothing_to_do";
    case seed_doing::lacks_the_rest:
        return "lacks_the_rest";
    case seed_doing::too_slow:
        return "too_slow";
    case seed_doing::host_is_full:
        return "host_is_full";
    case seed_doing::asked_to_wait:
        return "asked_to_wait";
    case seed_doing::backing_off:
        return "backing_off";
    case seed_doing::silent:
        return "silent";
    case seed_doing::given_up:
        return "given_up";
    case seed_doing::removed:
        return "removed";
    }
    return "";
}

std::optional<std::chrono::milliseconds> wait_of(time_point until, time_point now)
{
    if (until == time_point::max() || until <= now)
        return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(until - now);
}

bool is_trouble(seed_doing doing)
{
    switch (doing)
    {
    case seed_doing::fetching:
    case seed_doing::nothing_to_do:
    case seed_doing::too_slow:
    case seed_doing::host_is_full:
        return false;
    default:
        return true;
    }
}

std::string words_of(seed_changed const& change, time_point now)
{
    if (change.doing == seed_doing::fetching)
        return "fetching";
    seed_stats seed;
    seed.doing = change.doing;
    seed.until = change.until;
    seed.last_error = change.cause;
    return words_of(seed, now);
}

std::string words_of(seed_stats const& seed, time_point now)
{
    switch (seed.doing)
    {
    case seed_doing::fetching:
        return "fetching, " + std::to_string(seed.claims) + " at once";
    case seed_doing::nothing_to_do:
        return "nothing to do: what is left is under way already";
    case seed_doing::lacks_the_rest:
        return after_its_error(with_its_wait("doesn't send what is left", seed, now), seed);
    case seed_doing::too_slow:
        return "left aside: the others will be done before it could bring a piece";
    case seed_doing::host_is_full:
        return with_its_wait("its host wants no more requests for now", seed, now);
    case seed_doing::asked_to_wait:
        return after_its_error(with_its_wait("asked for patience", seed, now), seed);
    case seed_doing::backing_off:
        return after_its_error(with_its_wait("failed", seed, now), seed);
    case seed_doing::silent:
        return with_its_wait("nothing comes of it any more", seed, now);
    case seed_doing::given_up:
        return after_its_error("given up", seed);
    case seed_doing::removed:
        return "not asked any more";
    }
    return {};
}

std::string why_nothing(stats const& now, time_point time)
{
    auto const is_fetching = [](seed_stats const& seed) { return seed.doing == seed_doing::fetching; };
    if (now.checking || now.pieces_verified == now.pieces || std::ranges::any_of(now.seeds, is_fetching))
        return {};
    auto const first = std::ranges::min_element(now.seeds, {}, &seed_stats::until);
    if (first == now.seeds.end() || first->until == time_point::max())
        return {};
    return printable(first->url) + ' ' + words_of(*first, time);
}

} // namespace webseed::app
