// The simulated disk of one run: holds what is stored from the start, and fails as the scenario says.
#pragma once

#include "sim/mirror.hpp"
#include "sim/scenario.hpp"
#include "sim/simulation.hpp"
#include "support/simulated_disk.hpp"

#include <webseed/storage.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace webseed::test::sim {

class platter
{
public:
    platter(site const& content, scenario const& what);
    /// What became of an earlier one.
    platter(simulated_disk disk, platter const& earlier)
        : disk_(std::move(disk))
        , unwanted_(earlier.unwanted_)
        , touchable_(earlier.touchable_)
    {}

    /// From now on calls may fail, as both say. @param note  told of those that do.
    void start(disk_manner const& manner, interference const& how, std::function<void(std::string)> note);
    /// @param remembers  in a resume file.
    std::unique_ptr<storage> make_storage(metainfo const& torrent, bool remembers);

    /// Nothing if it isn't there.
    std::optional<std::string> content_of(file_entry const& file) const;
    /// It wasn't wanted; somebody reads it now, or has selected it.
    void may_touch(file_entry const& file) { touchable_.emplace(file.path); }
    bool is_touchable(file_entry const& file) const { return touchable_.contains(std::string(file.path)); }
    /// Whether a file that isn't wanted is as it was from the start, or may be another one.
    bool is_untouched(file_entry const& file) const;
    /// Whether these bytes of a file are there and right.
    bool holds(site const& content, file_entry const& file, std::uint64_t offset, std::uint64_t size) const;
    /// Whether all of the wanted files' bytes in `range` are there and right.
    bool is_right(site const& content, byte_range range) const;

    /// Whether a call failed that isn't simply made again.
    bool has_failed() const noexcept { return has_failed_; }
    std::uint64_t calls() const noexcept { return calls_; }
    std::size_t open_files() const noexcept { return disk_.open_count(); }

    simulated_disk const& disk() const noexcept { return disk_; }

private:
    simulated_disk disk_;
    std::map<std::string, std::string> unwanted_; // that are there from the start
    std::set<std::string> touchable_;
    std::uint64_t calls_ = 0;
    bool has_failed_ = false;
};

} // namespace webseed::test::sim
