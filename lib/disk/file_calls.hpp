// The file calls of the operating system: the only way from this library to a file system, so that tests can put
// another one in its place. Knows descriptors, names and bytes; retries nothing and loops nowhere.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace webseed::disk {

/// Each function but list() and process() is the system call of its name, and all answer as the kernel does: what the
/// call gives, or, negative, the value of `errno`. Safe to use from several threads.
class file_calls
{
public:
    virtual ~file_calls() = default;

    /// @param directory  a descriptor, or AT_FDCWD.
    virtual int openat(int directory, char const* name, int flags, mode_t mode) = 0;
    virtual int mkdirat(int directory, char const* name, mode_t mode) = 0;
    virtual int fstat(int file, struct stat& status) = 0;
    virtual int fstatat(int directory, char const* name, struct stat& status, int flags) = 0;
    /// Gives the count of bytes, which may be less than asked; 0 at the end of the file.
    virtual ssize_t pread(int file, std::span<std::byte> buffer, std::uint64_t offset) = 0;
    /// Gives the count of bytes, which may be less than asked.
    virtual ssize_t pwrite(int file, std::span<std::byte const> bytes, std::uint64_t offset) = 0;
    virtual int symlinkat(char const* target, int directory, char const* name) = 0;
    /// Gives the count of bytes of the target, cut to the buffer.
    virtual ssize_t readlinkat(int directory, char const* name, std::span<char> buffer) = 0;
    virtual int ftruncate(int file, std::uint64_t size) = 0;
    /// After a failure nobody knows what of the file is on the disk, and the next call may well succeed all the same.
    virtual int fsync(int file) = 0;
    /// All of the file system that the file is in. EOPNOTSUPP where it wouldn't tell what couldn't be written.
    virtual int syncfs(int file) = 0;
    virtual int renameat(int directory, char const* name, int new_directory, char const* new_name) = 0;
    virtual int unlinkat(int directory, char const* name, int flags) = 0;
    /// The names in a directory but for "." and "..", in any order: what opendir() and readdir() make of getdents().
    /// Gives 0.
    virtual int list(int directory, std::vector<std::string>& names) = 0;
    /// The descriptor is free afterwards, also after a failure.
    virtual int close(int file) noexcept = 0;

    /// A number that no other process has which runs now.
    virtual unsigned process() noexcept = 0;
};

/// Those of the system that we run on.
file_calls& system_file_calls() noexcept;

/// Makes a call until no signal interrupts it. Not for close(): the descriptor may be somebody else's by then.
template <class Call>
auto uninterrupted(Call const& call)
{
    auto answer = call();
    while (answer == -EINTR)
        answer = call();
    return answer;
}

} // namespace webseed::disk
