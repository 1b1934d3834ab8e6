#include "http/redirect.hpp"

#include "http/shown_url.hpp"
#include "http/text.hpp"
#include "http/times.hpp"

#include <algorithm>

namespace webseed::http {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t told_size_max = 200;

// Takes an element off the front of a list with commas; those between quotes don't count.
std::string_view take_element(std::string_view& list)
{
    auto is_quoted = false;
    std::size_t end = 0;
    for (; end != list.size() && (is_quoted || list[end] != ','); ++end)
    {
        if (list[end] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && list[end] == '\\' && end + 1 != list.size())
            ++end;
    }
    auto const element = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    return element;
}

std::string_view without_quotes(std::string_view value)
{
    auto const is_quoted = value.size() >= 2 && value.starts_with('"') && value.ends_with('"');
    return is_quoted ? value.substr(1, value.size() - 2) : value;
}

// How long Cache-Control allows, or nothing if it doesn't say. What it says wrongly allows nothing.
std::optional<seconds> allowed_by(std::string_view cache_control)
{
    std::optional<seconds> allowed;
    while (!cache_control.empty())
    {
        auto const element = take_element(cache_control);
        auto const equals = std::min(element.find('='), element.size());
        auto const name = trimmed(element.substr(0, equals));
        if (is_word(name, "no-store") || is_word(name, "no-cache"))
            return 0s;
        if (!is_word(name, "max-age"))
            continue;
        auto const value = trimmed(element.substr(std::min(equals + 1, element.size())));
        auto const age = parse_seconds(without_quotes(value)).value_or(0s);
        allowed = std::min(allowed.value_or(age), age);
    }
    return allowed;
}

std::optional<sys_seconds> date_of(std::optional<std::string_view> field)
{
    return field ? parse_date(*field) : std::nullopt;
}

// How long the head allows, less the time that it has lain in caches on its way.
seconds allowed_by(redirect_facts const& facts)
{
    auto allowed = allowed_by(facts.cache_control);
    if (!allowed && facts.expires)
    {
        auto const expires = parse_date(*facts.expires);
        auto const date = date_of(facts.date);
        // What is no date, such as the usual "0" or "-1", is in the past.
        allowed = expires && date ? *expires - *date : 0s;
    }
    if (!allowed)
        return facts.status == 301 || facts.status == 308 ? redirect_lifetime_max : redirect_lifetime_usual;
    return *allowed - (facts.age ? parse_seconds(*facts.age).value_or(0s) : 0s);
}

// How long a signature in the query may still be good. Small numbers are seconds since it was signed, which is now or
// was before; large ones are seconds since 1970.
seconds signed_for(std::string_view query, std::optional<sys_seconds> now)
{
    constexpr auto since_1970_min = 1'000'000'000s;
    auto allowed = redirect_lifetime_max;
    while (!query.empty())
    {
        query.remove_prefix(1);
        auto const field = query.substr(0, query.find('&'));
        query.remove_prefix(field.size());
        auto const equals = std::min(field.find('='), field.size());
        auto const name = to_lower(field.substr(0, equals));
        auto const number = parse_seconds(field.substr(std::min(equals + 1, field.size())));
        if (!number || (name != "expires" && !name.ends_with("-expires")))
            continue;
        if (*number < since_1970_min)
            allowed = std::min(allowed, *number);
        else
            allowed = std::min(allowed, now ? sys_seconds(*number) - *now : 0s);
    }
    return allowed;
}

error_code refuse(std::string& detail, std::string why)
{
    detail = std::move(why);
    return errc::redirect_refused;
}

} // namespace

bool is_redirect(unsigned status) noexcept
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

boost::system::result<redirect> read_redirect(redirect_facts const& facts, url const& asked, std::string& detail)
{
    auto const location = trimmed(facts.location.value_or(""));
    if (location.empty())
        return refuse(detail, "it has no Location");
    auto target = resolve(asked, location);
    if (!target && target.error() == errc::url_invalid)
        return refuse(detail, "it has no Location that is a URL");
    if (!target)
        return refuse(detail, "it leads to " + without_credentials(location).substr(0, told_size_max));
    if (asked.where().scheme == "https" && target->where().scheme != "https")
        return refuse(detail, "it leads from https to " + target->text().substr(0, told_size_max));
    auto const allowed = std::min(allowed_by(facts), signed_for(target->query(), date_of(facts.date)));
    return redirect{std::move(*target), std::clamp(allowed, seconds(0), redirect_lifetime_max)};
}

} // namespace webseed::http
