#include "probe_table.hpp"

#include "format.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace webseed::app {

namespace {

constexpr std::size_t column_count = 9;
using row = std::array<std::string, column_count>;

std::string word_of(std::optional<bool> is_so, char const* yes, char const* no)
{
    if (!is_so)
        return "-";
    return *is_so ? yes : no;
}

std::string or_dash(std::string text)
{
    return text.empty() ? "-" : text;
}

row row_of(probe_report const& report)
{
    auto const is_timed = report.is_reachable && report.first_byte_time.count() > 0;
    auto const milliseconds = std::chrono::ceil<std::chrono::milliseconds>(report.first_byte_time).count();
    auto const rate = rate_of(report);
    return {
        verdict_of(report),
        std::to_string(report.pieces_right) + '/' + std::to_string(report.pieces_asked),
        word_of(report.has_ranges, "yes", "no"),
        word_of(report.has_right_size, "right", "wrong"),
        is_timed ? std::to_string(milliseconds) + " ms" : "-",
        rate == 0 ? "-" : format_size(rate) + "/s",
        or_dash(report.tls.starts_with("TLSv") ? report.tls.substr(4) : report.tls),
        or_dash(report.address),
        printable(report.url),
    };
}

// Numbers end where those above them end.
bool is_number(std::size_t column)
{
    return column == 1 || column == 4 || column == 5;
}

} // namespace

char const* verdict_of(probe_report const& report) noexcept
{
    if (!report.error)
        return "good";
    return report.is_reachable ? "bad" : "down";
}

std::uint64_t rate_of(probe_report const& report) noexcept
{
    auto const seconds = std::chrono::duration<double>(report.duration).count();
    return seconds > 0 && report.pieces_right != 0
               ? static_cast<std::uint64_t>(static_cast<double>(report.bytes_received) / seconds)
               : 0;
}

std::vector<std::string> table_of(std::vector<probe_report> const& reports)
{
    std::vector<row> rows{{"", "pieces", "ranges", "size", "answer", "rate", "TLS", "address", "mirror"}};
    std::ranges::transform(reports, std::back_inserter(rows), row_of);
    std::array<std::size_t, column_count> widths{};
    for (auto const& cells : rows)
        for (std::size_t i = 0; i != column_count; ++i)
            widths[i] = std::max(widths[i], cells[i].size());
    std::vector<std::string> lines;
    for (auto const& cells : rows)
    {
        std::string line;
        for (std::size_t i = 0; i + 1 != column_count; ++i)
        {
            std::string const padding(widths[i] - cells[i].size(), ' ');
            line += is_number(i) ? padding + cells[i] : cells[i] + padding;
            line += ' ';
        }
        lines.push_back(line + cells.back());
    }
    return lines;
}

std::string problem_of(probe_report const& report)
{
    auto const& told = report.cause.message.empty() ? report.error.message() : report.cause.message;
    auto line = printable(told.find(report.url) == told.npos ? report.url + ": " + told : told);
    if (report.redirects != 0 && !report.final_url.empty() && told.find(report.final_url) == told.npos)
        line += " (redirected to " + printable(report.final_url) + ')';
    return line;
}

} // namespace webseed::app
