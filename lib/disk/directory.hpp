// The one way from a torrent's names to the file system: everything is opened below the descriptor of a root
// directory, name by name, and a symbolic link on the way is an error.
#pragma once

#include "descriptor.hpp"

#include <webseed/error.hpp>

#include <boost/system/result.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace webseed::disk {

/// The code for a value of `errno`: errc::disk_full where more room would help, else the system's.
error_code error_of(int number) noexcept;

/// A regular file and the size that it had when it was opened.
struct opened_file
{
    descriptor file;
    std::uint64_t size = 0;
};

enum class access
{
    /// What is there, for reading alone.
    read,
    /// For reading and writing; made, with its directories, if it is not there.
    write,
};

/// Safe to use from several threads. Paths are names below the root, as metainfo checks them, at least one.
/// Errors: ENOENT where something is missing; ELOOP or ENOTDIR for a symbolic link or a thing of the wrong type on
/// the way; EISDIR, ELOOP or EINVAL for one in the file's place; errc::disk_full or any other code of the system.
class directory
{
public:
    /// @param calls  must outlive the directory and the files that it opens.
    /// @param path   made if absent. The caller's own choice, so links in it are followed.
    static boost::system::result<directory> open(file_calls& calls, std::filesystem::path const& path);

    boost::system::result<opened_file> open_file(std::span<std::string const> path, access wanted);

    /// The size of a regular file; none if it or its directory is absent.
    boost::system::result<std::optional<std::uint64_t>> size_of(std::span<std::string const> path);

    /// Whether something of this name lies in the root directory.
    bool contains(std::string const& name) const;

private:
    using handle = std::shared_ptr<descriptor const>;

    explicit directory(descriptor root);
    /// 0 or a negative error.
    int look(descriptor const& parent, std::string const& name, struct stat& status) const;
    boost::system::result<handle> enter(std::span<std::string const> names, access wanted);
    boost::system::result<handle> walk(std::span<std::string const> names, access wanted) const;

    /// The directory that was entered last: the files of a torrent come directory by directory.
    struct visit
    {
        std::mutex mutex;
        std::vector<std::string> names;
        handle target;
    };

    file_calls* calls_;
    handle root_;
    std::unique_ptr<visit> last_;
};

} // namespace webseed::disk
