#include "http/times.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace webseed::http {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                               "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes the parts of a date off the front of a text. What isn't there makes it fail for good.
class date_reader
{
public:
    explicit date_reader(std::string_view text)
        : rest_(text)
    {}

    void skip(std::string_view expected)
    {
        if (rest_.starts_with(expected))
            rest_.remove_prefix(expected.size());
        else
            has_failed_ = true;
    }

    void skip_day_name(bool is_long)
    {
        for (auto const day : days)
            if (auto const name = is_long ? day : day.substr(0, 3); rest_.starts_with(name))
                return rest_.remove_prefix(name.size());
        has_failed_ = true;
    }

    // So many digits; 0 if they aren't there.
    unsigned number(std::size_t digit_count)
    {
        unsigned value = 0;
        for (std::size_t i = 0; i != digit_count; ++i)
        {
            if (i == rest_.size() || !is_digit(rest_[i]))
            {
                has_failed_ = true;
                return 0;
            }
            value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
        }
        rest_.remove_prefix(digit_count);
        return value;
    }

    month month_name()
    {
        auto const* const found = std::ranges::find(months, rest_.substr(0, 3));
        if (found == months.end())
            has_failed_ = true;
        else
            rest_.remove_prefix(3);
        return month(static_cast<unsigned>(found - months.begin()) + 1);
    }

    seconds time()
    {
        auto const hour = number(2);
        skip(":");
        auto const minute = number(2);
        skip(":");
        auto const second = number(2);
        has_failed_ = has_failed_ || hour > 23 || minute > 59 || second > 60; // a leap second has the number 60
        return hours(hour) + minutes(minute) + seconds(second);
    }

    bool is_next(char c) const { return rest_.starts_with(c); }
    bool is_good() const { return !has_failed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool has_failed_ = false;
};

int full_year(unsigned last_digits)
{
    return static_cast<int>(last_digits + (last_digits < 70 ? 2000 : 1900));
}

std::optional<sys_seconds> made_of(date_reader const& read, year_month_day date, seconds time)
{
    if (!read.is_good() || !date.ok())
        return std::nullopt;
    return sys_days(date) + time;
}

std::optional<sys_seconds> parse_asctime(std::string_view text)
{
    date_reader read(text);
    read.skip_day_name(false);
    read.skip(" ");
    auto const month = read.month_name();
    read.skip(" ");
    auto const is_short = read.is_next(' ');
    if (is_short)
        read.skip(" ");
    auto const day_of_month = day(read.number(is_short ? 1 : 2));
    read.skip(" ");
    auto const time = read.time();
    read.skip(" ");
    auto const in_year = year(static_cast<int>(read.number(4)));
    return made_of(read, in_year / month / day_of_month, time);
}

// The other two differ in the name of the day, what stands between the parts of the date, and the year's digits.
std::optional<sys_seconds> parse_with_comma(std::string_view text, bool is_rfc850)
{
    auto const* const gap = is_rfc850 ? "-" : " ";
    date_reader read(text);
    read.skip_day_name(is_rfc850);
    read.skip(", ");
    auto const day_of_month = day(read.number(2));
    read.skip(gap);
    auto const month = read.month_name();
    read.skip(gap);
    auto const in_year = is_rfc850 ? full_year(read.number(2)) : static_cast<int>(read.number(4));
    read.skip(" ");
    auto const time = read.time();
    read.skip(" GMT");
    return made_of(read, year(in_year) / month / day_of_month, time);
}

} // namespace

std::optional<seconds> parse_seconds(std::string_view text) noexcept
{
    if (text.empty() || !std::ranges::all_of(text, is_digit))
        return std::nullopt;
    std::int64_t number = 0;
    auto const has_failed = std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc();
    return has_failed ? seconds_max : std::min(seconds(number), seconds_max);
}

std::optional<sys_seconds> parse_date(std::string_view text) noexcept
{
    auto const comma = text.find(',');
    return comma == text.npos ? parse_asctime(text) : parse_with_comma(text, comma != 3);
}

} // namespace webseed::http
