#include "output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace webseed::app {

namespace {

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

error_code write_all(int file, std::span<std::byte const> bytes)
{
    while (!bytes.empty())
    {
        auto const count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR)
            return last_error();
        if (count > 0)
            bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

// A file of its own name, gone unless it is kept.
class temporary
{
public:
    /// Its owner's alone, at first.
    explicit temporary(std::string const& beside)
        : name_(beside + ".XXXXXX")
        , file_(::mkstemp(name_.data()))
    {}
    temporary(temporary const&) = delete;
    temporary& operator=(temporary const&) = delete;
    ~temporary()
    {
        if (file_ < 0)
            return;
        close();
        ::unlink(name_.c_str());
    }

    int number() const noexcept { return file_; }
    void share() const noexcept
    {
        auto const mask = ::umask(0);
        ::umask(mask);
        ::fchmod(file_, 0666 & ~mask);
    }
    int close() noexcept
    {
        auto const file = std::exchange(open_, -1);
        return file < 0 ? 0 : ::close(file);
    }
    std::string const& name() const noexcept { return name_; }

private:
    std::string name_;
    int file_;
    int open_ = file_;
};

// A link or a device may be somebody's way to elsewhere.
bool is_special(std::string const& path)
{
    struct stat status;
    return ::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

error_code write_file(std::string const& path, std::span<std::byte const> bytes, bool replace)
{
    if (is_special(path))
        return {EEXIST, boost::system::system_category()};
    temporary made(path);
    if (made.number() < 0)
        return last_error();
    made.share();
    if (auto const failed = write_all(made.number(), bytes))
        return failed;
    if (::fsync(made.number()) != 0 || made.close() != 0)
        return last_error();
    // A link doesn't take the place of what has the name; who made the file meanwhile keeps it.
    auto const done =
        replace ? std::rename(made.name().c_str(), path.c_str()) : ::link(made.name().c_str(), path.c_str());
    return done == 0 ? error_code() : last_error();
}

} // namespace

error_code write_whole(std::string const& path, std::span<std::byte const> bytes, bool replace, std::string& message)
{
    auto const failed = path == "-" ? write_all(STDOUT_FILENO, bytes) : write_file(path, bytes, replace);
    if (failed)
        message = (path == "-" ? std::string("standard output") : path) + ": " + failed.message();
    return failed;
}

error_code write_private(std::string const& path, std::span<std::byte const> bytes)
{
    if (is_special(path))
        return {EEXIST, boost::system::system_category()};
    temporary made(path);
    if (made.number() < 0)
        return last_error();
    if (auto const failed = write_all(made.number(), bytes))
        return failed;
    if (made.close() != 0 || std::rename(made.name().c_str(), path.c_str()) != 0)
        return last_error();
    return {};
}

bool is_taken(std::string const& path)
{
    std::error_code ignored;
    return path != "-" && std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

} // namespace webseed::app
