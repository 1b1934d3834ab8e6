#include "sim/expectation.hpp"

#include <algorithm>

namespace webseed::test::sim {

expectation::expectation(case_of_one const& of)
    : of_(of)
    , layout_(of.content.torrent)
    , twins_(layout_)
    , parts_(layout_, twins_, of.what.kept_size_max != 0 ? 0 : of.what.options.part_size_max)
    , wanted_(layout_.piece_count())
    , fetched_(layout_.piece_count())
{
    for (std::uint32_t i = 0; i != layout_.piece_count(); ++i)
    {
        wanted_[i] = of.what.kept_size_max == 0 && of.content.is_wanted_piece(i);
        if (wanted_[i])
            count({i, i + 1}, 1);
    }
    count_selections();
    count_reads();
}

void expectation::count(torrent::piece_run run, unsigned times)
{
    for (; !run.empty(); ++run.first)
    {
        fetched_[run.first] = true;
        std::uint64_t slices = 0;
        for (auto part = parts_.of_piece(run.first); !part.empty(); ++part.first)
            slices += layout_.slices(parts_.range_of({part.first, part.first + 1})).size();
        slices_ += slices * times;
        slices_max_ = std::max(slices_max_, slices);
        bytes_ += size_of(run.first) * times;
    }
}

// Of a file that wasn't to be kept so far, what lies in pieces that it shares with others is fetched again.
void expectation::count_ends(file_index file)
{
    auto const run = layout_.pieces_of(file);
    if (run.empty() || of_.content.torrent.is_wanted(file))
        return;
    count({run.first, run.first + 1}, 1);
    count({run.last - 1, run.last}, 1);
}

// What was given up is fetched anew when it is wanted again.
void expectation::count_selections()
{
    for (auto const& [file, is_wanted] : of_.seen.selections)
    {
        is_plain_ = false;
        count_ends(file);
        if (of_.what.kept_size_max == 0)
            count(layout_.pieces_of(file), 1);
    }
}

// What nobody else wants is fetched for a read, and may be given up when it has ended; a storage that keeps little may
// have lost what was read ahead.
void expectation::count_reads()
{
    auto const is_kept = of_.what.kept_size_max == 0;
    for (auto const& reads : of_.seen.reads)
    {
        is_plain_ = is_plain_ && is_kept && of_.content.torrent.is_wanted(reads.file);
        count_ends(reads.file);
        for (auto const& range : reads.touched)
            for (auto offset = range.offset; range.size != 0 && offset < range.end();)
            {
                auto const piece = layout_.piece_at(offset);
                auto const run = torrent::piece_run{to_number(piece), to_number(piece) + 1};
                if (!wanted_[run.first] || !is_steady(run.first))
                    count(run, is_kept ? 1 : 2);
                offset = std::max(layout_.range_of(piece).end(), offset + 1);
            }
    }
}

bool expectation::must_have(file_index file) const
{
    auto is_wanted = of_.content.torrent.is_wanted(file);
    auto const is_sure = of_.what.stays() && !of_.seen.was_ended;
    for (auto const& [each, now] : of_.seen.selections)
        if (each == file)
            is_wanted = now ? is_wanted || is_sure : false;
    return is_wanted;
}

bool expectation::is_steady(std::uint32_t piece) const
{
    auto const slices = layout_.slices(layout_.range_of(static_cast<piece_index>(piece)));
    return wanted_[piece] && std::ranges::all_of(slices, [this](torrent::file_slice const& each) {
               auto const is_its = [&each](auto const& one) { return one.first == each.file && !one.second; };
               return each.pad ||
                      (of_.content.torrent.is_wanted(each.file) && std::ranges::none_of(of_.seen.selections, is_its));
           });
}

std::uint64_t expectation::size_of(std::uint32_t piece) const
{
    std::uint64_t size = 0;
    for (auto const& slice : layout_.slices(layout_.range_of(static_cast<piece_index>(piece))))
        size += slice.pad ? 0 : slice.size;
    return size;
}

} // namespace webseed::test::sim
