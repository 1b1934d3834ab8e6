#include "source_tree.hpp"

#include "directory.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace webseed::disk {
namespace {

// What all sizes together stay below, so that nobody overflows who adds something for each file.
constexpr std::uint64_t size_end = std::uint64_t(1) << 62;

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
// O_NONBLOCK changes nothing for regular files, but a named pipe would hold us up for ever.
constexpr int file_flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;

source_file::identity identity_of(struct stat const& status) noexcept
{
    return {
        static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
        std::int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

int status_of(descriptor const& file, struct stat& status)
{
    return uninterrupted([&] { return file.calls().fstat(file.number(), status); });
}

descriptor opened_at(file_calls& calls, int parent, char const* name, int flags)
{
    return {calls, uninterrupted([&] { return calls.openat(parent, name, flags, 0); })};
}

} // namespace

source_tree::source_tree(descriptor root, std::filesystem::path const& path, source_limits limits)
    : calls_(&root.calls())
    , root_(std::move(root))
    , root_path_(path.native())
    , limits_(limits)
{}

boost::system::result<source_tree>
source_tree::open(file_calls& calls, std::filesystem::path const& path, source_limits limits, diagnostics& cause)
{
    source_tree tree(opened_at(calls, AT_FDCWD, path.c_str(), file_flags), path, limits);
    if (!tree.root_)
        return tree.fail({}, tree.root_.number(), cause);
    struct stat status;
    if (int const looked = status_of(tree.root_, status); looked != 0)
        return tree.fail({}, looked, cause);
    if (S_ISREG(status.st_mode))
    {
        if (auto const failed = tree.add({}, status, cause))
            return failed;
        return tree;
    }
    if (!S_ISDIR(status.st_mode))
        return tree.complain({}, errc::files_unsuitable, "is neither a file nor a directory", cause);
    tree.is_directory_ = true;
    // Another descriptor for the walk, which closes what it leaves.
    if (auto const failed = tree.enter(opened_at(calls, tree.root_.number(), ".", directory_flags), {}, cause))
        return failed;
    return tree;
}

error_code source_tree::walk(std::size_t name_count, diagnostics& cause)
{
    for (; !visits_.empty() && name_count > 0; --name_count)
    {
        auto& inner = visits_.back();
        if (inner.next == inner.names.size())
        {
            visits_.pop_back();
            continue;
        }
        auto const name = std::move(inner.names[inner.next++]);
        if (auto const failed = look_at(name, cause))
            return failed;
    }
    return {};
}

error_code source_tree::enter(descriptor directory, std::string path, diagnostics& cause)
{
    if (!directory)
        return fail(path, directory.number(), cause);
    if (visits_.size() >= limits_.depth_max)
        return complain(path, errc::files_unsuitable, "lies too deep", cause);
    visit made;
    if (int const listed = calls_->list(directory.number(), made.names); listed != 0)
        return fail(path, listed, cause);
    std::ranges::sort(made.names);
    made.directory = std::move(directory);
    made.path = std::move(path);
    visits_.push_back(std::move(made));
    return {};
}

error_code source_tree::look_at(std::string const& name, diagnostics& cause)
{
    auto const& parent = visits_.back();
    auto path = parent.path + name;
    int const directory = parent.directory.number();
    struct stat status;
    int const looked =
        uninterrupted([&] { return calls_->fstatat(directory, name.c_str(), status, AT_SYMLINK_NOFOLLOW); });
    if (looked != 0)
        return fail(path, looked, cause);
    if (S_ISREG(status.st_mode))
        return add(std::move(path), status, cause);
    if (S_ISDIR(status.st_mode))
        return enter(opened_at(*calls_, directory, name.c_str(), directory_flags), path + '/', cause);
    leave_out(path, S_ISLNK(status.st_mode) ? "a symbolic link" : "no regular file");
    return {};
}

error_code source_tree::add(std::string path, struct stat const& status, diagnostics& cause)
{
    auto const size = static_cast<std::uint64_t>(status.st_size);
    if (files_.size() >= limits_.file_count_max)
        return complain({}, errc::files_unsuitable, "has too many files", cause);
    if (size >= size_end || total_size_ + size >= size_end)
        return complain(path, errc::files_unsuitable, "is too large", cause);
    total_size_ += size;
    files_.push_back({std::move(path), size, (status.st_mode & S_IXUSR) != 0, identity_of(status)});
    return {};
}

void source_tree::leave_out(std::string const& path, std::string_view what)
{
    if (++left_out_count_ <= limits_.warning_count_max)
        warnings_.push_back(name_of(path) + " is left out: it is " + std::string(what));
}

std::vector<std::string> source_tree::warnings() const
{
    auto all = warnings_;
    if (left_out_count_ > all.size())
        all.push_back(std::to_string(left_out_count_ - all.size()) + " more are left out");
    return all;
}

boost::system::result<descriptor> source_tree::open_file(std::size_t index, diagnostics& cause) const
{
    auto const& wanted = files_[index];
    auto file = is_directory_ ? opened_at(*calls_, root_.number(), wanted.path.c_str(), file_flags | O_NOFOLLOW)
                              : opened_at(*calls_, AT_FDCWD, root_path_.c_str(), file_flags);
    if (!file)
        return fail(wanted.path, file.number(), cause);
    if (auto const changed = check(index, file, cause))
        return changed;
    return file;
}

error_code source_tree::read(
    std::size_t index, descriptor const& file, std::uint64_t offset, std::span<std::byte> buffer,
    diagnostics& cause) const
{
    while (!buffer.empty())
    {
        auto const count = uninterrupted([&] { return calls_->pread(file.number(), buffer, offset); });
        if (count < 0)
            return fail(files_[index].path, static_cast<int>(count), cause);
        if (count == 0)
            return complain(files_[index].path, errc::file_changed, "has become shorter while it was read", cause);
        buffer = buffer.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

error_code source_tree::check(std::size_t index, descriptor const& file, diagnostics& cause) const
{
    auto const& wanted = files_[index];
    struct stat status;
    if (int const looked = status_of(file, status); looked != 0)
        return fail(wanted.path, looked, cause);
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != wanted.size ||
        identity_of(status) != wanted.is)
        return complain(wanted.path, errc::file_changed, "was changed while it was read", cause);
    return {};
}

error_code source_tree::fail(std::string_view path, int error, diagnostics& cause) const
{
    auto const code = error_of(-error);
    cause.message = name_of(path) + ": " + code.message();
    return code;
}

error_code source_tree::complain(std::string_view path, errc error, std::string_view what, diagnostics& cause) const
{
    cause.message = name_of(path) + ' ' + std::string(what);
    return error;
}

std::string source_tree::name_of(std::string_view path) const
{
    if (path.empty())
        return root_path_;
    auto name = root_path_;
    if (!name.ends_with('/'))
        name += '/';
    return name += path;
}

} // namespace webseed::disk
