#include "plan/read_ahead.hpp"

#include <algorithm>

namespace webseed::planning {

namespace {

piece_run pieces_of(torrent::layout const& pieces, std::uint64_t begin, std::uint64_t end)
{
    return {to_number(pieces.piece_at(begin)), to_number(pieces.piece_at(end - 1)) + 1};
}

} // namespace

read_ahead::read_id
read_ahead::begin(reader_id reader, byte_range range, std::uint64_t end, read_ahead_options const& options)
{
    auto const [found, is_new] = readers_.try_emplace(reader);
    auto& at = found->second;
    auto const goes_on = !is_new && range.offset == at.next;
    at.count = goes_on ? at.count + range.size : 0;
    at.next = range.end();
    auto const size = std::clamp(at.count, std::min(options.least, options.most), options.most);
    // A quarter at a time: what is asked for together comes together.
    if (!goes_on || at.until < at.next + size - size / 4)
        at.until = std::min(end, at.next + size);
    reads_.emplace(begun_count_, range);
    return begun_count_++;
}

void read_ahead::end(read_id read)
{
    reads_.erase(read);
}

void read_ahead::remove(reader_id reader)
{
    readers_.erase(reader);
}

std::vector<urgent_run> read_ahead::wanted(torrent::layout const& pieces, std::uint64_t kept_size_max) const
{
    std::vector<urgent_run> runs;
    for (auto const& [id, range] : reads_)
        runs.push_back({pieces_of(pieces, range.offset, range.end()), true});
    auto const each = kept_size_max / std::max<std::size_t>(1, readers_.size());
    for (auto const& [id, at] : readers_)
    {
        if (at.next < at.until && each != 0)
            runs.push_back({pieces_of(pieces, at.next, at.next + std::min(at.until - at.next, each)), false});
    }
    return runs;
}

} // namespace webseed::planning
