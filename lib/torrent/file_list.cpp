#include "file_list.hpp"

#include "fields.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

namespace webseed::torrent {
namespace {

using bencode::kind;
using bencode::value;

constexpr std::size_t name_size_max = 255;
constexpr std::uint64_t total_size_max = std::numeric_limits<std::int64_t>::max();

/// Why the name must not reach a file system; null if it may.
char const* fault_of(std::string_view name)
{
    if (name.empty())
        return "is empty";
    if (name == "." || name == "..")
        return "is '.' or '..'";
    if (name.find('/') != name.npos)
        return "has a '/'";
    if (name.find('\0') != name.npos)
        return "has a NUL byte";
    if (name.size() > name_size_max)
        return "is longer than 255 bytes";
    return nullptr;
}

std::string name_of(std::size_t index)
{
    return "info.files[" + std::to_string(index) + "]";
}

class reader
{
public:
    reader(metainfo_limits const& limits, diagnostics* cause)
        : limits_(limits)
        , cause_(cause)
    {}

    error_code read(value info)
    {
        fields const keys(info, "info", cause_);
        if (auto const failed = read_name(keys))
            return failed;
        auto const files = keys.find("files", kind::list);
        if (!files)
            return files.error();
        bool const has_length(info.find("length"));
        if (!*files && !has_length)
            return keys.refuse(errc::torrent_invalid, "has neither length nor files");
        if (!*files)
            return read_file(keys, {});
        if (has_length)
            return keys.refuse(errc::torrent_invalid, "has both length and files");
        list_.multi_file = true;
        if (auto const failed = read_files(*files))
            return failed;
        return check_conflicts();
    }

    file_list take(std::vector<std::string>& warnings)
    {
        if (link_count_ > 0)
            warnings.push_back("symbolic links, left out: " + std::to_string(link_count_));
        return std::move(list_);
    }

private:
    error_code read_name(fields const& info)
    {
        auto name = info.find("name.utf-8", kind::string);
        if (name && !*name)
            name = info.require("name", kind::string);
        if (!name)
            return name.error();
        if (auto const fault = fault_of(name->string()))
            return info.refuse(errc::path_unsafe, name->key(), fault);
        list_.name = name->string();
        return {};
    }

    error_code read_files(value files)
    {
        if (files.size() == 0)
            return complain(cause_, errc::torrent_invalid, place("info.files", files) + ": is empty");
        if (files.size() > limits_.file_count_max)
            return complain(cause_, errc::torrent_invalid, place("info.files", files) + ": more files than allowed");
        list_.files.reserve(files.size());
        for (auto file = files.first(); file; file = file.next())
        {
            auto const name = name_of(list_.files.size());
            if (!file.is(kind::dictionary))
                return complain(cause_, errc::torrent_invalid, place(name, file) + ": is not a dictionary");
            fields const keys(file, name, cause_);
            auto path = keys.find("path.utf-8", kind::list);
            if (path && !*path)
                path = keys.find("path", kind::list);
            if (!path)
                return path.error();
            if (auto const failed = read_file(keys, *path))
            {
                if (cause_ != nullptr)
                    cause_->file = file_index{static_cast<std::uint32_t>(list_.files.size())};
                return failed;
            }
        }
        return {};
    }

    /// @param path  none for the only file of a single-file torrent.
    error_code read_file(fields const& keys, value path)
    {
        auto const attributes = keys.find("attr", kind::string);
        if (!attributes)
            return attributes.error();
        auto const has = [&](char letter) {
            return *attributes && attributes->string().find(letter) != std::string_view::npos;
        };
        auto const is_link = has('l');
        file_entry file;
        file.offset = list_.total_size;
        file.pad = is_link || has('p') || is_named_as_pad(path);
        if (auto const failed = read_length(keys, is_link, file.size))
            return failed;
        if (!file.pad)
        {
            if (auto const failed = read_path(keys, path, file.path))
                return failed;
        }
        if (is_link)
            ++link_count_;
        list_.total_size += file.size;
        list_.files.push_back(std::move(file));
        return {};
    }

    /// BitComet's padding, older than BEP 47.
    static bool is_named_as_pad(value path)
    {
        constexpr std::string_view mark = "_____padding_file";
        for (auto name = path.first(); name; name = name.next())
        {
            if (name.is(kind::string) && name.string().starts_with(mark))
                return true;
        }
        return false;
    }

    error_code read_length(fields const& keys, bool is_link, std::uint64_t& size) const
    {
        auto const length = is_link ? keys.find("length", kind::integer) : keys.require("length", kind::integer);
        if (!length)
            return length.error();
        if (!*length)
            return {};
        if (length->integer() < 0)
            return keys.refuse(errc::torrent_invalid, "length", "is negative");
        if (is_link && length->integer() != 0)
            return keys.refuse(errc::torrent_invalid, "length", "is not 0, but the file is a symbolic link");
        size = static_cast<std::uint64_t>(length->integer());
        if (size > total_size_max - list_.total_size)
            return keys.refuse(errc::torrent_invalid, "length", "with the files before it is beyond 63 bits");
        return {};
    }

    error_code read_path(fields const& keys, value names, std::vector<std::string>& path) const
    {
        if (!list_.multi_file)
        {
            path.assign(1, list_.name);
            return {};
        }
        if (names.size() == 0)
            return keys.refuse(errc::torrent_invalid, "has no path");
        if (names.size() >= limits_.path_depth_max)
            return keys.refuse(errc::torrent_invalid, names.key(), "is deeper than allowed");
        path.reserve(1 + names.size());
        path.push_back(list_.name);
        for (auto name = names.first(); name; name = name.next())
        {
            auto const element = "element " + std::to_string(path.size() - 1);
            if (!name.is(kind::string))
                return keys.refuse(errc::torrent_invalid, names.key(), element + " is not a string");
            if (auto const fault = fault_of(name.string()))
                return keys.refuse(errc::path_unsafe, names.key(), element + " " + fault);
            path.emplace_back(name.string());
        }
        return {};
    }

    /// Two files under one path, or a file where another one needs a directory. In the order of their paths, a path
    /// stands right before those that begin with it.
    error_code check_conflicts() const
    {
        auto const& files = list_.files;
        std::vector<std::uint32_t> order(files.size());
        std::iota(order.begin(), order.end(), 0u);
        std::erase_if(order, [&](std::uint32_t index) { return files[index].pad; });
        std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            return files[a].path < files[b].path;
        });
        for (std::size_t i = 1; i < order.size(); ++i)
        {
            auto const& before = files[order[i - 1]].path;
            auto const& path = files[order[i]].path;
            if (before.size() > path.size() || !std::equal(before.begin(), before.end(), path.begin()))
                continue;
            auto const what = before.size() == path.size() ? " has the same path as " : " has as a directory the file ";
            auto const failed = complain(cause_, errc::path_unsafe, name_of(order[i]) + what + name_of(order[i - 1]));
            if (cause_ != nullptr)
                cause_->file = file_index{order[i]};
            return failed;
        }
        return {};
    }

    metainfo_limits const& limits_;
    diagnostics* cause_;
    file_list list_;
    std::size_t link_count_ = 0;
};

} // namespace

boost::system::result<file_list> read_file_list(
    bencode::value info, metainfo_limits const& limits, std::vector<std::string>& warnings, diagnostics* cause)
{
    reader files(limits, cause);
    if (auto const failed = files.read(info))
        return failed;
    return files.take(warnings);
}

} // namespace webseed::torrent
