// A chunked body behind a right head, against a second decoder. First line: the decisions of drawn_exchange().
//
//   body  = *( size [ext] CR LF data CR LF ) 1*"0" [ext] CR LF *( name ":" value CR LF ) CR LF       RFC 9112
//   section 7.1
#include "fuzz/exchange.hpp"

#include <charconv>
#include <optional>

namespace webseed::test {

namespace {

struct decoded
{
    std::string data;
    std::string_view rest;
};

bool is_token(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Knows the simplest extensions and trailers only: a run of `;name` or `;name=value`, and `Name: value`.
bool is_simple_extension(std::string_view text)
{
    char before = '\0';
    for (auto const c : text)
    {
        if (!is_token(c) && !(c == ';' && (before == '\0' || is_token(before))) && !(c == '=' && is_token(before)))
            return false;
        before = c;
    }
    auto const equals = std::ranges::count(text, '=');
    return text.empty() ||
           (text.front() == ';' && is_token(before) && equals <= 1 && equals <= std::ranges::count(text, ';'));
}

bool is_simple_trailer(std::string_view line)
{
    auto const colon = line.find(": ");
    return colon != 0 && colon != line.npos && colon + 2 != line.size() &&
           std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_token) &&
           std::all_of(line.begin() + static_cast<std::ptrdiff_t>(colon) + 2, line.end(), is_token);
}

// Nothing unless all of it is right, simple, and far from the limit of a chunk's head.
std::optional<decoded> decode(std::string_view text)
{
    constexpr std::size_t digits_max = 8;
    constexpr std::string_view line_end = "\r\n";
    constexpr std::size_t line_size_max = 8 * 1024;
    decoded made;
    input left(text);
    for (;;)
    {
        auto const line = left.until(line_end);
        std::size_t size = 0;
        auto const [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
        auto const digits = static_cast<std::size_t>(end - line.data());
        if (error != std::errc() || line.size() > line_size_max || digits > digits_max ||
            !is_simple_extension(line.substr(digits)))
            return std::nullopt;
        if (size == 0)
            break;
        if (left.rest().size() < size + line_end.size() || left.rest().substr(size, line_end.size()) != line_end)
            return std::nullopt;
        made.data += left.rest().substr(0, size);
        left = input(left.rest().substr(size + line_end.size()));
    }
    for (;;)
    {
        auto const is_ended = left.rest().find(line_end) != std::string_view::npos;
        auto const line = left.until(line_end);
        if (!is_ended || line.size() > line_size_max || (!line.empty() && !is_simple_trailer(line)))
            return std::nullopt;
        if (line.empty())
            break;
    }
    made.rest = left.rest();
    return made;
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    auto plan = drawn_exchange(bytes);
    auto const body = plan.scripted.bytes;
    auto const range = plan.request.range;
    plan.scripted.bytes = "HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes " +
                          std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) + '/' +
                          std::to_string(plan.request.file_size) + "\r\n\r\n" + body;
    auto const result = exchange_both_ways(plan.scripted, plan.request);
    auto const& first = result.first;
    require(first.status == 206, "the head is right");
    require(first.error.failed() == (first.delivered != range.size), "all or an error");
    auto const expected = decode(body);
    if (!expected)
        return;
    require(result.body == expected->data.substr(0, range.size), "what is delivered is right");
    auto const is_whole = expected->data.size() == range.size;
    if (expected->data.size() < range.size)
        require(first.error == errc::body_truncated, "what is short is truncated");
    if (!is_whole || !expected->rest.empty())
        require(!result.is_reused, "a connection with more on it isn't used again");
    else if (plan.scripted.end == stream_end::silence)
        require(result.is_reused, "a connection with no more on it is used again");
}

} // namespace webseed::test
