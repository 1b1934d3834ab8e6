#include "links.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace webseed::torrent {
namespace {

/// Steps from link to link in one torrent: honest ones take a few, and knots have no end.
constexpr std::size_t step_count_max = 10'000;

/// The directory that it lies in, with the slash.
std::string_view directory_of(std::string_view path) noexcept
{
    return path.substr(0, path.rfind('/') + 1);
}

/// How to get from a directory to a path, both from the same root.
std::string relative(std::string_view from, std::string_view to)
{
    std::size_t common = 0;
    for (std::size_t i = 0; i < std::min(from.size(), to.size()) && from[i] == to[i]; ++i)
        if (from[i] == '/')
            common = i + 1;
    std::string way;
    for (auto i = std::ranges::count(from.substr(common), '/'); i != 0; --i)
        way += "../";
    return way.append(to.substr(common));
}

class resolution
{
public:
    explicit resolution(file_list& list)
        : list_(list)
    {
        for (auto const& file : list.files)
            if (!file.pad)
                paths_.insert(file.path);
        for (auto const& [index, target] : list.link_targets)
        {
            auto const path = list.files[index].path;
            auto& found = candidates_[std::string(path)];
            if (target.empty())
                continue;
            auto const root = list.multi_file ? list.root + '/' : std::string();
            found = {root + target, std::string(directory_of(path)) + target};
        }
    }

    /// Empty: nowhere.
    std::string target_of(std::uint32_t index)
    {
        auto const path = list_.files[index].path;
        for (auto const& candidate : candidates_[std::string(path)])
            if (candidate != path && exists(candidate))
                return relative(directory_of(path), candidate);
        return {};
    }

private:
    /// Whether the path leads to a file or a directory that has one.
    bool exists(std::string const& path)
    {
        if (++steps_ > step_count_max)
            return false;
        for (auto end = path.find('/'); end != path.npos; end = path.find('/', end + 1))
            if (auto const link = candidates_.find(path.substr(0, end)); link != candidates_.end())
                return exists_through(link->second, path.substr(end));
        if (auto const link = candidates_.find(path); link != candidates_.end())
            return exists_through(link->second, {});
        auto const inside = path + '/';
        auto const found = paths_.lower_bound(inside);
        return paths_.contains(path) || (found != paths_.end() && found->starts_with(inside));
    }

    bool exists_through(std::vector<std::string> const& targets, std::string const& rest)
    {
        constexpr std::size_t depth_max = 40;
        if (depth_ == depth_max)
            return false;
        ++depth_;
        auto const found = std::ranges::any_of(targets, [&](auto const& target) { return exists(target + rest); });
        --depth_;
        return found;
    }

    file_list const& list_;
    std::set<std::string_view> paths_;
    std::map<std::string, std::vector<std::string>, std::less<>> candidates_; // by the link's path
    std::size_t steps_ = 0;
    std::size_t depth_ = 0;
};

} // namespace

void resolve_links(file_list& list, std::vector<std::string>& warnings)
{
    if (list.link_targets.empty())
        return;
    resolution links(list);
    std::size_t lost = 0;
    std::map<std::uint32_t, std::string> targets;
    for (auto const& [index, raw] : list.link_targets)
    {
        auto& target = targets[index];
        target = links.target_of(index);
        lost += target.empty() ? 1 : 0;
    }
    list.link_targets = std::move(targets);
    if (lost != 0)
        warnings.push_back("symbolic links that lead nowhere in the torrent: " + std::to_string(lost));
}

} // namespace webseed::torrent
