// What somebody else does to the simulated disk, and what is done there for safety: syncing, and putting names in
// place.
#include "support/simulated_disk.hpp"

#include <cerrno>

#include <fcntl.h>

namespace webseed::test {

int simulated_disk::fsync(int file)
{
    auto const asked = ask(call_kind::fsync, file, nullptr);
    auto const* const opened = find(file);
    if (opened == nullptr)
        return -EBADF;
    // A call that was only interrupted has done no harm.
    if (asked.error != EINTR)
        record(node_synced{opened->node, asked.error != 0});
    return -asked.error;
}

int simulated_disk::syncfs(int file)
{
    auto const asked = ask(call_kind::syncfs, file, nullptr);
    if (find(file) == nullptr)
        return -EBADF;
    if (asked.error != EINTR && asked.error != EOPNOTSUPP)
        record(all_synced{asked.error != 0});
    return -asked.error;
}

int simulated_disk::renameat(int directory, char const* name, int new_directory, char const* new_name)
{
    if (auto const asked = ask(call_kind::renameat, directory, name); asked.error != 0)
        return -asked.error;
    auto const from = look_up(directory, name, last_link::kept);
    auto const to = look_up(new_directory, new_name, last_link::kept);
    if (from.error != 0 || to.error != 0)
        return from.error != 0 ? -from.error : -to.error;
    if (!from.target)
        return -ENOENT;
    refuse_unless(!from.has_slash && !to.has_slash && from.directory == to.directory, "how to move");
    refuse_unless(now_->at(*from.target).type == node_type::file, "how to rename what isn't a file");
    if (to.target && now_->at(*to.target).type == node_type::directory)
        return -EISDIR;
    if (from.target == to.target)
        return 0;
    record(node_renamed{from.directory, *from.target, from.name, to.name});
    if (to.target)
        release(*to.target);
    return 0;
}

int simulated_disk::unlinkat(int directory, char const* name, int flags)
{
    refuse_unless(flags == 0, "these flags");
    if (auto const asked = ask(call_kind::unlinkat, directory, name); asked.error != 0)
        return -asked.error;
    auto const found = look_up(directory, name, last_link::kept_with_slash);
    if (found.error != 0)
        return -found.error;
    if (!found.target)
        return -ENOENT;
    if (now_->at(*found.target).type == node_type::directory)
        return -EISDIR;
    if (found.has_slash)
        return -ENOTDIR;
    record(node_removed{found.directory, found.name});
    release(*found.target);
    return 0;
}

void simulated_disk::make_file(std::string_view path, std::string_view content)
{
    let_time_pass();
    if (content_of(path))
        remove(path);
    make(path, node_type::file, {});
    auto const file = *now_->find(disk_image::root, path, last_link::kept).target;
    if (!content.empty())
        write(file, 0, std::as_bytes(std::span(content)));
}

void simulated_disk::remove(std::string_view path)
{
    auto const found = now_->find(disk_image::root, path, last_link::kept);
    if (found.error != 0 || !found.target)
        return;
    refuse_unless(now_->at(*found.target).entries.empty(), "how to remove what isn't empty");
    record(node_removed{found.directory, found.name});
    release(*found.target);
}

std::optional<std::string> simulated_disk::content_of(std::string_view path) const
{
    auto const found = now_->find(disk_image::root, path, last_link::kept);
    if (found.error != 0 || !found.target || now_->at(*found.target).type != node_type::file)
        return std::nullopt;
    std::string text(now_->at(*found.target).size, '\0');
    now_->read(*found.target, 0, std::as_writable_bytes(std::span(text)));
    return text;
}

void simulated_disk::edit(std::string_view path, std::uint64_t offset, std::string_view bytes)
{
    let_time_pass();
    write(existing(path), offset, std::as_bytes(std::span(bytes)));
}

void simulated_disk::set_time(std::string_view path, std::uint64_t modified_at)
{
    let_time_pass();
    record(times_set{existing(path), modified_at, now()});
}

std::uint64_t simulated_disk::time_of(std::string_view path) const
{
    return now_->at(existing(path)).modified_at;
}

node_index simulated_disk::existing(std::string_view path) const
{
    auto const found = now_->find(disk_image::root, path, last_link::kept);
    refuse_unless(found.error == 0 && found.target.has_value(), "a file that isn't there");
    return *found.target;
}

void simulated_disk::make(std::string_view path, node_type type, std::string target)
{
    auto const directory = parent_of(path);
    auto const found = now_->find(directory, path.substr(path.rfind('/') + 1), last_link::kept);
    if (found.target && type == node_type::directory && now_->at(*found.target).type == type)
        return;
    refuse_unless(!found.target, "how to make what is there already");
    record(node_made{directory, found.name, type, std::move(target), now()});
}

/// Makes the directories that are missing.
node_index simulated_disk::parent_of(std::string_view path)
{
    auto const slash = path.rfind('/');
    if (slash == std::string_view::npos || slash == 0)
        return disk_image::root;
    auto const parent = path.substr(0, slash);
    make_directory(parent);
    return *now_->find(disk_image::root, parent, last_link::followed).target;
}

} // namespace webseed::test
