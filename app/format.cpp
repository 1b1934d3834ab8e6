#include "format.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <system_error>

namespace webseed::app {

std::string format_size(std::uint64_t bytes)
{
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

std::optional<std::uint64_t> parse_size(std::string_view text)
{
    constexpr std::string_view units = "KMG";
    unsigned shift = 0;
    if (!text.empty())
    {
        auto const letter = static_cast<char>(text.back() & ~0x20);
        auto const unit = units.find(letter);
        if (unit != units.npos)
        {
            shift = 10 * (static_cast<unsigned>(unit) + 1);
            text.remove_suffix(1);
        }
    }
    std::uint64_t number = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number >> (63 - shift) != 0)
        return std::nullopt;
    return number << shift;
}

std::string format_date(std::int64_t seconds_since_1970)
{
    auto const time = static_cast<std::time_t>(seconds_since_1970);
    std::tm parts{};
    std::array<char, 32> text{};
    bool const is_date = seconds_since_1970 >= 0 && ::gmtime_r(&time, &parts) != nullptr && parts.tm_year < 8100 &&
                         std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) != 0;
    return is_date ? text.data() : std::to_string(seconds_since_1970);
}

std::string format_duration(std::chrono::seconds duration)
{
    auto const seconds = duration.count();
    auto const number = [](auto value, char const* unit) { return std::to_string(value) + unit; };
    if (seconds < 60)
        return number(seconds, "s");
    if (seconds < 3600)
        return number(seconds / 60, "m") + number(seconds % 60, "s");
    return number(seconds / 3600, "h") + number(seconds / 60 % 60, "m");
}

std::string printable(std::string_view text)
{
    std::string clean;
    for (auto const c : text)
    {
        auto const byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
        {
            clean += c;
            continue;
        }
        std::array<char, 8> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
        clean += escaped.data();
    }
    return clean;
}

} // namespace webseed::app
