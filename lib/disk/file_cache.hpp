// A bounded set of open files: those used last stay open. Knows numbers and descriptors, no names.
#pragma once

#include "descriptor.hpp"

#include <webseed/types.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace webseed::disk {

/// A file that stays open as long as somebody holds it.
struct open_file
{
    descriptor file;
    bool is_writable = false;
    std::uint64_t size_when_opened = 0;
};

/// Safe to use from several threads.
class file_cache
{
public:
    using handle = std::shared_ptr<open_file const>;

    /// @param count_max  at least 1.
    explicit file_cache(std::size_t count_max);

    /// Null if the file is not open, or not for writing where that is needed.
    handle find(file_index file, bool for_writing);

    /// Takes the place of the handle for the same file, else, when full, of the one that was used least recently.
    void insert(file_index file, handle opened);

    /// Lets go of the files that nobody else holds. False: there were none.
    bool drop_unused();

    /// Lets go of all files.
    void clear();

private:
    struct slot
    {
        file_index file{};
        std::uint64_t used_at = 0;
        handle opened;
    };

    std::size_t const count_max_;
    std::mutex mutex_;
    std::uint64_t now_ = 0;   // counts the uses
    std::vector<slot> slots_; // few enough for a linear search to be the quickest
};

} // namespace webseed::disk
