#include "links.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace webseed::torrent {
namespace {

/// From link to link. Linux follows 40; links that lead to more are of no use.
constexpr unsigned depth_max = 100;

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

/// Takes the first name off the path.
std::string_view take_name(std::string_view& path) noexcept
{
    auto const name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    return name;
}

/// The files as a tree. Each link is resolved once, so a knot of them takes no longer than its size.
class resolution
{
public:
    explicit resolution(file_list& list)
        : list_(list)
    {
        for (std::uint32_t i = 0; i != list.files.size(); ++i)
        {
            auto const& file = list.files[i];
            if (file.pad)
                continue;
            auto const directory = directory_of(file.path);
            if (directory != last_directory_)
                last_node_ = made(0, directory);
            last_directory_ = directory;
            auto const place = made(last_node_, file.path.substr(directory.size()));
            if (file.link)
                links_.emplace(place, link{.file = i});
        }
    }

    /// Gives each link its target; empty: nowhere. Returns how many lead nowhere.
    std::size_t run()
    {
        std::map<std::uint32_t, std::string> targets;
        std::size_t lost = 0;
        for (auto& [place, each] : links_)
        {
            if (!end_of(each, 0))
                ++lost;
            targets.emplace(each.file, std::move(each.target));
        }
        list_.link_targets = std::move(targets);
        return lost;
    }

private:
    using node = std::uint32_t; // a file or a directory; 0 is where all paths begin

    struct link
    {
        std::uint32_t file = 0;
        bool is_known = false; // or being found out: who comes back to it goes round in circles
        std::optional<node> end{};
        std::string target{};
    };

    node made(node from, std::string_view path)
    {
        while (!path.empty())
            from =
                children_.try_emplace({from, take_name(path)}, static_cast<node>(children_.size() + 1)).first->second;
        return from;
    }

    /// Where the link ends, through other links.
    std::optional<node> end_of(link& from, unsigned depth)
    {
        if (from.is_known || depth == depth_max)
            return from.end;
        from.is_known = true;
        auto const path = list_.files[from.file].path;
        auto const& target = list_.link_targets.at(from.file);
        if (target.empty())
            return from.end;
        auto const root = list_.multi_file ? list_.root + '/' : std::string();
        for (auto const& base : {root, std::string(directory_of(path))})
        {
            from.end = follow(base + target, depth);
            if (!from.end)
                continue;
            from.target = relative(directory_of(path), base + target);
            break;
        }
        return from.end;
    }

    std::optional<node> follow(std::string_view path, unsigned depth)
    {
        node at = 0;
        while (!path.empty())
        {
            auto const child = children_.find({at, take_name(path)});
            if (child == children_.end())
                return std::nullopt;
            at = child->second;
            auto const found = links_.find(at);
            if (found == links_.end())
                continue;
            auto const end = end_of(found->second, depth + 1);
            if (!end)
                return std::nullopt;
            at = *end;
        }
        return at;
    }

    file_list& list_;
    std::map<std::pair<node, std::string_view>, node> children_;
    std::map<node, link> links_;
    std::string_view last_directory_;
    node last_node_ = 0;
};

} // namespace

void resolve_links(file_list& list, std::vector<std::string>& warnings)
{
    if (list.link_targets.empty())
        return;
    if (auto const lost = resolution(list).run(); lost != 0)
        warnings.push_back("symbolic links that lead nowhere in the torrent: " + std::to_string(lost));
}

} // namespace webseed::torrent
