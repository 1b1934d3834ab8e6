#include "layout.hpp"

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

namespace webseed::torrent {

layout::layout(metainfo torrent)
    : torrent_(std::move(torrent))
{
    auto const files = torrent_.files();
    occupied_.reserve(files.size());
    for (std::uint32_t i = 0; i < files.size(); ++i)
    {
        if (files[i].size > 0)
            occupied_.push_back({files[i].offset, i});
    }
}

byte_range layout::range_of(piece_index piece) const noexcept
{
    return range_of(piece_run{to_number(piece), to_number(piece) + 1});
}

byte_range layout::range_of(piece_run run) const noexcept
{
    auto const begin = std::min(run.first * torrent_.piece_length(), end_offset());
    auto end = std::min(run.last * torrent_.piece_length(), end_offset());
    if (is_aligned() && !run.empty())
    {
        auto const& last_file = torrent_.files()[to_number(slice_at((run.last - 1) * torrent_.piece_length(), 1).file)];
        end = std::min(end, last_file.offset + last_file.size);
    }
    return {begin, end - begin};
}

std::uint64_t layout::size_of(piece_run run) const noexcept
{
    if (!is_aligned())
        return range_of(run).size;
    std::uint64_t size = 0;
    for (auto const& each : slices(range_of(run)))
        size += each.pad ? 0 : each.size;
    return size;
}

piece_index layout::piece_at(std::uint64_t offset) const noexcept
{
    return piece_index{static_cast<std::uint32_t>(offset / torrent_.piece_length())};
}

piece_run layout::pieces_of(file_index file) const noexcept
{
    auto const& entry = torrent_.files()[to_number(file)];
    if (entry.size == 0)
        return {};
    auto const last = entry.offset + entry.size - 1;
    return {to_number(piece_at(entry.offset)), to_number(piece_at(last)) + 1};
}

file_slice layout::slice_at(std::uint64_t offset, std::uint64_t size_max) const noexcept
{
    auto const files = torrent_.files();
    // The file that holds the byte is the last one that begins at or before it.
    auto const behind = std::ranges::upper_bound(occupied_, offset, {}, &place::offset);
    auto const index = std::prev(behind)->index;
    auto const& entry = files[index];
    auto const skipped = offset - entry.offset;
    assert(skipped < entry.size || behind != occupied_.end());
    if (skipped >= entry.size)
        return {file_index{index}, skipped, std::min(size_max, behind->offset - offset), true};
    return {file_index{index}, skipped, std::min(size_max, entry.size - skipped), entry.pad};
}

std::vector<file_slice> layout::slices(byte_range range) const
{
    std::vector<file_slice> found;
    while (!range.empty())
    {
        auto const slice = slice_at(range.offset, range.size);
        found.push_back(slice);
        range.offset += slice.size;
        range.size -= slice.size;
    }
    return found;
}

std::vector<piece_run> layout::unwanted() const
{
    std::vector<piece_run> runs;
    std::uint32_t next = 0; // no wanted file before it reaches so far
    auto const leave_out = [&](std::uint32_t end) {
        if (next < end)
            runs.push_back({next, end});
    };
    bool is_selection = false;
    for (auto const& each : occupied_)
    {
        auto const file = file_index{each.index};
        if (!torrent_.is_wanted(file))
        {
            is_selection = is_selection || !torrent_.files()[each.index].pad;
            continue;
        }
        auto const pieces = pieces_of(file);
        leave_out(pieces.first);
        next = pieces.last;
    }
    leave_out(piece_count());
    if (!is_selection) // a piece of nothing but padding is like any other
        runs.clear();
    return runs;
}

std::vector<layout::twins> layout::equal_files() const
{
    std::vector<twins> found;
    std::unordered_map<sha256_hash const*, file_index> first_ones;
    for (auto const& each : occupied_)
    {
        auto const file = file_index{each.index};
        auto const roots = torrent_.piece_roots(file);
        if (roots.empty() || !torrent_.is_wanted(file))
            continue;
        auto const [known, is_first] = first_ones.emplace(roots.data(), file);
        if (!is_first)
            found.push_back({file, known->second});
    }
    return found;
}

} // namespace webseed::torrent
