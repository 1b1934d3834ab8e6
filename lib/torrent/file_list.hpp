// The files of a torrent while it is read: where each lies in the byte stream, and what it is called on the disk. One
// list for both formats, which v1_files and v2_files read.
//
// Paths: elements that are no names (empty, `.`) are left out, the others are made safe one by one (disk_name.hpp). If
// none is left, the name is `_`.
#pragma once

#include <webseed/error.hpp>
#include <webseed/metainfo.hpp>

#include <boost/system/result.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::torrent {

/// Texts that stay where they are, also when the store moves.
class text_store
{
public:
    std::string_view add(std::string_view text);

private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::span<char> room_;
};

struct file_list
{
    std::string name; // as the torrent gives it
    bool multi_file = false;
    std::vector<file_entry> files;
    std::uint64_t total_size = 0;
    std::uint64_t end_offset = 0;
    text_store paths;
    /// Where the path on the disk isn't the same: elements without the torrent's name in front.
    std::map<std::uint32_t, std::vector<std::string>> raw_paths;
    /// Of links: while reading, what read_link_target() gives; then what metainfo::link_target() tells.
    std::map<std::uint32_t, std::string> link_targets;
    /// The first element of all paths.
    std::string root;
};

inline constexpr std::uint64_t total_size_max = std::numeric_limits<std::int64_t>::max();

/// Adds files to a list.
class file_list_builder
{
public:
    explicit file_list_builder(file_list& list)
        : list_(list)
    {}

    /// Null, or why the name must not be used. @param otherwise  the name on the disk of what isn't one.
    char const* set_name(std::string_view raw, std::string const& otherwise);
    /// @param elements  as in the torrent, without its name in front. Null, or why the path must not be used.
    char const* set_path(file_entry& file, std::span<std::string_view const> elements);
    /// The same for elements that are no traversal, of which disk_name() is known.
    void
    set_path(file_entry& file, std::span<std::string_view const> elements, std::span<std::string const> disk_names);
    /// Sets the path of a torrent's only file.
    void set_only_path(file_entry& file);
    /// Puts the file behind the last one. False: beyond 63 bits.
    bool append(file_entry file);
    /// Moves the end of the byte stream to the next multiple. False: beyond 63 bits.
    bool align(std::uint64_t multiple);

private:
    file_list& list_;
    std::string joined_;
    std::vector<std::string> names_;
};

} // namespace webseed::torrent
