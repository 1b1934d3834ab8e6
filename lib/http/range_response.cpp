#include "http/range_response.hpp"

#include "http/text.hpp"
#include "http/times.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace webseed::http {

namespace {

constexpr auto number_max = std::numeric_limits<std::uint64_t>::max();

// Takes decimal digits off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, std::string_view token) noexcept
{
    if (!begins_with(text, token))
        return false;
    text.remove_prefix(token.size());
    return true;
}

error_code meaning_of(unsigned status) noexcept
{
    switch (status)
    {
    case 404:
    case 410:
    case 416: // the file there is shorter than ours
    case 451:
        return errc::not_found;
    case 401:
    case 403:
    case 407:
        return errc::unauthorized;
    case 429:
    case 503:
        return errc::overloaded;
    default:
        return errc::status_unexpected;
    }
}

body_plan refuse(error_code error) noexcept
{
    body_plan plan;
    plan.error = error;
    return plan;
}

bool is_coded(response_facts const& facts) noexcept
{
    return !is_word(facts.content_encoding.value_or("identity"), "identity") ||
           !is_word(facts.transfer_encoding.value_or("chunked"), "chunked");
}

body_plan judge_partial(response_facts const& facts, byte_range range, std::uint64_t file_size) noexcept
{
    if (!facts.content_range || begins_with(facts.content_type.value_or(""), "multipart/byteranges"))
        return refuse(errc::response_invalid);
    auto const got = parse_content_range(*facts.content_range);
    if (!got)
        return refuse(errc::response_invalid);
    if (got->first != range.offset || got->last >= range.end() || got->total.value_or(file_size) != file_size)
        return refuse(errc::range_mismatch);
    auto const length = got->last - got->first + 1;
    if (facts.content_length.value_or(length) != length)
        return refuse(errc::response_invalid);
    body_plan plan;
    plan.length = length;
    return plan;
}

// As captive portals and error pages come that should have another status.
bool is_html(response_facts const& facts) noexcept
{
    auto const type = facts.content_type.value_or("");
    return begins_with(type, "text/html") || begins_with(type, "application/xhtml+xml");
}

body_plan judge_whole(
    response_facts const& facts, byte_range range, std::uint64_t file_size, bool is_page,
    std::uint64_t skip_max) noexcept
{
    auto const may_be_file = facts.content_length ? *facts.content_length == file_size : is_page;
    if (is_html(facts) && !may_be_file)
        return refuse(errc::page_instead);
    if (facts.content_length.value_or(file_size) != file_size)
        return refuse(errc::range_mismatch);
    if (range.offset > skip_max)
        return refuse(errc::range_ignored);
    body_plan plan;
    plan.skip = range.offset;
    plan.length = facts.content_length;
    return plan;
}

} // namespace

std::optional<content_range> parse_content_range(std::string_view field) noexcept
{
    if (!take(field, "bytes "))
        return std::nullopt;
    auto const first = take_number(field);
    if (!first || !take(field, "-"))
        return std::nullopt;
    auto const last = take_number(field);
    if (!last || !take(field, "/") || *last < *first)
        return std::nullopt;
    if (field == "*")
        return content_range{*first, *last, std::nullopt};
    auto const total = take_number(field);
    if (!total || !field.empty() || *total <= *last)
        return std::nullopt;
    return content_range{*first, *last, total};
}

std::optional<std::chrono::seconds>
parse_retry_after(std::string_view field, std::optional<std::string_view> date) noexcept
{
    if (auto const wait = parse_seconds(field))
        return wait;
    auto const until = parse_date(field);
    auto const now = date ? parse_date(*date) : std::nullopt;
    if (!until || !now)
        return std::nullopt;
    return std::clamp(*until - *now, std::chrono::seconds(0), seconds_max);
}

std::optional<std::chrono::seconds> parse_wait(std::string_view body) noexcept
{
    return parse_seconds(trimmed(body));
}

body_plan judge(
    response_facts const& facts, byte_range range, std::uint64_t file_size, bool is_page,
    std::uint64_t skip_max) noexcept
{
    if (facts.status != 206 && facts.status != 200)
        return refuse(meaning_of(facts.status));
    if (is_coded(facts))
        return refuse(errc::encoding_refused);
    if (facts.status == 206)
        return judge_partial(facts, range, file_size);
    return judge_whole(facts, range, file_size, is_page, skip_max);
}

body_plan
judge_exact(response_facts const& facts, byte_range range, std::uint64_t file_size, bool is_all_asked) noexcept
{
    auto plan = judge_document(facts, number_max);
    auto const all = file_size == 0 ? range.size : file_size;
    auto const length = plan.length.value_or(is_all_asked ? all : range.size);
    if (plan.error || (length == range.size && !is_all_asked))
        return plan;
    if (length != all)
        return refuse(errc::range_mismatch);
    plan.skip = range.offset;
    return plan;
}

body_plan judge_document(response_facts const& facts, std::uint64_t size_max) noexcept
{
    if (facts.status != 200)
        return refuse(meaning_of(facts.status));
    if (is_coded(facts))
        return refuse(errc::encoding_refused);
    if (facts.content_length.value_or(0) > size_max)
        return refuse(errc::document_too_large);
    body_plan plan;
    plan.length = facts.content_length;
    return plan;
}

} // namespace webseed::http
