// The files that a torrent is to be made of: one file, or all regular files below a directory, found name by name in
// the order of their raw bytes, depth first. Symbolic links, pipes, sockets and devices are left out, with a warning.
// Files that change meanwhile are noticed by their identity, size and time of change.
#pragma once

#include "descriptor.hpp"

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::disk {

struct source_file
{
    /// Names below the root joined by '/'; empty if the root is a file.
    std::string path;
    std::uint64_t size = 0;
    /// By its owner.
    bool is_executable = false;

    struct identity
    {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t changed_at = 0; // nanoseconds

        friend bool operator==(identity const&, identity const&) = default;
    };
    identity is;
};

struct source_limits
{
    std::size_t file_count_max = 1'000'000;
    /// Directories within each other.
    std::size_t depth_max = 100;
    /// Further ones are counted only.
    std::size_t warning_count_max = 100;
};

/// Errors: errc::file_changed; errc::files_unsuitable for what isn't made of files or exceeds a limit; any code of the
/// system. The message says which file.
class source_tree
{
public:
    /// @param calls  must outlive the tree and the files that it opens.
    /// @param path   the caller's own choice, so links in it are followed.
    static boost::system::result<source_tree>
    open(file_calls& calls, std::filesystem::path const& path, source_limits limits, diagnostics& cause);

    bool is_directory() const noexcept { return is_directory_; }

    /// Looks for files, until so many names have been looked at.
    error_code walk(std::size_t name_count, diagnostics& cause);
    /// Whether all have been looked at.
    bool is_walked() const noexcept { return visits_.empty(); }
    /// What has been found.
    std::span<source_file const> files() const noexcept { return files_; }
    std::uint64_t total_size() const noexcept { return total_size_; }
    std::vector<std::string> warnings() const;

    // After the walk, from any thread:

    /// Opens the file for reading, if it is still the one that was found.
    boost::system::result<descriptor> open_file(std::size_t index, diagnostics& cause) const;
    /// Fills the buffer from the file's bytes at `offset`, which must all be there.
    error_code read(
        std::size_t index, descriptor const& file, std::uint64_t offset, std::span<std::byte> buffer,
        diagnostics& cause) const;
    /// Whether the file is as it was found, also after having been read.
    error_code check(std::size_t index, descriptor const& file, diagnostics& cause) const;

private:
    /// A directory that is being walked through.
    struct visit
    {
        descriptor directory;
        std::string path;               // with a slash behind it; empty for the root
        std::vector<std::string> names; // sorted
        std::size_t next = 0;
    };

    source_tree(descriptor root, std::filesystem::path const& path, source_limits limits);
    error_code enter(descriptor directory, std::string path, diagnostics& cause);
    error_code look_at(std::string const& name, diagnostics& cause);
    error_code add(std::string path, struct stat const& status, diagnostics& cause);
    void leave_out(std::string const& path, std::string_view what);
    error_code fail(std::string_view path, int error, diagnostics& cause) const;
    error_code complain(std::string_view path, errc error, std::string_view what, diagnostics& cause) const;
    std::string name_of(std::string_view path) const;

    file_calls* calls_;
    descriptor root_; // the directory; none for a file
    std::string root_path_;
    source_limits limits_;
    bool is_directory_ = false;
    std::vector<visit> visits_; // the innermost last
    std::vector<source_file> files_;
    std::uint64_t total_size_ = 0;
    std::vector<std::string> warnings_;
    std::size_t left_out_count_ = 0;
};

} // namespace webseed::disk
