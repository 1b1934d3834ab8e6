#include "whole_file.hpp"

#include "directory.hpp"
#include "transfer.hpp"

#include <string>

#include <fcntl.h>
#include <sys/stat.h>

namespace webseed::disk {
namespace {

/// Names that are tried for the new file: others may have died in the midst of writing theirs.
constexpr unsigned name_count_max = 100;

error_code sync(descriptor const& what)
{
    int const synced = uninterrupted([&] { return what.calls().fsync(what.number()); });
    return synced == 0 ? error_code() : error_of(-synced);
}

error_code fill(descriptor& file, std::span<std::byte const> bytes)
{
    if (auto const failed = write_all(file, 0, bytes))
        return failed;
    if (auto const failed = sync(file))
        return failed;
    int const closed = file.close();
    return closed == 0 || closed == -EINTR ? error_code() : error_of(-closed);
}

error_code put_in_place(descriptor const& parent, std::string const& from, std::string const& to)
{
    auto& calls = parent.calls();
    int const renamed =
        uninterrupted([&] { return calls.renameat(parent.number(), from.c_str(), parent.number(), to.c_str()); });
    return renamed == 0 ? error_code() : error_of(-renamed);
}

} // namespace

boost::system::result<std::vector<std::byte>>
read_whole(file_calls& calls, std::filesystem::path const& path, std::uint64_t size_max)
{
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    descriptor const file(calls, uninterrupted([&] { return calls.openat(AT_FDCWD, path.c_str(), flags, 0); }));
    if (!file)
        return error_of(-file.number());
    struct stat status;
    if (int const looked = uninterrupted([&] { return calls.fstat(file.number(), status); }); looked != 0)
        return error_of(-looked);
    if (!S_ISREG(status.st_mode))
        return error_of(EINVAL);
    if (static_cast<std::uint64_t>(status.st_size) > size_max)
        return error_of(EFBIG);
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
    if (auto const failed = read_all(file, 0, bytes))
        return failed;
    return bytes;
}

error_code replace_whole(file_calls& calls, std::filesystem::path const& path, std::span<std::byte const> bytes)
{
    auto const where = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (auto const made = directory::open(calls, where); !made)
        return made.error();
    constexpr int look = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    descriptor const parent(calls, uninterrupted([&] { return calls.openat(AT_FDCWD, where.c_str(), look, 0); }));
    if (!parent)
        return error_of(-parent.number());
    auto const name = path.filename().string();
    auto const own = name + "." + std::to_string(calls.process()) + "-";
    constexpr int make = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    descriptor file(calls, -EEXIST);
    std::string made;
    for (unsigned i = 0; i != name_count_max && file.number() == -EEXIST; ++i)
    {
        made = own + std::to_string(i);
        file = {calls, uninterrupted([&] { return calls.openat(parent.number(), made.c_str(), make, 0600); })};
    }
    if (!file)
        return error_of(-file.number());
    auto failed = fill(file, bytes);
    if (!failed)
        failed = put_in_place(parent, made, name);
    if (failed)
    {
        uninterrupted([&] { return calls.unlinkat(parent.number(), made.c_str(), 0); });
        return failed;
    }
    return sync(parent);
}

} // namespace webseed::disk
