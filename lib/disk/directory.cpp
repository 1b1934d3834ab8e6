#include "directory.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace webseed::disk {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

int retry_open(int parent, char const* name, int flags, mode_t mode = 0)
{
    int number = -1;
    do
    {
        number = ::openat(parent, name, flags, mode);
    } while (number < 0 && errno == EINTR);
    return number;
}

/// What stands in the way of a file; 0 if nothing does.
int fault_of(struct stat const& status)
{
    if (S_ISREG(status.st_mode))
        return 0;
    if (S_ISLNK(status.st_mode))
        return ELOOP;
    return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
}

} // namespace

error_code error_of(int number) noexcept
{
    if (number == ENOSPC || number == EDQUOT)
        return errc::disk_full;
    return {number, boost::system::system_category()};
}

directory::directory(descriptor root)
    : root_(std::make_shared<descriptor const>(std::move(root)))
    , last_(std::make_unique<visit>())
{}

boost::system::result<directory> directory::open(std::filesystem::path const& path)
{
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed)
        return error_of(failed.value());
    descriptor root(retry_open(AT_FDCWD, path.c_str(), directory_flags));
    if (!root)
        return error_of(errno);
    return directory(std::move(root));
}

boost::system::result<opened_file> directory::open_file(std::span<std::string const> path, access wanted)
{
    auto const parent = enter(path.first(path.size() - 1), wanted);
    if (!parent)
        return parent.error();
    // O_NONBLOCK changes nothing for regular files, but a named pipe would hold us up for ever.
    int const flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (wanted == access::write ? O_RDWR | O_CREAT : O_RDONLY);
    descriptor file(retry_open((*parent)->number(), path.back().c_str(), flags, 0666));
    if (!file)
        return error_of(errno);
    struct stat status;
    if (::fstat(file.number(), &status) != 0)
        return error_of(errno);
    if (auto const fault = fault_of(status))
        return error_of(fault);
    return opened_file{std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

boost::system::result<std::optional<std::uint64_t>> directory::size_of(std::span<std::string const> path)
{
    auto const absent = error_of(ENOENT);
    auto const parent = enter(path.first(path.size() - 1), access::read);
    if (!parent && parent.error() != absent)
        return parent.error();
    if (!parent)
        return std::nullopt;
    struct stat status;
    if (::fstatat((*parent)->number(), path.back().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    {
        if (errno != ENOENT)
            return error_of(errno);
        return std::nullopt;
    }
    if (auto const fault = fault_of(status))
        return error_of(fault);
    return static_cast<std::uint64_t>(status.st_size);
}

bool directory::contains(std::string const& name) const
{
    struct stat status;
    return ::fstatat(root_->number(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

boost::system::result<directory::handle> directory::enter(std::span<std::string const> names, access wanted)
{
    if (names.empty())
        return root_;
    {
        std::lock_guard const lock(last_->mutex);
        if (last_->target != nullptr && std::ranges::equal(names, last_->names))
            return last_->target;
    }
    auto target = walk(names, wanted);
    if (target)
    {
        std::lock_guard const lock(last_->mutex);
        last_->names.assign(names.begin(), names.end());
        last_->target = *target;
    }
    return target;
}

boost::system::result<directory::handle> directory::walk(std::span<std::string const> names, access wanted) const
{
    descriptor current;
    for (auto const& name : names)
    {
        int const parent = current ? current.number() : root_->number();
        descriptor child(retry_open(parent, name.c_str(), directory_flags | O_NOFOLLOW));
        if (!child && errno == ENOENT && wanted == access::write)
        {
            // Somebody else may have made it in between; opening it decides.
            if (::mkdirat(parent, name.c_str(), 0777) != 0 && errno != EEXIST)
                return error_of(errno);
            child = descriptor(retry_open(parent, name.c_str(), directory_flags | O_NOFOLLOW));
        }
        if (!child)
            return error_of(errno);
        current = std::move(child);
    }
    return std::make_shared<descriptor const>(std::move(current));
}

} // namespace webseed::disk
