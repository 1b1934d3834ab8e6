#include "byte_span.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace webseed::app {

namespace {

// Nothing for what isn't a number; its greatest for what is too large.
std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument)
        return std::nullopt;
    return error == std::errc() ? number : std::numeric_limits<std::uint64_t>::max();
}

} // namespace

std::optional<byte_span> byte_span::parse(std::string_view text)
{
    auto const dash = text.find('-');
    if (dash == text.npos || text.size() == 1)
        return std::nullopt;
    byte_span made;
    if (dash != 0 && !(made.first = number_in(text.substr(0, dash))))
        return std::nullopt;
    if (dash + 1 != text.size() && !(made.last = number_in(text.substr(dash + 1))))
        return std::nullopt;
    if (made.first && made.last && *made.first > *made.last)
        return std::nullopt;
    return made;
}

byte_span::bounds byte_span::of(std::uint64_t size) const
{
    if (!first)
        return {size - std::min(size, last.value_or(size)), size};
    auto const begin = std::min(size, *first);
    return {begin, last && *last < size ? *last + 1 : size};
}

} // namespace webseed::app
