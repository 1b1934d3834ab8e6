#include "selection.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fnmatch.h>

namespace webseed::app {

namespace {

std::optional<std::uint32_t> number_of(std::string_view text)
{
    std::uint32_t number = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

/// Nothing if it is no list of indices at all.
std::optional<std::vector<file_range>> ranges_of(std::string_view text)
{
    std::vector<file_range> ranges;
    while (!text.empty())
    {
        auto const item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        auto const dash = item.find('-');
        auto const first = number_of(item.substr(0, dash));
        auto const last = dash == item.npos ? first : number_of(item.substr(dash + 1));
        if (!first || !last || *last < *first || *last == UINT32_MAX)
            return std::nullopt;
        ranges.push_back({*first, *last + 1});
    }
    return ranges;
}

class selector
{
public:
    explicit selector(metainfo const& torrent)
        : torrent_(torrent)
    {}

    /// Whether it has any file.
    bool add(file_range range)
    {
        auto const end = std::min<std::size_t>(range.end, torrent_.files().size());
        for (auto i = range.first; i < end; ++i)
            files_.push_back(file_index{i});
        return range.first < end;
    }

    bool add(std::string const& pattern)
    {
        auto const before = files_.size();
        auto const files = torrent_.files();
        for (std::uint32_t i = 0; i != files.size(); ++i)
        {
            std::string const path(files[i].path);
            if (!files[i].pad && (matches(pattern, path) || matches(pattern, path.substr(path.find('/') + 1))))
                files_.push_back(file_index{i});
        }
        return files_.size() != before;
    }

    metainfo take() const { return torrent_.select(files_); }

private:
    static bool matches(std::string const& pattern, std::string const& path)
    {
        return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
    }

    metainfo const& torrent_;
    std::vector<file_index> files_;
};

} // namespace

boost::system::result<metainfo>
select_files(loaded_torrent const& loaded, std::vector<std::string> const& wanted, diagnostics& cause)
{
    auto const& torrent = loaded.torrent.value();
    if (wanted.empty() && loaded.selection.empty())
        return torrent;
    selector chosen(torrent);
    auto const refuse = [&](std::string const& what) {
        cause.message = what + " is no file of " + torrent.name();
        return error_code(errc::option_invalid);
    };
    if (wanted.empty())
    {
        auto found = false;
        for (auto const range : loaded.selection)
            found = chosen.add(range) || found;
        if (!found)
            return refuse("what the magnet link selects");
    }
    for (auto const& text : wanted)
    {
        auto const ranges = ranges_of(text);
        auto found = !ranges && chosen.add(text);
        if (ranges)
            found = std::ranges::all_of(*ranges, [&](file_range range) { return chosen.add(range); });
        if (!found && !(ranges && chosen.add(text))) // a file may have a number for its name
            return refuse(text);
    }
    return chosen.take();
}

} // namespace webseed::app
