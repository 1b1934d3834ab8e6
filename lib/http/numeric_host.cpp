#include "http/numeric_host.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace webseed::http {

namespace {

constexpr std::size_t number_count_max = 4;

std::optional<std::uint32_t> parse_number(std::string_view text)
{
    auto base = 10;
    if (text == "0x")
        return 0;
    if (text.starts_with("0x"))
    {
        text.remove_prefix(2);
        base = 16;
    }
    else if (text.starts_with('0'))
        base = 8;
    std::uint32_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

bool looks_like_number(std::string_view label)
{
    return !label.empty() &&
           (std::ranges::all_of(label, is_digit) ||
            (label.starts_with("0x") && label.find_first_not_of("0123456789abcdef", 2) == label.npos));
}

std::optional<std::uint32_t> parse_address(std::string_view text)
{
    std::uint32_t address = 0;
    for (std::size_t count = 1; count <= number_count_max; ++count)
    {
        auto const dot = std::min(text.find('.'), text.size());
        auto const number = parse_number(text.substr(0, dot));
        auto const is_last = dot == text.size();
        auto const bits = is_last ? 8 * (number_count_max + 1 - count) : 8;
        if (!number || *number >= std::uint64_t(1) << bits)
            return std::nullopt;
        address = static_cast<std::uint32_t>(std::uint64_t(address) << bits) | *number;
        if (is_last)
            return address;
        text.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> with_usual_address(std::string host)
{
    std::string_view text = host;
    if (text.ends_with('.'))
        text.remove_suffix(1);
    if (!looks_like_number(text.substr(text.rfind('.') + 1)))
        return host;
    auto const address = parse_address(text);
    if (!address)
        return std::nullopt;
    std::string usual;
    for (auto shift = 24; shift >= 0; shift -= 8)
        usual += std::to_string(*address >> shift & 0xff) + (shift != 0 ? "." : "");
    return usual;
}

} // namespace webseed::http
