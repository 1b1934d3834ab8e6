#include "support/simulated_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

namespace webseed::test {
namespace {

constexpr std::size_t path_size_max = 4095;
/// The kernel transfers no more at once.
constexpr std::size_t transfer_size_max = 0x7ffff000;
constexpr auto offset_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr int known_flags = O_ACCMODE | O_CREAT | O_EXCL | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;

bool can_write(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

mode_t mode_of(node_type type)
{
    switch (type)
    {
    case node_type::file:
        return S_IFREG | 0644;
    case node_type::directory:
        return S_IFDIR | 0755;
    case node_type::symbolic_link:
        return S_IFLNK | 0777;
    case node_type::pipe:
        return S_IFIFO | 0644;
    }
    return 0;
}

void fill(struct stat& status, node const& of, node_index index)
{
    status = {};
    status.st_mode = mode_of(of.type);
    status.st_dev = 1;
    status.st_ino = index + 1;
    status.st_nlink = of.is_linked ? 1 : 0;
    status.st_size = static_cast<off_t>(of.type == node_type::symbolic_link ? of.target.size() : of.size);
    status.st_blksize = sector_size;
    status.st_blocks = static_cast<blkcnt_t>(of.sectors.size());
    status.st_mtim = {static_cast<time_t>(of.modified_at / 1000), static_cast<long>(of.modified_at % 1000 * 1'000'000)};
    status.st_ctim = {static_cast<time_t>(of.changed_at / 1000), static_cast<long>(of.changed_at % 1000 * 1'000'000)};
}

bool ends_with_slash(char const* name)
{
    return std::string_view(name).ends_with('/');
}

/// What opening says to the thing that a path leads to; 0 if it has no objection.
int objection(node_type type, int flags)
{
    if ((flags & O_CREAT) != 0 && type == node_type::directory)
        return EISDIR;
    if ((flags & O_DIRECTORY) != 0 && type != node_type::directory)
        return ENOTDIR;
    if (type == node_type::symbolic_link)
        return ELOOP;
    if (type == node_type::directory && can_write(flags))
        return EISDIR;
    return 0;
}

} // namespace

void simulated_disk::refuse_unless(bool is_known, char const* what)
{
    if (!is_known)
        throw std::logic_error(std::string("the simulated disk doesn't know ") + what);
}

simulated_disk::simulated_disk(disk_image image)
    : now_(std::make_shared<disk_image>(std::move(image)))
    , synced_(now_)
{}

int simulated_disk::openat(int directory, char const* name, int flags, mode_t)
{
    refuse_unless((flags & ~known_flags) == 0, "these flags");
    refuse_unless((flags & (O_CREAT | O_DIRECTORY)) != (O_CREAT | O_DIRECTORY), "a directory that is made by opening");
    if (auto const asked = ask(call_kind::openat, directory, name); asked.error != 0)
        return -asked.error;
    if (*name == '\0')
        return -ENOENT;
    if (std::strlen(name) > path_size_max)
        return -ENAMETOOLONG;
    if (open_count_ >= limits_.descriptor_count_max)
        return -EMFILE;
    auto const found = look_up_to_open(directory, name, flags);
    if (found.error != 0)
        return -found.error;
    auto path = path_of(directory, name);
    if (found.target)
    {
        if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
            return -EEXIST;
        auto const error = objection(now_->at(*found.target).type, flags);
        if (error == 0 && now_->at(*found.target).type == node_type::pipe)
            refuse_unless(
                (flags & O_NONBLOCK) != 0 && (flags & O_ACCMODE) != O_WRONLY, "how to wait for a pipe's other end");
        return error != 0 ? -error : open_node(*found.target, flags, std::move(path));
    }
    if ((flags & O_CREAT) == 0)
        return -ENOENT;
    record(node_made{found.directory, found.name, node_type::file, {}, now()});
    return open_node(now_->at(found.directory).entries.at(found.name), flags, std::move(path));
}

int simulated_disk::mkdirat(int directory, char const* name, mode_t)
{
    if (auto const asked = ask(call_kind::mkdirat, directory, name); asked.error != 0)
        return -asked.error;
    auto const found = look_up(directory, name, last_link::kept_with_slash);
    if (found.error != 0)
        return -found.error;
    if (found.target)
        return -EEXIST;
    record(node_made{found.directory, found.name, node_type::directory, {}, now()});
    return 0;
}

int simulated_disk::fstat(int file, struct stat& status)
{
    if (auto const asked = ask(call_kind::fstat, file, nullptr); asked.error != 0)
        return -asked.error;
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    fill(status, now_->at(opened->node), opened->node);
    return 0;
}

int simulated_disk::fstatat(int directory, char const* name, struct stat& status, int flags)
{
    refuse_unless((flags & ~AT_SYMLINK_NOFOLLOW) == 0, "these flags");
    if (auto const asked = ask(call_kind::fstatat, directory, name); asked.error != 0)
        return -asked.error;
    auto const found = look_up(directory, name, flags != 0 ? last_link::kept : last_link::followed);
    if (found.error != 0)
        return -found.error;
    if (!found.target)
        return -ENOENT;
    if (found.has_slash && now_->at(*found.target).type != node_type::directory)
        return -ENOTDIR;
    fill(status, now_->at(*found.target), *found.target);
    return 0;
}

ssize_t simulated_disk::pread(int file, std::span<std::byte> buffer, std::uint64_t offset)
{
    auto const asked = ask(call_kind::pread, file, nullptr, offset, buffer.size());
    if (asked.error != 0)
        return -asked.error;
    if (offset > offset_max)
        return -EINVAL;
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    auto const type = now_->at(opened->node).type;
    if (type == node_type::pipe)
        return -ESPIPE;
    if ((opened->flags & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    if (type == node_type::directory)
        return -EISDIR;
    auto const size = std::min({buffer.size(), transfer_size_max, asked.size_max.value_or(transfer_size_max)});
    return static_cast<ssize_t>(now_->read(opened->node, offset, buffer.first(size)));
}

ssize_t simulated_disk::pwrite(int file, std::span<std::byte const> bytes, std::uint64_t offset)
{
    auto const asked = ask(call_kind::pwrite, file, nullptr, offset, bytes.size());
    if (asked.error != 0)
        return -asked.error;
    if (offset > offset_max)
        return -EINVAL;
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    if (now_->at(opened->node).type == node_type::pipe)
        return -ESPIPE;
    if (!can_write(opened->flags))
        return -EBADF;
    std::uint64_t size = std::min({bytes.size(), transfer_size_max, asked.size_max.value_or(transfer_size_max)});
    if (size == 0)
        return 0;
    if (offset >= limits_.file_size_max)
        return -EFBIG;
    size = std::min(size, limits_.file_size_max - offset);
    auto const room = room_for(opened->node, offset, size);
    if (room == 0)
        return -ENOSPC;
    write(opened->node, offset, bytes.first(room));
    return static_cast<ssize_t>(room);
}

int simulated_disk::symlinkat(char const* target, int directory, char const* name)
{
    if (auto const asked = ask(call_kind::symlinkat, directory, name); asked.error != 0)
        return -asked.error;
    if (*target == '\0')
        return -ENOENT;
    auto const found = look_up(directory, name, last_link::kept_with_slash);
    if (found.error != 0)
        return -found.error;
    if (found.target)
        return -EEXIST;
    if (found.has_slash)
        return -ENOENT;
    record(node_made{found.directory, found.name, node_type::symbolic_link, target, now()});
    return 0;
}

ssize_t simulated_disk::readlinkat(int directory, char const* name, std::span<char> buffer)
{
    if (auto const asked = ask(call_kind::readlinkat, directory, name); asked.error != 0)
        return -asked.error;
    if (buffer.empty())
        return -EINVAL;
    if (*name == '\0' && directory != AT_FDCWD && find(directory) == nullptr)
        return -EBADF; // an empty name would be the descriptor's own link
    auto const found = look_up(directory, name, last_link::kept);
    if (found.error != 0)
        return -found.error;
    if (!found.target)
        return -ENOENT;
    auto const type = now_->at(*found.target).type;
    if (found.has_slash && type != node_type::directory)
        return -ENOTDIR;
    if (type != node_type::symbolic_link)
        return -EINVAL;
    auto const& target = now_->at(*found.target).target;
    return static_cast<ssize_t>(target.copy(buffer.data(), buffer.size()));
}

int simulated_disk::ftruncate(int file, std::uint64_t size)
{
    if (auto const asked = ask(call_kind::ftruncate, file, nullptr, 0, size); asked.error != 0)
        return -asked.error;
    if (size > offset_max)
        return -EINVAL;
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    if (now_->at(opened->node).type != node_type::file || !can_write(opened->flags))
        return -EINVAL;
    if (size > limits_.file_size_max)
        return -EFBIG;
    if (size != now_->at(opened->node).size)
        record(file_resized{opened->node, size, now()});
    return 0;
}

int simulated_disk::list(int directory, std::vector<std::string>& names)
{
    if (auto const asked = ask(call_kind::list, directory, nullptr); asked.error != 0)
        return -asked.error;
    auto const* const opened = find(directory);
    if (opened == nullptr)
        return -EBADF;
    auto const& target = now_->at(opened->node);
    if (target.type != node_type::directory)
        return -ENOTDIR;
    for (auto const& [name, node] : target.entries)
        names.push_back(name);
    return 0;
}

int simulated_disk::close(int file) noexcept
{
    auto const asked = ask(call_kind::close, file, nullptr);
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    auto const node = opened->node;
    slots_[static_cast<std::size_t>(file - first_descriptor)] = {};
    --open_count_;
    release(node);
    return -asked.error;
}

void simulated_disk::settle()
{
    synced_ = now_;
    journal_.clear();
}

simulated_disk simulated_disk::crashed_after(std::size_t operation_count, dice& random) const
{
    simulated_disk made(after_power_loss(*synced_, std::span(journal_).first(operation_count), random));
    made.changes_ = changes_ + changes_per_tick;
    return made;
}

simulated_disk simulated_disk::stopped_after(std::size_t operation_count) const
{
    auto image = *synced_;
    for (auto const& operation : std::span(journal_).first(operation_count))
        perform(image, operation);
    image.tidy();
    simulated_disk made(std::move(image));
    made.changes_ = changes_ + changes_per_tick;
    return made;
}

simulated_disk simulated_disk::killed_after(std::size_t operation_count) const
{
    simulated_disk made(*synced_);
    for (auto const& operation : std::span(journal_).first(operation_count))
        made.record(operation);
    made.changes_ = changes_ + changes_per_tick;
    return made;
}

interference simulated_disk::ask(call_kind kind, int file, char const* name, std::uint64_t offset, std::uint64_t size)
{
    auto const number = call_count_++;
    if (!hook_)
        return {};
    return hook_({number, kind, path_of(file, name), offset, size});
}

std::string simulated_disk::path_of(int file, char const* name) const
{
    if (name != nullptr && *name == '/')
        return name;
    auto const* const opened = find(file);
    std::string path = opened != nullptr ? opened->path : "";
    if (name == nullptr)
        return path;
    if (!path.empty() && !path.ends_with('/'))
        path += '/';
    return path += name;
}

simulated_disk::slot const* simulated_disk::find(int file) const
{
    auto const index = static_cast<std::size_t>(file) - first_descriptor;
    return file >= first_descriptor && index < slots_.size() && slots_[index].is_open ? &slots_[index] : nullptr;
}

place simulated_disk::look_up(int directory, char const* name, last_link last) const
{
    place nowhere;
    nowhere.error = *name == '\0' ? ENOENT : std::strlen(name) > path_size_max ? ENAMETOOLONG : 0;
    if (nowhere.error != 0)
        return nowhere;
    if (*name == '/' || directory == AT_FDCWD)
        return now_->find(disk_image::root, name, last);
    auto const* const opened = find(directory);
    nowhere.error = opened == nullptr ? EBADF : ENOTDIR;
    if (opened == nullptr || now_->at(opened->node).type != node_type::directory)
        return nowhere;
    auto found = now_->find(opened->node, name, last);
    // Nothing can be made in a directory that was removed.
    if (found.error == 0 && !found.target && !now_->at(found.directory).is_linked)
        found.error = ENOENT;
    return found;
}

place simulated_disk::look_up_to_open(int directory, char const* name, int flags) const
{
    bool const may_make = (flags & O_CREAT) != 0;
    bool const is_kept = (flags & O_NOFOLLOW) != 0 || (may_make && (flags & O_EXCL) != 0);
    auto last = is_kept ? last_link::kept : last_link::followed;
    if (may_make && ends_with_slash(name))
        last = last_link::kept_with_slash;
    auto found = look_up(directory, name, last);
    if (found.error != 0)
        return found;
    bool const is_name = found.name != "." && found.name != "..";
    if (may_make && found.has_slash && is_name)
        found.error = EISDIR;
    else if (found.has_slash && found.target && now_->at(*found.target).type != node_type::directory)
        found.error = ENOTDIR;
    return found;
}

int simulated_disk::open_node(node_index node, int flags, std::string path)
{
    auto free = std::ranges::find(slots_, false, &slot::is_open);
    if (free == slots_.end())
        free = slots_.emplace(slots_.end());
    *free = {true, node, flags, std::move(path)};
    open_count_peak_ = std::max(open_count_peak_, ++open_count_);
    return first_descriptor + static_cast<int>(free - slots_.begin());
}

/// What nothing leads to and nobody has open gives back its room.
void simulated_disk::release(node_index node)
{
    auto const is_same = [&](slot const& other) { return other.is_open && other.node == node; };
    if (now_->at(node).is_linked || std::ranges::any_of(slots_, is_same))
        return;
    if (now_ == synced_)
        now_ = std::make_shared<disk_image>(*now_);
    now_->drop_content(node);
}

/// How many of so many bytes find room.
std::uint64_t simulated_disk::room_for(node_index file, std::uint64_t offset, std::uint64_t size) const
{
    auto const used = now_->sector_count();
    auto const all = limits_.capacity / sector_size;
    auto free = all > used ? all - used : 0;
    auto const end = offset + size;
    for (auto number = offset / sector_size; number * sector_size < end; ++number)
    {
        if (now_->at(file).sectors.contains(number))
            continue;
        if (free == 0)
            return std::max(number * sector_size, offset) - offset;
        --free;
    }
    return size;
}

void simulated_disk::write(node_index file, std::uint64_t offset, std::span<std::byte const> bytes)
{
    file_written written{file, offset, offset + bytes.size(), {}, now()};
    auto const first = offset / sector_size;
    auto const last = (written.end - 1) / sector_size;
    written.sectors.reserve(last - first + 1);
    for (auto number = first; number <= last; ++number)
    {
        auto content = now_->read(file, number);
        auto const at = std::max(offset, number * sector_size);
        auto const count = std::min(written.end, (number + 1) * sector_size) - at;
        std::memcpy(content.data() + at % sector_size, bytes.data() + (at - offset), count);
        written.sectors.push_back(content);
    }
    record(std::move(written));
}

void simulated_disk::record(disk_operation operation)
{
    if (now_ == synced_)
        now_ = std::make_shared<disk_image>(*now_);
    perform(*now_, operation);
    ++changes_;
    journal_.push_back(std::move(operation));
}

} // namespace webseed::test
