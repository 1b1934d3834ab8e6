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
#include <string>
#include <string_view>
#include <vector>

namespace webseed::disk {

/// The code for a value of `errno`: errc::disk_full where more room would help, else the system's.
error_code error_of(int number) noexcept;

/// A regular file and how it looked when it was opened.
struct opened_file
{
    descriptor file;
    std::uint64_t size = 0;
    struct stat status
    {
    };
};

enum class access
{
    /// What is there, for reading alone.
    read,
    /// For reading and writing; made, with its directories, if it is not there.
    write,
};

/// Safe to use from several threads. Paths are names below the root, joined by '/', as metainfo makes them.
/// Errors: ENOENT where something is missing; ELOOP or ENOTDIR for a symbolic link or a thing of the wrong type on
/// the way; EISDIR, ELOOP or EINVAL for one in the file's place; errc::disk_full or any other code of the system.
class directory
{
public:
    /// @param calls  must outlive the directory and the files that it opens.
    /// @param path   made if absent. The caller's own choice, so links in it are followed.
    /// @param wanted  for reading it must be there: else ENOENT.
    static boost::system::result<directory>
    open(file_calls& calls, std::filesystem::path const& path, access wanted = access::write);

    /// @param mode  of a file that is made, as far as the process's mask lets it.
    boost::system::result<opened_file> open_file(std::string_view path, access wanted, mode_t mode = 0666);

    /// How a regular file looks; none if it or its directory is absent.
    boost::system::result<std::optional<struct stat>> status_of(std::string_view path);
    /// The size of it.
    boost::system::result<std::optional<std::uint64_t>> size_of(std::string_view path);

    /// Closes the directories that are kept open for the next files. False: there was none.
    bool close_visited();

    /// Makes a symbolic link, with its directories. No error if it is there already.
    /// Errors: EEXIST if something else is in its place.
    error_code make_link(std::string_view path, std::string_view target);

    /// Makes all safe that lies in the same file system, and gives the number of that. Errors: EOPNOTSUPP where that
    /// wouldn't tell what couldn't be written.
    boost::system::result<dev_t> sync_file_system() const;

    /// Whether something of this name lies in the root directory.
    bool contains(std::string_view name) const;

private:
    using handle = std::shared_ptr<descriptor const>;

    explicit directory(descriptor root);
    /// 0 or a negative error.
    int look(descriptor const& parent, std::string_view name, struct stat& status) const;
    boost::system::result<handle> enter(std::string_view path, access wanted);
    boost::system::result<handle> walk(std::string_view path, access wanted) const;

    /// A directory that was entered of late: the files of a torrent come directory by directory, a few at a time.
    struct visit
    {
        std::string path;
        handle target;
    };
    struct visits
    {
        std::mutex mutex;
        std::vector<visit> all;
        std::size_t oldest = 0; // once there are as many as there may be
    };

    file_calls* calls_;
    handle root_;
    std::unique_ptr<visits> visits_;
};

} // namespace webseed::disk
