// The fields that say which bytes a response has, and what is made of them.
#include "fuzz/input.hpp"
#include "http/range_response.hpp"

#include <array>
#include <limits>
#include <optional>

namespace webseed::test {

namespace {

constexpr auto number_max = std::numeric_limits<std::uint64_t>::max();

// Decimal digits, nothing else, in 64 bits.
std::optional<std::uint64_t> number_of(std::string_view digits)
{
    if (digits.empty())
        return std::nullopt;
    __extension__ unsigned __int128 number = 0;
    for (auto const c : digits)
    {
        if (c < '0' || c > '9')
            return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
        if (number > number_max)
            return std::nullopt;
    }
    return static_cast<std::uint64_t>(number);
}

std::optional<http::content_range> reference(std::string_view field)
{
    constexpr std::string_view unit = "bytes ";
    for (auto const wanted : unit)
    {
        if (field.empty() || (field[0] != wanted && (wanted == ' ' || field[0] != wanted - 'a' + 'A')))
            return std::nullopt;
        field.remove_prefix(1);
    }
    auto const dash = field.find('-');
    auto const slash = field.find('/');
    if (dash == field.npos || slash == field.npos || slash < dash)
        return std::nullopt;
    auto const first = number_of(field.substr(0, dash));
    auto const last = number_of(field.substr(dash + 1, slash - dash - 1));
    auto const total = number_of(field.substr(slash + 1));
    if (!first || !last || *first > *last || (!total && field.substr(slash + 1) != "*") || (total && *total <= *last))
        return std::nullopt;
    return http::content_range{*first, *last, total};
}

void check_retry_after(std::string_view field)
{
    constexpr auto digits = "0123456789";
    auto const got = http::parse_retry_after(field);
    auto const is_number = !field.empty() && field.find_first_not_of(digits) == field.npos;
    require(got.has_value() == is_number, "Retry-After is a number, or nothing");
    constexpr std::uint64_t century = 100ull * 365 * 24 * 3600;
    if (got)
        require(
            static_cast<std::uint64_t>(got->count()) == std::min(number_of(field).value_or(number_max), century),
            "Retry-After is right, and a century at most");
}

void check_round_trip(http::content_range const& range)
{
    auto const text = "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
                      (range.total ? std::to_string(*range.total) : "*");
    auto const is_right = range.first <= range.last && (!range.total || *range.total > range.last);
    auto const got = http::parse_content_range(text);
    require(got.has_value() == is_right, "a right range is read");
    if (got)
        require(*got == range, "a right range is read right");
}

std::optional<std::uint64_t> drawn_number(input& drawn, byte_range range, std::uint64_t file_size)
{
    std::array<std::uint64_t, 10> const likely{0,          range.offset,    range.end(),   range.end() - 1,
                                               range.size, file_size,       file_size - 1, file_size + 1,
                                               number_max, range.offset + 1};
    auto const choice = drawn.number(0, likely.size() + 1);
    if (choice == likely.size())
        return std::nullopt;
    return choice < likely.size() ? likely[choice] : drawn.number(0, number_max);
}

template <std::size_t Count>
std::optional<std::string_view> drawn_text(input& drawn, std::array<std::string_view, Count> const& likely)
{
    auto const choice = drawn.number(0, Count + 1);
    if (choice >= Count)
        return choice == Count ? std::nullopt : std::optional(drawn.until("\n"));
    return likely[choice];
}

// An accepted 206 has the bytes that were asked for, from the first one on, of a file of the right size.
void check_partial(http::response_facts const& facts, http::body_plan const& plan, byte_range range, std::uint64_t size)
{
    require(facts.content_range.has_value(), "a 206 names its range");
    auto const got = reference(*facts.content_range);
    require(got.has_value(), "a 206 names its range rightly");
    require(got->first == range.offset && got->last - got->first < range.size, "a 206 has what was asked for");
    require(got->total.value_or(size) == size, "a 206 is of the file that was asked for");
    require(plan.skip == 0 && plan.length == got->last - got->first + 1, "a 206 is read from its start to its end");
    require(facts.content_length.value_or(*plan.length) == *plan.length, "a 206 doesn't contradict itself");
    require(!facts.content_type || !facts.content_type->starts_with("multipart/byteranges"), "a 206 is of one part");
}

void check_judgement(input& drawn)
{
    constexpr std::array<unsigned, 12> statuses{206, 200, 416, 404, 403, 503, 429, 100, 204, 301, 0, 999};
    byte_range range;
    auto const size = drawn.flag() ? drawn.number(1, number_max) : drawn.number(1, 200'000);
    range.offset = drawn.number(0, size - 1);
    range.size = drawn.number(1, size - range.offset);

    std::string field = "bytes ";
    for (auto const separator : {'-', '/', ' '})
    {
        auto const number = drawn_number(drawn, range, size);
        field += number ? std::to_string(*number) : "*";
        field += separator;
    }
    field.pop_back();
    http::response_facts facts;
    facts.status = statuses[drawn.number(0, statuses.size() - 1)];
    facts.content_range = drawn_text(drawn, std::array<std::string_view, 1>{field});
    facts.content_type =
        drawn_text(drawn, std::array<std::string_view, 3>{"text/plain", "multipart/byteranges; b=x", "text/html"});
    facts.content_encoding = drawn_text(drawn, std::array<std::string_view, 3>{"identity", "gzip", "Identity"});
    facts.transfer_encoding = drawn_text(drawn, std::array<std::string_view, 3>{"chunked", "gzip, chunked", "CHUNKED"});
    facts.content_length = drawn_number(drawn, range, size);

    auto const plan = http::judge(facts, range, size);
    if (plan.error)
    {
        require(plan.error.category() == webseed_category(), "a refusal has a cause of ours");
        return;
    }
    require(facts.content_encoding.value_or("") != "gzip", "what is encoded is refused");
    require(facts.transfer_encoding.value_or("") != "gzip, chunked", "what is encoded is refused");
    if (facts.status == 206)
        return check_partial(facts, plan, range, size);
    require(facts.status == 200, "other statuses bring nothing");
    require(facts.content_type.value_or("") != "text/html" || plan.length == size, "a page is no file");
    require(plan.skip == range.offset && plan.skip <= http::skip_size_max, "a 200 is read up to the range");
    require(plan.length == facts.content_length && plan.length.value_or(size) == size, "a 200 is the whole file");
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    auto const text = without_last_newline(text_of(bytes));
    require(http::parse_content_range(text) == reference(text), "Content-Range is read as the reference does");
    check_retry_after(text);

    input drawn(bytes);
    check_judgement(drawn);
    http::content_range range;
    range.first = drawn.number(0, number_max);
    range.last = drawn.number(0, number_max);
    if (drawn.flag())
        range.total = drawn.number(0, number_max);
    check_round_trip(range);
}

} // namespace webseed::test
