// Files that a seed hasn't got, and when it may be asked again: files are still being copied to mirrors, and what is
// forbidden now may not be in an hour. Pure: times and random numbers are arguments.
//
//   unknown --add--> refused --time (take_due)--> due --add--> refused, for twice as long
//      ^                                          |
//      +---------------------------forget---------+
//
// A file that fails time and again counts as one that is missing, too.
#pragma once

#include "plan/seed_health.hpp"

#include <webseed/types.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace webseed::planning {

class missing_files
{
public:
    explicit missing_files(health_options const& options)
        : options_(options)
    {}

    /// The seed hasn't got it. Returns whether that is news. @param random  uniform.
    bool add(file_index file, time_point now, std::uint64_t random);
    /// It has failed: how often in a row, with this time.
    std::uint32_t count_failure(file_index file) { return ++failures_[file]; }
    /// A file that may be asked for again now, if there is one; the next one only after a while.
    std::optional<file_index> take_due(time_point now);
    /// When take_due() has something; time_point::max(): never.
    time_point next_due() const noexcept;
    /// It is there after all, or isn't wanted any more: nothing if it is refused. If one is there, others may be: the
    /// next one is due without a wait.
    void forget(file_index file);
    /// It may be asked for again as if it had never been missing.
    void pardon(file_index file);

    /// Whether there is nothing to forget.
    bool empty() const noexcept { return files_.empty() && failures_.empty(); }
    bool is_known(file_index file) const { return files_.contains(file); }
    bool is_refused(file_index file) const;
    /// When a refused one is due, if not later.
    time_point due_of(file_index file) const;

private:
    struct entry
    {
        duration wait{};
        bool is_refused = true;
    };

    health_options options_;
    std::map<file_index, entry> files_;
    std::map<file_index, std::uint32_t> failures_;        // in a row
    std::set<std::pair<time_point, file_index>> refused_; // by the time when they are due
    time_point next_ = time_point::min();                 // nothing is due before this
};

} // namespace webseed::planning
