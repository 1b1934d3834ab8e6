#include "file_list.hpp"

#include "disk_name.hpp"

#include <algorithm>

namespace webseed::torrent {
namespace {

constexpr std::size_t block_size = 64 * 1024;

bool needs_no_care(std::string_view element) noexcept
{
    constexpr std::size_t size_max = 255;
    auto const is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '/' && c != '\\'; };
    return !element.empty() && element.size() <= size_max && element != "." && element != ".." &&
           std::ranges::all_of(element, is_plain);
}

} // namespace

std::string_view text_store::add(std::string_view text)
{
    if (text.size() > room_.size())
    {
        auto const size = std::max(text.size(), block_size);
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
        room_ = {blocks_.back().get(), size};
    }
    std::ranges::copy(text, room_.begin());
    std::string_view const kept(room_.data(), text.size());
    room_ = room_.subspan(text.size());
    return kept;
}

char const* file_list_builder::set_name(std::string_view raw, std::string const& otherwise)
{
    if (is_traversal(raw))
        return "leads out of the target directory";
    list_.name = raw;
    list_.root = disk_name(raw);
    if (list_.root.empty())
        list_.root = otherwise;
    return nullptr;
}

char const* file_list_builder::set_path(file_entry& file, std::span<std::string_view const> elements)
{
    names_.resize(elements.size());
    for (std::size_t i = 0; i != elements.size(); ++i)
    {
        if (is_traversal(elements[i]))
            return "leads out of the target directory";
        if (needs_no_care(elements[i]))
            names_[i] = elements[i];
        else
            names_[i] = disk_name(elements[i]);
    }
    set_path(file, elements, names_);
    return nullptr;
}

void file_list_builder::set_path(
    file_entry& file, std::span<std::string_view const> elements, std::span<std::string const> disk_names)
{
    joined_.clear();
    if (list_.multi_file)
        joined_ = list_.root;
    auto const bare = joined_.size();
    for (auto const& name : disk_names)
        if (!name.empty())
            joined_.append(joined_.empty() ? "" : "/").append(name);
    if (joined_.size() == bare)
        joined_ += bare == 0 ? "_" : "/_";
    file.path = list_.paths.add(joined_);
    auto const is_kept = [](std::string_view raw, std::string const& name) { return !name.empty() && raw == name; };
    if (!std::ranges::equal(elements, disk_names, is_kept))
        list_.raw_paths.emplace(
            static_cast<std::uint32_t>(list_.files.size()), std::vector<std::string>(elements.begin(), elements.end()));
}

void file_list_builder::set_only_path(file_entry& file)
{
    file.path = list_.paths.add(list_.root);
    if (list_.root != list_.name)
        list_.raw_paths.emplace(0u, std::vector{list_.name});
}

bool file_list_builder::append(file_entry file)
{
    if (file.size > total_size_max - list_.end_offset)
        return false;
    file.offset = list_.end_offset;
    list_.end_offset += file.size;
    list_.total_size += file.size;
    list_.files.push_back(file);
    return true;
}

bool file_list_builder::align(std::uint64_t multiple)
{
    auto const beyond = list_.end_offset % multiple;
    if (beyond == 0)
        return true;
    if (multiple - beyond > total_size_max - list_.end_offset)
        return false;
    list_.end_offset += multiple - beyond;
    return true;
}

} // namespace webseed::torrent
