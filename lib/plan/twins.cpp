#include "plan/twins.hpp"

namespace webseed::planning {

twins::twins(torrent::layout const& pieces)
{
    for (auto const& [file, earlier] : pieces.equal_files())
    {
        auto const run = pieces.pieces_of(file);
        auto const first = pieces.pieces_of(earlier);
        auto const [known, is_new] = files_.try_emplace(first.first, entry{first.count(), groups_.size()});
        if (is_new)
        {
            groups_.push_back({{first.first}, content_count_});
            content_count_ += first.count();
        }
        groups_[known->second.group].files.push_back(run.first);
        files_.emplace(run.first, entry{run.count(), known->second.group});
        later_.push_back(run);
    }
}

} // namespace webseed::planning
