#include "file_calls.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace webseed::disk {
namespace {

template <class Number>
Number answer_of(Number number)
{
    return number < 0 ? -errno : number;
}

/// Since Linux 5.8.
bool syncfs_tells_failures()
{
    struct utsname system;
    if (::uname(&system) != 0)
        return false;
    char* end = nullptr;
    auto const major = std::strtoul(system.release, &end, 10);
    auto const minor = *end == '.' ? std::strtoul(end + 1, nullptr, 10) : 0;
    return major > 5 || (major == 5 && minor >= 8);
}

struct closing
{
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

class system_calls final : public file_calls
{
public:
    int openat(int directory, char const* name, int flags, mode_t mode) override
    {
        return answer_of(::openat(directory, name, flags, mode));
    }

    int mkdirat(int directory, char const* name, mode_t mode) override
    {
        return answer_of(::mkdirat(directory, name, mode));
    }

    int fstat(int file, struct stat& status) override { return answer_of(::fstat(file, &status)); }

    int fstatat(int directory, char const* name, struct stat& status, int flags) override
    {
        return answer_of(::fstatat(directory, name, &status, flags));
    }

    ssize_t pread(int file, std::span<std::byte> buffer, std::uint64_t offset) override
    {
        return answer_of(::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(offset)));
    }

    ssize_t pwrite(int file, std::span<std::byte const> bytes, std::uint64_t offset) override
    {
        return answer_of(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)));
    }

    int symlinkat(char const* target, int directory, char const* name) override
    {
        return answer_of(::symlinkat(target, directory, name));
    }

    ssize_t readlinkat(int directory, char const* name, std::span<char> buffer) override
    {
        return answer_of(::readlinkat(directory, name, buffer.data(), buffer.size()));
    }

    int ftruncate(int file, std::uint64_t size) override
    {
        return answer_of(::ftruncate(file, static_cast<off_t>(size)));
    }

    int fsync(int file) override { return answer_of(::fsync(file)); }

    int syncfs(int file) override
    {
        struct statfs status;
        if (::fstatfs(file, &status) != 0)
            return -errno;
        // An overlay doesn't pass on the failures of what lies below it.
        if (status.f_type == OVERLAYFS_SUPER_MAGIC || !syncfs_tells_failures())
            return -EOPNOTSUPP;
        return answer_of(::syncfs(file));
    }

    int renameat(int directory, char const* name, int new_directory, char const* new_name) override
    {
        return answer_of(::renameat(directory, name, new_directory, new_name));
    }

    int unlinkat(int directory, char const* name, int flags) override
    {
        return answer_of(::unlinkat(directory, name, flags));
    }

    int list(int directory, std::vector<std::string>& names) override
    {
        // The stream closes its descriptor, and a duplicate would share its place in the directory.
        int const own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (own < 0)
            return -errno;
        std::unique_ptr<DIR, closing> const stream(::fdopendir(own));
        if (stream == nullptr)
        {
            int const error = -errno;
            ::close(own);
            return error;
        }
        for (;;)
        {
            errno = 0;
            auto const* const entry = ::readdir(stream.get());
            if (entry == nullptr)
                return -errno;
            std::string_view const name = entry->d_name;
            if (name != "." && name != "..")
                names.emplace_back(name);
        }
    }

    int close(int file) noexcept override { return answer_of(::close(file)); }

    unsigned process() noexcept override { return static_cast<unsigned>(::getpid()); }
};

} // namespace

file_calls& system_file_calls() noexcept
{
    static system_calls calls;
    return calls;
}

} // namespace webseed::disk
