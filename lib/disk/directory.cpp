#include "directory.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace webseed::disk {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
// So many directories are kept open: as many as requesters of a seed usually work in at once.
constexpr std::size_t visit_count_max = 8;

/// The descriptor, or one whose number is the negative error.
descriptor opened_at(file_calls& calls, int parent, char const* name, int flags, mode_t mode = 0)
{
    return {calls, uninterrupted([&] { return calls.openat(parent, name, flags, mode); })};
}

int made_at(file_calls& calls, int parent, char const* name)
{
    return uninterrupted([&] { return calls.mkdirat(parent, name, 0777); });
}

/// Makes a directory and its parents.
/// @return 0 or a negative error; whether it is a directory only opening it can tell.
int make_with_parents(file_calls& calls, std::filesystem::path const& path)
{
    int first_failure = 0;
    std::filesystem::path parent;
    for (auto const& name : path)
    {
        // Where we may not make a directory there may be one already, so a failure is no reason to stop.
        parent /= name;
        int const made = made_at(calls, AT_FDCWD, parent.c_str());
        if (made != -EEXIST && made != 0 && first_failure == 0)
            first_failure = made;
    }
    return first_failure;
}

struct split_path
{
    std::string_view directory;
    std::string_view name;
};

split_path split(std::string_view path)
{
    auto const slash = path.rfind('/');
    return slash == path.npos ? split_path{{}, path} : split_path{path.substr(0, slash), path.substr(slash + 1)};
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
    : calls_(&root.calls())
    , root_(std::make_shared<descriptor const>(std::move(root)))
    , visits_(std::make_unique<visits>())
{}

boost::system::result<directory> directory::open(file_calls& calls, std::filesystem::path const& path, access wanted)
{
    auto root = opened_at(calls, AT_FDCWD, path.c_str(), directory_flags);
    if (root.number() == -ENOENT && wanted == access::write)
    {
        int const made = make_with_parents(calls, path);
        root = opened_at(calls, AT_FDCWD, path.c_str(), directory_flags);
        if (root.number() == -ENOENT && made != 0)
            return error_of(-made);
    }
    if (!root)
        return error_of(-root.number());
    return directory(std::move(root));
}

boost::system::result<opened_file> directory::open_file(std::string_view path, access wanted, mode_t mode)
{
    auto const [names, name] = split(path);
    auto const parent = enter(names, wanted);
    if (!parent)
        return parent.error();
    // O_NONBLOCK changes nothing for regular files, but a named pipe would hold us up for ever.
    int const flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (wanted == access::write ? O_RDWR | O_CREAT : O_RDONLY);
    auto file = opened_at(*calls_, (*parent)->number(), std::string(name).c_str(), flags, mode);
    if (!file)
        return error_of(-file.number());
    struct stat status;
    if (int const looked = uninterrupted([&] { return calls_->fstat(file.number(), status); }); looked != 0)
        return error_of(-looked);
    if (auto const fault = fault_of(status))
        return error_of(fault);
    return opened_file{std::move(file), static_cast<std::uint64_t>(status.st_size), status};
}

boost::system::result<std::optional<struct stat>> directory::status_of(std::string_view path)
{
    auto const absent = error_of(ENOENT);
    auto const [names, name] = split(path);
    auto const parent = enter(names, access::read);
    if (!parent && parent.error() != absent)
        return parent.error();
    if (!parent)
        return std::nullopt;
    struct stat status;
    int const looked = look(**parent, name, status);
    if (looked == -ENOENT)
        return std::nullopt;
    if (looked != 0)
        return error_of(-looked);
    if (auto const fault = fault_of(status))
        return error_of(fault);
    return status;
}

boost::system::result<std::optional<std::uint64_t>> directory::size_of(std::string_view path)
{
    auto const found = status_of(path);
    if (!found)
        return found.error();
    return *found ? std::optional(static_cast<std::uint64_t>((*found)->st_size)) : std::nullopt;
}

error_code directory::make_link(std::string_view path, std::string_view target)
{
    auto const [names, last] = split(path);
    auto const parent = enter(names, access::write);
    if (!parent)
        return parent.error();
    std::string const name(last);
    int const made = uninterrupted(
        [&] { return calls_->symlinkat(std::string(target).c_str(), (*parent)->number(), name.c_str()); });
    if (made == 0)
        return {};
    std::string found(target.size() + 1, '\0'); // one more, to see a longer one
    auto const size = made != -EEXIST
                          ? 0
                          : uninterrupted([&] { return calls_->readlinkat((*parent)->number(), name.c_str(), found); });
    if (size > 0 && std::string_view(found).substr(0, static_cast<std::size_t>(size)) == target)
        return {};
    return error_of(-made);
}

boost::system::result<dev_t> directory::sync_file_system() const
{
    struct stat status;
    int const looked = uninterrupted([&] { return calls_->fstat(root_->number(), status); });
    int const synced = looked == 0 ? uninterrupted([&] { return calls_->syncfs(root_->number()); }) : looked;
    if (synced != 0)
        return error_of(-synced);
    return status.st_dev;
}

bool directory::contains(std::string_view name) const
{
    struct stat status;
    return look(*root_, name, status) != -ENOENT;
}

int directory::look(descriptor const& parent, std::string_view name, struct stat& status) const
{
    return uninterrupted(
        [&] { return calls_->fstatat(parent.number(), std::string(name).c_str(), status, AT_SYMLINK_NOFOLLOW); });
}

boost::system::result<directory::handle> directory::enter(std::string_view path, access wanted)
{
    if (path.empty())
        return root_;
    {
        std::lock_guard const lock(visits_->mutex);
        auto const found = std::ranges::find(visits_->all, path, &visit::path);
        if (found != visits_->all.end())
            return found->target;
    }
    auto target = walk(path, wanted);
    if (!target)
        return target;
    // After the swap `made` is the one that had to go: it is closed when the mutex is free again.
    visit made{std::string(path), *target};
    std::lock_guard const lock(visits_->mutex);
    if (visits_->all.size() < visit_count_max)
        visits_->all.push_back(std::move(made));
    else
        std::swap(visits_->all[visits_->oldest++ % visit_count_max], made);
    return target;
}

bool directory::close_visited()
{
    std::vector<visit> closed;
    std::lock_guard const lock(visits_->mutex);
    std::swap(closed, visits_->all);
    visits_->oldest = 0;
    return !closed.empty();
}

boost::system::result<directory::handle> directory::walk(std::string_view path, access wanted) const
{
    descriptor current;
    while (!path.empty())
    {
        std::string const name(path.substr(0, path.find('/')));
        path.remove_prefix(std::min(name.size() + 1, path.size()));
        int const parent = current ? current.number() : root_->number();
        auto child = opened_at(*calls_, parent, name.c_str(), directory_flags | O_NOFOLLOW);
        if (child.number() == -ENOENT && wanted == access::write)
        {
            // Somebody else may have made it in between; opening it decides.
            int const made = made_at(*calls_, parent, name.c_str());
            if (made != 0 && made != -EEXIST)
                return error_of(-made);
            child = opened_at(*calls_, parent, name.c_str(), directory_flags | O_NOFOLLOW);
        }
        if (!child)
            return error_of(-child.number());
        current = std::move(child);
    }
    return std::make_shared<descriptor const>(std::move(current));
}

} // namespace webseed::disk
