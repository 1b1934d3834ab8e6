#include "file_cache.hpp"

#include <algorithm>
#include <iterator>
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

bool file_cache::drop_unused()
{
    std::vector<slot> dropped; // whose files are closed when the mutex is free again
    std::lock_guard const lock(mutex_);
    // Nobody gets hold of one meanwhile: that takes the mutex.
    auto const unused = std::ranges::partition(slots_, [](slot const& each) { return each.opened.use_count() > 1; });
    dropped.assign(std::move_iterator(unused.begin()), std::move_iterator(unused.end()));
    slots_.erase(unused.begin(), unused.end());
    return !dropped.empty();
}

void file_cache::clear()
{
    std::vector<slot> dropped;
    dropped.reserve(count_max_);
    std::lock_guard const lock(mutex_);
    std::swap(slots_, dropped);
}

} // namespace webseed::disk
