// What a run may have fetched, and must have in the end, after all that was selected and read in it.
#pragma once

#include "plan/parts.hpp"
#include "sim/verdict.hpp"
#include "torrent/layout.hpp"

#include <cstdint>
#include <vector>

namespace webseed::test::sim {

class expectation
{
public:
    /// @param of  must outlive it, with all that it names.
    explicit expectation(case_of_one const& of);
    expectation(expectation const&) = delete;
    expectation& operator=(expectation const&) = delete;

    torrent::layout const& layout() const noexcept { return layout_; }
    /// Wanted from the start, and whatever happens.
    bool is_wanted(std::uint32_t piece) const { return wanted_[piece]; }
    /// Or at some time, or by somebody who reads.
    bool may_be_fetched(std::uint32_t piece) const { return fetched_[piece]; }
    /// What is complete has the file.
    bool must_have(file_index file) const;
    /// Nobody has read or selected anything but what was wanted anyway: all figures are known.
    bool is_plain() const noexcept { return is_plain_; }
    /// A piece that no file has a byte of which wasn't wanted all the time: nothing of it is ever given up.
    bool is_steady(std::uint32_t piece) const;
    /// Of a piece, without padding.
    std::uint64_t size_of(std::uint32_t piece) const;

    /// Slices of parts: each is asked for once; and the most that a piece has.
    std::uint64_t slices() const noexcept { return slices_; }
    std::uint64_t slices_max() const noexcept { return slices_max_; }
    /// Bytes that may be fetched, as often as somebody wants them anew.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    void count(torrent::piece_run run, unsigned times);
    void count_reads();
    void count_selections();
    void count_ends(file_index file);

    case_of_one const& of_;
    torrent::layout layout_;
    planning::twins twins_;
    planning::parts parts_;
    std::vector<bool> wanted_;
    std::vector<bool> fetched_;
    bool is_plain_ = true;
    std::uint64_t slices_ = 0;
    std::uint64_t slices_max_ = 1;
    std::uint64_t bytes_ = 0;
};

} // namespace webseed::test::sim
