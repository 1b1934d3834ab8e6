#include "v1_files.hpp"

#include "fields.hpp"
#include "file_attributes.hpp"

#include <string_view>

namespace webseed::torrent {
namespace {

using bencode::kind;
using bencode::value;

/// BitComet's padding, older than BEP 47.
bool is_named_as_pad(value path)
{
    constexpr std::string_view mark = "_____padding_file";
    for (auto name = path.first(); name; name = name.next())
    {
        if (name.is(kind::string) && name.string().starts_with(mark))
            return true;
    }
    return false;
}

class reader
{
public:
    reader(metainfo_limits const& limits, diagnostics* cause, file_list& list)
        : limits_(limits)
        , cause_(cause)
        , list_(list)
        , builder_(list)
    {}

    error_code read(value info)
    {
        fields const keys(info, "info", cause_);
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
        return read_files(*files);
    }

private:
    error_code read_files(value files)
    {
        if (files.size() == 0)
            return complain(cause_, errc::torrent_invalid, place("info.files", files) + ": is empty");
        if (files.size() > limits_.file_count_max)
            return complain(cause_, errc::torrent_invalid, place("info.files", files) + ": more files than allowed");
        list_.files.reserve(files.size());
        for (auto file = files.first(); file; file = file.next())
        {
            fields const keys(file, "info.files", list_.files.size(), cause_);
            if (!file.is(kind::dictionary))
                return keys.refuse(errc::torrent_invalid, "is not a dictionary");
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
        file_entry file;
        if (auto const failed = read_attributes(keys, file))
            return failed;
        file.pad = !file.link && (file.pad || is_named_as_pad(path));
        if (auto const failed = read_length(keys, file))
            return failed;
        if (!file.pad)
        {
            if (auto const failed = read_path(keys, path, file))
                return failed;
        }
        if (file.link)
        {
            auto target = read_link_target(keys, limits_);
            if (!target)
                return target.error();
            list_.link_targets.emplace(static_cast<std::uint32_t>(list_.files.size()), std::move(*target));
        }
        if (!builder_.append(file))
            return keys.refuse(errc::torrent_invalid, "length", "with the files before it is beyond 63 bits");
        return {};
    }

    static error_code read_length(fields const& keys, file_entry& file)
    {
        auto const length = file.link ? keys.find("length", kind::integer) : keys.require("length", kind::integer);
        if (!length)
            return length.error();
        if (!*length)
            return {};
        if (length->integer() < 0)
            return keys.refuse(errc::torrent_invalid, "length", "is negative");
        if (file.link && length->integer() != 0)
            return keys.refuse(errc::torrent_invalid, "length", "is not 0, but the file is a symbolic link");
        file.size = static_cast<std::uint64_t>(length->integer());
        return {};
    }

    error_code read_path(fields const& keys, value names, file_entry& file)
    {
        if (!list_.multi_file)
        {
            builder_.set_only_path(file);
            return {};
        }
        if (names.size() == 0)
            return keys.refuse(errc::torrent_invalid, "has no path");
        if (names.size() >= limits_.path_depth_max)
            return keys.refuse(errc::torrent_invalid, names.key(), "is deeper than allowed");
        elements_.clear();
        for (auto name = names.first(); name; name = name.next())
        {
            if (!name.is(kind::string))
                return keys.refuse(
                    errc::torrent_invalid, names.key(),
                    "element " + std::to_string(elements_.size()) + " is not a string");
            elements_.push_back(name.string());
        }
        if (auto const fault = builder_.set_path(file, elements_))
            return keys.refuse(errc::path_unsafe, names.key(), fault);
        return {};
    }

    metainfo_limits const& limits_;
    diagnostics* cause_;
    file_list& list_;
    file_list_builder builder_;
    std::vector<std::string_view> elements_;
};

} // namespace

error_code read_v1_files(bencode::value info, metainfo_limits const& limits, diagnostics* cause, file_list& list)
{
    return reader(limits, cause, list).read(info);
}

} // namespace webseed::torrent
