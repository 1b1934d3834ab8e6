#include "sim/site.hpp"

#include "support/content.hpp"
#include "support/v2_torrents.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace webseed::test::sim {

namespace {

// Of each file in turn.
std::vector<std::string> draw_content(scenario const& what)
{
    dice chance(what.seed);
    std::vector<std::string> all;
    std::map<std::uint64_t, std::string> known; // by size
    for (auto const& file : what.files)
    {
        std::string content;
        if (auto const twin = known.find(file.size); twin != known.end())
            content = twin->second;
        auto const is_pad = file.path.empty();
        while (content.size() != file.size)
            content += is_pad ? '\0' : static_cast<char>('a' + chance.below(26));
        if (what.has_twins && !is_pad)
            known[file.size] = content;
        all.push_back(std::move(content));
    }
    return all;
}

metainfo v1_torrent_of(scenario const& what, std::string const& stream, std::string const& scripts)
{
    auto const hashes = hashes_of(stream, what.piece_length);
    return torrent_of(what.files, what.piece_length, hashes, {{"httpseeds", scripts}});
}

metainfo v2_torrent_of(scenario const& what, std::vector<v2_file> const& files, std::string const& scripts)
{
    auto parts = what.format == torrent_format::hybrid ? hybrid_parts_of(files, what.piece_length)
                                                       : v2_parts_of(files, what.piece_length);
    parts.top["httpseeds"] = scripts;
    return parsed(parts);
}

// Each file where the torrent has it. @param files  in the torrent's order.
std::string stream_of(metainfo const& torrent, std::vector<v2_file> const& files)
{
    std::string stream(torrent.end_offset(), '\0');
    auto next = files.begin();
    for (auto const& entry : torrent.files())
        if (!entry.pad)
            stream.replace(entry.offset, entry.size, (next++)->content);
    return stream;
}

metainfo selected_from(metainfo const& torrent, std::vector<std::string> const& names)
{
    if (names.empty())
        return torrent;
    std::vector<file_index> files;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const path = torrent.raw_path(file_index{i});
        if (!path.empty() && std::ranges::find(names, path.back()) != names.end())
            files.push_back(file_index{i});
    }
    return torrent.select(files);
}

} // namespace

file_entry const* site::find(std::string const& target) const
{
    for (auto const& file : torrent.files())
        if (!file.pad && "/" + std::string(file.path) == target)
            return &file;
    return nullptr;
}

file_index site::named_file(std::uint64_t number) const
{
    std::vector<std::uint32_t> named;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
        if (!torrent.files()[i].pad)
            named.push_back(i);
    return file_index{named[number % named.size()]};
}

bool site::is_wanted(file_entry const& file) const
{
    return torrent.is_wanted(file_index{static_cast<std::uint32_t>(&file - torrent.files().data())});
}

bool site::is_twin(file_entry const& file) const
{
    if (!torrent.infohash_v2() || file.pad || file.size == 0 || !is_wanted(file))
        return false;
    auto const text = std::string_view(content).substr(file.offset, file.size);
    auto const is_same = [&](file_entry const& other) {
        return !other.pad && is_wanted(other) && std::string_view(content).substr(other.offset, other.size) == text;
    };
    return std::ranges::find_if(torrent.files(), is_same)->offset != file.offset;
}

bool site::is_wanted_piece(std::uint32_t piece) const
{
    auto const is_left_out = [this](file_entry const& file) { return !file.pad && file.size != 0 && !is_wanted(file); };
    if (std::ranges::none_of(torrent.files(), is_left_out))
        return true; // a piece of nothing but padding is like any other
    auto const first = piece * torrent.piece_length();
    auto const last = first + torrent.piece_length();
    return std::ranges::any_of(torrent.files(), [&](file_entry const& file) {
        return is_wanted(file) && file.size != 0 && file.offset < last && file.offset + file.size > first;
    });
}

std::shared_ptr<site const> make_site(scenario const& what)
{
    std::vector<std::string> scripts;
    for (auto const& mirror : what.mirrors)
        if (mirror.speaks != speech::files)
            scripts.push_back(mirror.url());
    auto const script_list = list_of_strings(scripts);
    auto const content = draw_content(what);
    if (what.format == torrent_format::v1)
    {
        auto stream = std::accumulate(content.begin(), content.end(), std::string());
        auto const torrent = v1_torrent_of(what, stream, script_list);
        return std::make_shared<site const>(site{selected_from(torrent, what.wanted), std::move(stream)});
    }
    std::vector<v2_file> files;
    for (std::size_t i = 0; i != content.size(); ++i)
        files.push_back({what.files[i].path, content[i]});
    std::ranges::sort(files, {}, &v2_file::path); // as a tree has them
    auto const torrent = v2_torrent_of(what, files, script_list);
    return std::make_shared<site const>(site{selected_from(torrent, what.wanted), stream_of(torrent, files)});
}

} // namespace webseed::test::sim
