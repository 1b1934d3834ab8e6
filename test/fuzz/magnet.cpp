// Magnet links. A text, which is tried as a link, and as the selection of one.
#include "fuzz/allocations.hpp"
#include "fuzz/input.hpp"

#include <webseed/magnet.hpp>

#include <set>

namespace webseed::test {

namespace {

magnet_limits small_limits()
{
    magnet_limits limits;
    limits.size_max = 16 << 10;
    limits.seed_count_max = 5;
    limits.source_count_max = 3;
    limits.url_size_max = 64;
    limits.file_count_max = 50;
    return limits;
}

bool is_printable(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void check_urls(std::vector<std::string> const& urls, std::size_t count_max, magnet_limits const& limits)
{
    require(urls.size() <= count_max, "there are not more URLs than allowed");
    require(std::set(urls.begin(), urls.end()).size() == urls.size(), "none is there twice");
    for (auto const& url : urls)
    {
        require(url.size() <= limits.url_size_max, "none is longer than allowed");
        require((url[0] | 0x20) == 'h' && url.find("://") < 6, "it's for HTTP");
        require(std::ranges::none_of(url, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }), "it's a line");
    }
}

void check_selection(std::vector<file_range> const& selection, magnet_limits const& limits)
{
    std::int64_t end = -1;
    for (auto const range : selection)
    {
        require(range.first > end, "selected files are in order, with gaps between the ranges");
        require(range.end > range.first && range.end <= limits.file_count_max, "a range has files that can be");
        end = range.end;
    }
}

std::string escaped(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string made;
    for (auto const c : text)
    {
        auto const byte = static_cast<unsigned char>(c);
        made.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return made;
}

// Another text that says the same.
std::string written(magnet_link const& link)
{
    std::string text = "magnet://?";
    if (link.infohash_v2)
        text += "xt=urn:btmh:1220" + to_hex(*link.infohash_v2) + '&';
    if (link.infohash_v1)
        text += "xt=urn:btih:" + to_hex(*link.infohash_v1) + '&';
    if (link.size)
        text += "xl.1=" + std::to_string(*link.size) + '&';
    for (auto const& url : link.acceptable_sources)
        text += "as=" + escaped(url) + '&';
    for (auto const& url : link.exact_sources)
        text += "XS=" + escaped(url) + '&';
    for (auto const& url : link.web_seeds)
        text += "ws.0=" + escaped(url) + '&';
    for (auto range = link.selection.rbegin(); range != link.selection.rend(); ++range)
        text += "so=" + std::to_string(range->first) + '-' + std::to_string(range->end - 1) + '&';
    return text + "dn=" + escaped(link.name);
}

bool say_the_same(magnet_link const& one, magnet_link const& other)
{
    return one.infohash_v1 == other.infohash_v1 && one.infohash_v2 == other.infohash_v2 && one.name == other.name &&
           one.size == other.size && one.web_seeds == other.web_seeds && one.exact_sources == other.exact_sources &&
           one.acceptable_sources == other.acceptable_sources && one.selection == other.selection;
}

void check_link(std::string_view text, magnet_limits const& limits)
{
    diagnostics cause;
    cause.message.reserve(512); // what is said is small, and not counted
    boost::system::result<magnet_link> link = error_code(errc::internal);
    {
        allocation_peak const peak;
        link = magnet_link::parse(text, limits, &cause);
        require(peak.bytes() <= 16 * text.size() + (32 << 10), "memory follows the size of the link");
    }
    require(link.has_value() == cause.message.empty(), "a refusal says why");
    if (!link)
    {
        require(link.error() == errc::magnet_invalid && is_printable(cause.message), "a refusal is one of a link");
        return;
    }
    require(text.size() <= limits.size_max, "no link is longer than allowed");
    require(link->infohash_v1 || link->infohash_v2, "every link has an info-hash");
    require(!link->size || *link->size <= INT64_MAX, "a size is one");
    check_urls(link->web_seeds, limits.seed_count_max, limits);
    check_urls(link->exact_sources, limits.source_count_max, limits);
    check_urls(link->acceptable_sources, limits.source_count_max, limits);
    check_selection(link->selection, limits);
    require(link->warnings.size() <= 64, "there are not many warnings");
    for (auto const& warning : link->warnings)
        require(is_printable(warning) && warning.size() < 200, "a warning is a line of ours");

    auto wide = limits;
    wide.size_max *= 4;
    auto const again = magnet_link::parse(written(*link), wide);
    require(again && again->warnings.empty() && say_the_same(*link, *again), "what was read can be written and read");
    if (auto const query = text.find('?'); query != text.npos)
    {
        auto twice = std::string(text).append("&").append(text.substr(query + 1));
        auto const repeated = magnet_link::parse(twice, wide);
        require(repeated && say_the_same(*link, *repeated), "saying it twice changes nothing");
    }
}

// Nothing unless it's a number below 10000.
std::optional<unsigned> small_number(std::string_view digits)
{
    while (digits.size() > 4 && digits.starts_with('0'))
        digits.remove_prefix(1);
    if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != digits.npos)
        return std::nullopt;
    return static_cast<unsigned>(std::stoi(std::string(digits)));
}

// Member by member, file by file.
std::set<std::uint32_t> reference(std::string_view text, std::uint32_t file_count)
{
    std::set<std::uint32_t> files;
    for (input members(text); !members.empty();)
    {
        auto const member = members.until(",");
        auto const dash = member.find('-');
        auto const first = small_number(member.substr(0, dash));
        auto const last = dash == member.npos ? first : small_number(member.substr(dash + 1));
        if (first && last && *last < file_count)
            for (auto i = *first; i <= *last; ++i)
                files.insert(i);
    }
    return files;
}

void check_selected(std::string_view text, magnet_limits const& limits)
{
    if (text.find_first_of("&%=") != text.npos || text.size() > 4096)
        return;
    auto const link = magnet_link::parse(
        std::string("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&so=").append(text), limits);
    require(link.has_value(), "no selection makes a link a bad one");
    std::set<std::uint32_t> files;
    for (auto const range : link->selection)
        for (auto i = range.first; i != range.end; ++i)
            files.insert(i);
    require(files == reference(text, limits.file_count_max), "those files are selected that are meant");
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    auto const text = without_last_newline(text_of(bytes));
    check_link(text, small_limits());
    check_link(text, {});
    check_selected(text, small_limits());
}

} // namespace webseed::test
