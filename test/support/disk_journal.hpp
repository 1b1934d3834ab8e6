// The operations that changed a simulated disk, and what of them a loss of power may leave.
#pragma once

#include "support/dice.hpp"
#include "support/disk_image.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace webseed::test {

/// A new file, directory, link or pipe.
struct node_made
{
    node_index directory = 0;
    std::string name;
    node_type type = node_type::file;
    std::string target;
    std::uint64_t time = 0;
};

struct node_removed
{
    node_index directory = 0;
    std::string name;
};

/// Within its directory; either done or not.
struct node_renamed
{
    node_index directory = 0;
    node_index node = 0;
    std::string from;
    std::string to;
};

/// Bytes written into a file, which ends behind them then if it didn't already.
struct file_written
{
    node_index file = 0;
    /// The file's bytes.
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    /// All sectors that they touch, as they are afterwards.
    std::vector<sector> sectors;
    std::uint64_t time = 0;
};

struct file_resized
{
    node_index file = 0;
    std::uint64_t size = 0;
    std::uint64_t time = 0;
};

struct times_set
{
    node_index file = 0;
    std::uint64_t modified_at = 0;
    std::uint64_t changed_at = 0;
};

/// What was done before to the content and times of a file, or to the names in a directory, is safe from here on. If it
/// failed it never will be, whatever is synced later: who keeps data in memory may have let go of it.
struct node_synced
{
    node_index node = 0;
    bool has_failed = false;
};

/// The same for everything.
struct all_synced
{
    bool has_failed = false;
};

using disk_operation =
    std::variant<node_made, node_removed, node_renamed, file_written, file_resized, times_set, node_synced, all_synced>;

void perform(disk_image& image, disk_operation const& operation);

/// What may be found on the disk when the power comes back. Of the names, sizes, times and sectors in `journal` that
/// weren't synced each on its own may have reached the disk or not, in any order; a sector did so as a whole, and holds
/// what one of the writes to it left there, or what it held before. What lies below a directory that was lost is lost.
/// How much is lost on the whole is left to `random`, too: between nothing and all.
disk_image after_power_loss(disk_image before, std::span<disk_operation const> journal, dice& random);

} // namespace webseed::test
