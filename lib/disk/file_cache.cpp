#include "file_cache.hpp"

#include <algorithm>
#include <utility>

namespace webseed::disk {

file_cache::file_cache(std::size_t count_max)
    : count_max_(count_max)
{
    slots_.reserve(count_max);
}

file_cache::handle file_cache::find(file_index file, bool for_writing)
{
    std::lock_guard const lock(mutex_);
    auto const found = std::ranges::find(slots_, file, &slot::file);
    if (found == slots_.end() || (for_writing && !found->opened->is_writable))
        return nullptr;
    found->used_at = ++now_;
    return found->opened;
}

void file_cache::insert(file_index file, handle opened)
{
    // After the swap `opened` is the handle that had to go: its file is closed when the mutex is free again.
    std::lock_guard const lock(mutex_);
    auto place = std::ranges::find(slots_, file, &slot::file);
    if (place == slots_.end() && slots_.size() < count_max_)
        place = slots_.emplace(slots_.end());
    if (place == slots_.end())
        place = std::ranges::min_element(slots_, {}, &slot::used_at);
    place->file = file;
    place->used_at = ++now_;
    std::swap(place->opened, opened);
}

void file_cache::clear()
{
    std::lock_guard const lock(mutex_);
    slots_.clear();
}

} // namespace webseed::disk
