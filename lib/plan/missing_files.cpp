#include "plan/missing_files.hpp"

#include <algorithm>

namespace webseed::planning {

bool missing_files::add(file_index file, time_point now, std::uint64_t random)
{
    failures_.erase(file);
    auto const [known, is_new] = files_.try_emplace(file, entry{options_.file_retry_first});
    auto& [wait, is_refused] = known->second;
    if (!is_new)
    {
        if (is_refused)
            return false; // two were on their way
        is_refused = true;
        wait = std::min(wait * 2, std::max(options_.file_retry_max, options_.file_retry_first));
    }
    auto const jitter = std::chrono::duration_cast<duration>(wait / 4 * share_of(random));
    refused_.emplace(now + wait + jitter, file);
    return is_new;
}

std::optional<file_index> missing_files::take_due(time_point now)
{
    if (refused_.empty() || next_due() > now)
        return std::nullopt;
    auto const file = refused_.begin()->second;
    refused_.erase(refused_.begin());
    files_.at(file).is_refused = false;
    next_ = now + options_.file_retry_gap;
    return file;
}

time_point missing_files::next_due() const noexcept
{
    return refused_.empty() ? time_point::max() : std::max(refused_.begin()->first, next_);
}

void missing_files::forget(file_index file)
{
    failures_.erase(file);
    auto const known = files_.find(file);
    if (known == files_.end() || known->second.is_refused)
        return;
    files_.erase(known);
    next_ = time_point::min();
}

void missing_files::pardon(file_index file)
{
    std::erase_if(refused_, [file](auto const& each) { return each.second == file; });
    files_.erase(file);
    failures_.erase(file);
}

bool missing_files::is_refused(file_index file) const
{
    auto const known = files_.find(file);
    return known != files_.end() && known->second.is_refused;
}

time_point missing_files::due_of(file_index file) const
{
    auto const found = std::ranges::find(refused_, file, &std::pair<time_point, file_index>::second);
    return found == refused_.end() ? time_point::max() : std::max(found->first, next_);
}

} // namespace webseed::planning
