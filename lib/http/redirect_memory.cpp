#include "http/redirect_memory.hpp"

#include <iterator>
#include <utility>

namespace webseed::http {

auto redirect_memory::find(std::uint32_t file, time_point now) const -> std::optional<target>
{
    auto const at = kept_.find(file);
    if (at == kept_.end() || at->second.until <= now)
        return std::nullopt;
    return at->second.found;
}

// The files of a download are asked for in ascending order, on the whole: what is farthest behind is needed least.
void redirect_memory::remember(std::uint32_t file, target found, time_point until)
{
    kept_.insert_or_assign(file, kept{std::move(found), until});
    if (kept_.size() <= count_max_)
        return;
    auto const first = kept_.begin();
    kept_.erase(first->first != file ? first : std::prev(kept_.end()));
}

} // namespace webseed::http
