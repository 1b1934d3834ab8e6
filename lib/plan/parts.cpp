#include "plan/parts.hpp"

#include <algorithm>

namespace webseed::planning {

namespace {

// More of them would cost more memory than they are worth; 16 bytes each.
constexpr std::uint64_t count_usual = 1u << 20;

} // namespace

parts::parts(torrent::layout const& pieces, twins const& equal, std::uint64_t size_max)
    : pieces_(pieces)
    , size_max_(std::min(size_max == 0 ? pieces.torrent().piece_length() : size_max, pieces.torrent().piece_length()))
{
    if (size_max == 0 || pieces.piece_count() == 0)
        return;
    while (pieces.end_offset() / size_max_ > std::max<std::uint64_t>(count_usual, pieces.piece_count()))
        size_max_ = std::min(2 * size_max_, pieces.torrent().piece_length());
    cut(equal);
    if (begins_.size() != pieces.piece_count())
        return;
    begins_ = {};
    firsts_ = {};
}

void parts::cut(twins const& equal)
{
    auto const count = pieces_.piece_count();
    firsts_.reserve(count + 1);
    for (std::uint32_t piece = 0; piece != count; ++piece)
    {
        auto const range = pieces_.range_of(static_cast<piece_index>(piece));
        firsts_.push_back(static_cast<std::uint32_t>(begins_.size()));
        begins_.push_back(range.offset);
        auto const slices = pieces_.slices(range);
        if (!equal.content_of(piece) && is_whole_in_storage(slices))
            cut_piece(slices);
    }
    firsts_.push_back(static_cast<std::uint32_t>(begins_.size()));
}

// Of the piece that begins last. Padding goes with what is before it, if there is anything.
void parts::cut_piece(std::vector<torrent::file_slice> const& slices)
{
    auto at = begins_.back();
    auto has_data = false;
    for (auto const& each : slices)
    {
        if (!each.pad && each.offset == 0 && has_data)
            begins_.push_back(at);
        at += each.size;
        has_data = has_data || !each.pad;
        while (!each.pad && at - begins_.back() > size_max_)
            begins_.push_back(begins_.back() + size_max_);
    }
}

// Whether none of it will be dropped once it is fetched. All of what is in one file alone is kept, or not wanted.
bool parts::is_whole_in_storage(std::vector<torrent::file_slice> const& slices) const
{
    auto const is_unwanted = [this](torrent::file_slice const& each) {
        return !each.pad && !pieces_.torrent().is_wanted(each.file);
    };
    return std::ranges::none_of(slices, is_unwanted) ||
           std::ranges::count(slices, false, &torrent::file_slice::pad) == 1;
}

std::uint32_t parts::count() const noexcept
{
    return are_cut() ? static_cast<std::uint32_t>(begins_.size()) : pieces_.piece_count();
}

std::uint64_t parts::size_usual() const noexcept
{
    return are_cut() ? (pieces_.end_offset() + count() - 1) / count() : pieces_.torrent().piece_length();
}

byte_range parts::range_of(part_run run) const noexcept
{
    if (!are_cut() || run.empty())
        return pieces_.range_of(run.empty() ? piece_run{} : run);
    auto const begin = begins_[run.first];
    auto end = pieces_.range_of(static_cast<piece_index>(piece_of(run.last - 1))).end();
    if (run.last != count())
        end = std::min(end, begins_[run.last]);
    return {begin, end - begin};
}

std::uint64_t parts::begin_of(std::uint32_t part) const noexcept
{
    return part == count() ? pieces_.end_offset() : range_of({part, part + 1}).offset;
}

std::uint64_t parts::size_of(part_run run) const noexcept
{
    if (run.empty())
        return 0;
    if (!are_cut())
        return pieces_.size_of(run);
    auto const range = range_of(run);
    auto const whole = pieces_of(run);
    auto const all = pieces_.range_of(whole);
    return pieces_.size_of(whole) - (range.offset - all.offset) - (all.end() - range.end());
}

std::uint32_t parts::at(std::uint64_t offset) const noexcept
{
    if (!are_cut())
        return to_number(pieces_.piece_at(offset));
    auto const piece = to_number(pieces_.piece_at(offset));
    auto const first = begins_.begin() + firsts_[piece];
    auto const last = begins_.begin() + firsts_[piece + 1];
    return static_cast<std::uint32_t>(std::upper_bound(first, last, offset) - begins_.begin()) - 1;
}

part_run parts::of(piece_run run) const noexcept
{
    return are_cut() ? part_run{firsts_[run.first], firsts_[run.last]} : run;
}

std::uint32_t parts::piece_of(std::uint32_t part) const noexcept
{
    return are_cut() ? to_number(pieces_.piece_at(begins_[part])) : part;
}

part_run parts::of(file_index file) const noexcept
{
    if (!are_cut())
        return pieces_.pieces_of(file);
    auto const& entry = pieces_.torrent().files()[to_number(file)];
    if (entry.size == 0)
        return {};
    return {at(entry.offset), at(entry.offset + entry.size - 1) + 1};
}

part_run parts::first(part_run run, std::uint64_t size) const noexcept
{
    auto const begin = range_of({run.first, run.first + 1}).offset;
    if (size >= pieces_.end_offset() - begin)
        return run;
    return {run.first, std::clamp(at(begin + size), run.first + 1, run.last)};
}

part_run parts::first_whole(part_run run, std::uint64_t size) const noexcept
{
    auto const few = first(run, size);
    if (!are_cut() || few.last == run.last)
        return few;
    auto const before = of_piece(piece_of(few.last)).first;
    if (before > few.first)
        return {few.first, before};
    return {few.first, std::min(run.last, of_piece(piece_of(few.last)).last)};
}

} // namespace webseed::planning
