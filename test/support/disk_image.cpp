#include "support/disk_image.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace webseed::test {
namespace {

constexpr std::size_t name_size_max = 255;
constexpr int link_count_max = 40;

place failed(int error)
{
    place nowhere;
    nowhere.error = error;
    return nowhere;
}

void add_lines(disk_image const& image, node_index directory, std::string const& prefix, std::string& text)
{
    for (auto const& [name, index] : image.at(directory).entries)
    {
        auto const& found = image.at(index);
        auto const path = prefix + name;
        if (found.type == node_type::file)
            text += path + " " + std::to_string(found.size) + "\n";
        else if (found.type == node_type::symbolic_link)
            text += path + " -> " + found.target + "\n";
        else if (found.type == node_type::pipe)
            text += path + " |\n";
        else
        {
            text += path + "/\n";
            add_lines(image, index, path + "/", text);
        }
    }
}

} // namespace

disk_image::disk_image()
    : nodes_(1)
{
    nodes_[root].type = node_type::directory;
    nodes_[root].is_linked = true;
}

place disk_image::find(node_index start, std::string_view path, last_link last) const
{
    if (path.empty())
        return failed(ENOENT);
    auto at = path.front() == '/' ? root : start;
    int link_count = 0;
    std::string expanded; // the path, once a link was followed
    for (;;)
    {
        path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
        if (path.empty())
            return {.directory = at, .name = ".", .target = at};
        if (nodes_[at].type != node_type::directory)
            return failed(ENOTDIR);
        auto const name = path.substr(0, path.find('/'));
        auto rest = path.substr(name.size());
        bool const has_slash = !rest.empty();
        rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
        bool const is_last = rest.empty();
        if (name.size() > name_size_max)
            return failed(ENAMETOOLONG);
        bool const is_dots = name == "." || name == "..";
        auto const entry = nodes_[at].entries.find(name);
        if (!is_dots && entry == nodes_[at].entries.end())
            return is_last ? place{0, at, std::string(name), std::nullopt, has_slash} : failed(ENOENT);
        auto const target = name == "." ? at : name == ".." ? nodes_[at].parent : entry->second;
        bool const is_kept = last == last_link::kept_with_slash || (last == last_link::kept && !has_slash);
        if (nodes_[target].type == node_type::symbolic_link && !(is_last && is_kept))
        {
            if (++link_count > link_count_max)
                return failed(ELOOP);
            expanded = nodes_[target].target + (has_slash ? "/" : "") + std::string(rest);
            path = expanded;
            at = path.front() == '/' ? root : at;
            continue;
        }
        if (is_last)
            return {0, at, std::string(name), target, has_slash};
        at = target;
        path = rest;
    }
}

sector disk_image::read(node_index file, std::uint64_t number) const
{
    auto const found = nodes_[file].sectors.find(number);
    return found == nodes_[file].sectors.end() ? sector{} : found->second;
}

std::size_t disk_image::read(node_index file, std::uint64_t offset, std::span<std::byte> buffer) const
{
    auto const& content = nodes_[file];
    if (offset >= content.size || buffer.empty())
        return 0;
    buffer = buffer.first(std::min<std::uint64_t>(buffer.size(), content.size - offset));
    std::ranges::fill(buffer, std::byte{});
    auto const end = offset + buffer.size();
    for (auto found = content.sectors.lower_bound(offset / sector_size);
         found != content.sectors.end() && found->first * sector_size < end; ++found)
    {
        auto const start = found->first * sector_size;
        auto const from = std::max(start, offset);
        auto const size = std::min(start + sector_size, end) - from;
        std::memcpy(buffer.data() + (from - offset), found->second.data() + (from - start), size);
    }
    return buffer.size();
}

std::string disk_image::tree() const
{
    std::string text;
    add_lines(*this, root, "", text);
    return text;
}

node_index
disk_image::make(node_index directory, std::string const& name, node_type type, std::string target, bool is_linked)
{
    auto const index = static_cast<node_index>(nodes_.size());
    auto& made = nodes_.emplace_back();
    made.type = type;
    made.is_linked = is_linked;
    made.parent = directory;
    made.target = std::move(target);
    if (is_linked)
    {
        remove(directory, name);
        nodes_[directory].entries.emplace(name, index);
    }
    return index;
}

void disk_image::remove(node_index directory, std::string const& name)
{
    auto const found = nodes_[directory].entries.find(name);
    if (found == nodes_[directory].entries.end())
        return;
    nodes_[found->second].is_linked = false;
    nodes_[directory].entries.erase(found);
}

void disk_image::rename(node_index directory, node_index what, std::string const& from, std::string const& to)
{
    auto& entries = nodes_[directory].entries;
    if (auto const found = entries.find(from); found != entries.end() && found->second == what)
        entries.erase(found);
    remove(directory, to);
    entries.emplace(to, what);
    nodes_[what].is_linked = true;
}

void disk_image::touch(node_index file, std::uint64_t time)
{
    set_times(file, time, time);
}

void disk_image::set_times(node_index file, std::uint64_t modified_at, std::uint64_t changed_at)
{
    nodes_[file].modified_at = modified_at;
    nodes_[file].changed_at = changed_at;
}

void disk_image::write(node_index file, std::uint64_t number, sector const& content)
{
    sector_count_ += nodes_[file].sectors.insert_or_assign(number, content).second ? 1 : 0;
}

void disk_image::grow(node_index file, std::uint64_t size)
{
    nodes_[file].size = std::max(nodes_[file].size, size);
}

void disk_image::resize(node_index file, std::uint64_t size)
{
    nodes_[file].size = size;
    auto& sectors = nodes_[file].sectors;
    auto const kept_of_last = size % sector_size;
    auto cut = sectors.lower_bound(size / sector_size);
    if (cut != sectors.end() && cut->first == size / sector_size && kept_of_last != 0)
    {
        std::ranges::fill(std::span(cut->second).subspan(kept_of_last), std::byte{});
        ++cut;
    }
    sector_count_ -= static_cast<std::uint64_t>(std::distance(cut, sectors.end()));
    sectors.erase(cut, sectors.end());
}

void disk_image::drop_content(node_index unlinked)
{
    resize(unlinked, 0);
    nodes_[unlinked].entries.clear();
}

void disk_image::tidy()
{
    for (node_index index = 0; index != nodes_.size(); ++index)
    {
        if (!nodes_[index].is_linked)
            drop_content(index);
        else if (nodes_[index].type == node_type::file)
            resize(index, nodes_[index].size);
    }
}

} // namespace webseed::test
