#include "layout.hpp"

#include <algorithm>
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
            occupied_.push_back(i);
    }
}

byte_range layout::range_of(piece_index piece) const noexcept
{
    return range_of(piece_run{to_number(piece), to_number(piece) + 1});
}

byte_range layout::range_of(piece_run run) const noexcept
{
    auto const begin = std::min(run.first * torrent_.piece_length(), total_size());
    auto const end = std::min(run.last * torrent_.piece_length(), total_size());
    return {begin, end - begin};
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
    auto const behind = std::upper_bound(
        occupied_.begin(), occupied_.end(), offset,
        [files](std::uint64_t wanted, std::uint32_t index) { return wanted < files[index].offset; });
    auto const index = *std::prev(behind);
    auto const& entry = files[index];
    auto const skipped = offset - entry.offset;
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

} // namespace webseed::torrent
