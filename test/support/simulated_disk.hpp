// A file system in memory that answers the file calls as Linux does, fails where a test wants it to, and tells what a
// loss of power could leave. Deterministic: nothing in it depends on addresses, time or the machine. For one thread.
#pragma once

#include "disk/file_calls.hpp"
#include "support/dice.hpp"
#include "support/disk_image.hpp"
#include "support/disk_journal.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::test {

enum class call_kind
{
    openat,
    mkdirat,
    fstat,
    fstatat,
    pread,
    pwrite,
    ftruncate,
    close,
    symlinkat,
    readlinkat,
    list,
    fsync,
    syncfs,
    renameat,
    unlinkat,
};

/// A call that is about to be made.
struct disk_call
{
    /// Counts the calls since the disk was made, from 0.
    std::uint64_t number = 0;
    call_kind kind{};
    /// The name behind that of the directory; for a descriptor what it was opened as.
    std::string path;
    std::uint64_t offset = 0;
    /// Bytes to transfer, or the file's new size.
    std::uint64_t size = 0;
};

/// What shall become of a call.
struct interference
{
    /// A value of `errno`: the call does nothing and fails with it, except that closing closes all the same. 0: none.
    int error = 0;
    /// A read or write transfers no more.
    std::optional<std::size_t> size_max;
};

struct disk_limits
{
    /// For the content of files, in whole sectors; names cost nothing.
    std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
    std::size_t descriptor_count_max = std::numeric_limits<std::size_t>::max();
    std::uint64_t file_size_max = std::numeric_limits<std::int64_t>::max();
};

/// Permissions and owners are not kept, and no times but those of changes of content and of names: a clock that ticks
/// every few changes, so that changes that follow each other closely have the same. Flags and waits that it doesn't
/// know throw std::logic_error. Must neither be moved nor destroyed while somebody has a descriptor of it.
class simulated_disk final : public disk::file_calls
{
public:
    using hook = std::function<interference(disk_call const&)>;

    simulated_disk() = default;

    /// @param before_call  asked before each call; must not call the disk.
    void interfere(hook before_call) { hook_ = std::move(before_call); }
    void limit(disk_limits limits) { limits_ = limits; }

    int openat(int directory, char const* name, int flags, mode_t mode) override;
    int mkdirat(int directory, char const* name, mode_t mode) override;
    int fstat(int file, struct stat& status) override;
    int fstatat(int directory, char const* name, struct stat& status, int flags) override;
    ssize_t pread(int file, std::span<std::byte> buffer, std::uint64_t offset) override;
    ssize_t pwrite(int file, std::span<std::byte const> bytes, std::uint64_t offset) override;
    int symlinkat(char const* target, int directory, char const* name) override;
    ssize_t readlinkat(int directory, char const* name, std::span<char> buffer) override;
    int ftruncate(int file, std::uint64_t size) override;
    int list(int directory, std::vector<std::string>& names) override;
    int fsync(int file) override;
    int syncfs(int file) override;
    int renameat(int directory, char const* name, int new_directory, char const* new_name) override;
    int unlinkat(int directory, char const* name, int flags) override;
    int close(int file) noexcept override;
    unsigned process() noexcept override { return 1; }

    // What somebody else does, later than what was done before: past the hook and the limits, but not synced either.
    // Directories are made as needed.
    void make_directory(std::string_view path) { make(path, node_type::directory, {}); }
    /// In place of the file that is there, if one is.
    void make_file(std::string_view path, std::string_view content);
    void make_link(std::string_view path, std::string target)
    {
        make(path, node_type::symbolic_link, std::move(target));
    }
    void make_pipe(std::string_view path) { make(path, node_type::pipe, {}); }
    /// Nothing if it isn't there; not for directories that hold something.
    void remove(std::string_view path);
    /// Writes into a file that is there.
    void edit(std::string_view path, std::uint64_t offset, std::string_view bytes);
    /// Puts back the time of the last change of a file's content, as if nobody had edited it.
    void set_time(std::string_view path, std::uint64_t modified_at);
    /// For set_time(). The file must be there.
    std::uint64_t time_of(std::string_view path) const;

    /// None if no file is there.
    std::optional<std::string> content_of(std::string_view path) const;
    /// Paths with the types and sizes of what they lead to, sorted, one a line.
    std::string tree() const { return now_->tree(); }
    std::uint64_t call_count() const noexcept { return call_count_; }
    std::size_t open_count() const noexcept { return open_count_; }
    /// The most that were open at once.
    std::size_t open_count_peak() const noexcept { return open_count_peak_; }

    /// Operations that changed something since all was synced.
    std::size_t operation_count() const noexcept { return journal_.size(); }
    /// All that is there is safe from now on, as if synced.
    void settle();
    /// The disk when the power comes back after it was lost right after `operation_count` operations, or now. It has
    /// no hook, no limits and nothing open. @see after_power_loss
    simulated_disk crashed_after(std::size_t operation_count, dice& random) const;
    simulated_disk crashed(dice& random) const { return crashed_after(operation_count(), random); }
    /// The disk when only the process was killed after so many operations: all of them are there.
    simulated_disk stopped_after(std::size_t operation_count) const;
    /// The same, with what wasn't synced by then still to be lost.
    simulated_disk killed_after(std::size_t operation_count) const;

private:
    /// Numbers that the system gives to nobody here, so that the two can't be taken for one another.
    static constexpr int first_descriptor = 1'000'000;
    static constexpr std::uint64_t changes_per_tick = 4;

    struct slot
    {
        bool is_open = false;
        node_index node = 0;
        int flags = 0;
        std::string path;
    };

    explicit simulated_disk(disk_image image);

    static void refuse_unless(bool is_known, char const* what);
    interference ask(call_kind kind, int file, char const* name, std::uint64_t offset = 0, std::uint64_t size = 0);
    std::string path_of(int file, char const* name) const;
    slot const* find(int file) const;
    place look_up(int directory, char const* name, last_link last) const;
    place look_up_to_open(int directory, char const* name, int flags) const;
    int open_node(node_index node, int flags, std::string path);
    void release(node_index node);
    std::uint64_t room_for(node_index file, std::uint64_t offset, std::uint64_t size) const;
    void write(node_index file, std::uint64_t offset, std::span<std::byte const> bytes);
    void record(disk_operation operation);
    void make(std::string_view path, node_type type, std::string target);
    node_index parent_of(std::string_view path);
    node_index existing(std::string_view path) const;
    std::uint64_t now() const noexcept { return changes_ / changes_per_tick; }
    void let_time_pass() noexcept { changes_ += changes_per_tick; }

    hook hook_;
    disk_limits limits_;
    // Shared until the first change.
    std::shared_ptr<disk_image> now_ = std::make_shared<disk_image>();
    std::shared_ptr<disk_image> synced_ = now_;
    std::vector<disk_operation> journal_;
    std::uint64_t changes_ = 0; // the clock
    std::vector<slot> slots_;
    std::uint64_t call_count_ = 0;
    std::size_t open_count_ = 0;
    std::size_t open_count_peak_ = 0;
};

} // namespace webseed::test
