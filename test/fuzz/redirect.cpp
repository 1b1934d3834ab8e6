// Redirects: where they lead, and for how long that is remembered. Lines: the URL that was asked for, the Location,
// Cache-Control, Expires, Date, Age, Retry-After; a line that isn't there is a field that isn't there.
#include "http/redirect.hpp"
#include "fuzz/input.hpp"
#include "http/range_response.hpp"
#include "http/times.hpp"

#include <array>
#include <ctime>
#include <optional>

namespace webseed::test {

namespace {

using std::chrono::seconds;

std::optional<std::string_view> line_of(input& lines)
{
    return lines.empty() ? std::nullopt : std::optional(lines.until("\n"));
}

// The C library's reader is more tolerant: what is taken here it must take, too, and for the same.
void check_date(std::string_view text)
{
    auto const got = http::parse_date(text);
    if (!got)
        return;
    auto const comma = text.find(',');
    auto const* form = "%a, %d %b %Y %H:%M:%S GMT";
    if (comma == text.npos)
        form = "%a %b %d %H:%M:%S %Y";
    else if (comma != 3)
        form = "%A, %d-%b-%y %H:%M:%S GMT";
    std::tm parts{};
    std::string const whole(text);
    auto const* const end = strptime(whole.c_str(), form, &parts);
    require(end != nullptr && *end == '\0', "a date is one for others, too");
    auto const is_of_1969 = parts.tm_year == 69; // theirs; ours is of 2069
    require(is_of_1969 || got->time_since_epoch().count() == timegm(&parts), "a date is what others make of it");
}

void check_redirect(http::redirect const& moved, http::url const& asked, http::redirect_facts const& facts)
{
    auto const whole = moved.target.full();
    require(whole.starts_with("https://") || whole.starts_with("http://"), "a redirect leads to http or https");
    require(asked.where().scheme == "http" || whole.starts_with("https://"), "no redirect leads away from https");
    require(!moved.target.userinfo(), "a redirect brings no credentials");
    require(
        std::ranges::all_of(whole, [](char c) { return c > 0x20 && c < 0x7f; }), "a target has visible bytes alone");
    require(
        moved.lifetime >= seconds(0) && moved.lifetime <= http::redirect_lifetime_max, "a lifetime is at most a day");
    auto const has = [&facts](std::string_view word) { return facts.cache_control.find(word) != std::string::npos; };
    if (!has("\""))
        require(facts.cache_control != "no-store" || moved.lifetime == seconds(0), "what mustn't be stored isn't");
    if (facts.cache_control.empty() && facts.expires && !http::parse_date(*facts.expires))
        require(moved.lifetime == seconds(0), "what has expired isn't remembered");

    auto again = facts;
    again.location = whole;
    std::string detail;
    auto const same = http::read_redirect(again, asked, detail);
    require(same && same->target.full() == whole && same->lifetime == moved.lifetime, "a whole URL leads to the same");
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    constexpr std::array<unsigned, 5> statuses{301, 302, 303, 307, 308};
    input lines(without_last_newline(text_of(bytes)));
    auto const asked = http::url::parse(lines.until("\n"));
    http::redirect_facts facts;
    facts.status = statuses[bytes.size() % statuses.size()];
    facts.location = line_of(lines);
    facts.cache_control = line_of(lines).value_or("");
    facts.expires = line_of(lines);
    facts.date = line_of(lines);
    facts.age = line_of(lines);
    auto const retry_after = line_of(lines).value_or("");
    for (auto const field : {facts.expires, facts.date})
        check_date(field.value_or(""));
    if (auto const wait = http::parse_retry_after(retry_after, facts.date))
        require(*wait >= seconds(0) && *wait <= http::seconds_max, "a wait is a century at most");
    if (!asked)
        return;
    std::string detail;
    auto const moved = http::read_redirect(facts, *asked, detail);
    if (moved)
        check_redirect(*moved, *asked, facts);
    else
        require(moved.error() == errc::redirect_refused && !detail.empty(), "a refusal has a cause");
    require(detail.size() < 300, "a cause is short");
}

} // namespace webseed::test
