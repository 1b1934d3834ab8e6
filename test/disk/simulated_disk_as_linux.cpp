// The same random calls on the simulated disk and on a real file system must have the same answers and effects.
#include "support/simulated_disk.hpp"

#include "support/dice.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <set>

#include <fcntl.h>

using namespace webseed;
using test::dice;
namespace fs = std::filesystem;

namespace {

/// One directory, looked at from both sides.
class twins
{
public:
    twins(fs::path real_root, dice& random)
        : random_(random)
        , root_(std::move(real_root))
    {
        fs::create_directory(root_);
        simulated_.make_directory("root");
        open_.push_back(
            {real_.openat(AT_FDCWD, root_.c_str(), O_RDONLY | O_DIRECTORY, 0),
             simulated_.openat(AT_FDCWD, "/root", O_RDONLY | O_DIRECTORY, 0)});
        REQUIRE(open_.back().real >= 0);
        REQUIRE(open_.back().simulated >= 0);
    }
    twins(twins const&) = delete;
    twins& operator=(twins const&) = delete;
    ~twins()
    {
        for (auto const& file : open_)
            real_.close(file.real);
    }

    /// The two answers to a random call, with the call before them: "pwrite 3: 17", twice.
    std::pair<std::string, std::string> step()
    {
        switch (random_.below(20))
        {
        case 0:
        case 1:
        case 2:
        case 3:
            return open();
        case 4:
        case 5:
            return make_directory();
        case 6:
            return status();
        case 7:
        case 8:
            return status_of_name();
        case 9:
        case 10:
            return read();
        case 11:
        case 12:
            return write();
        case 13:
            return resize();
        case 14:
            return close();
        case 15:
            return make_link();
        case 16:
            return read_link();
        case 17:
            return rename();
        case 18:
            return unlink();
        default:
            return plant_or_remove();
        }
    }

    std::string real_tree() const
    {
        std::set<std::string> lines;
        for (auto const& entry : fs::recursive_directory_iterator(root_))
        {
            auto const name = "root/" + entry.path().lexically_relative(root_).string();
            if (entry.is_symlink())
                lines.insert(name + " -> " + fs::read_symlink(entry.path()).string());
            else if (entry.is_directory())
                lines.insert(name + "/");
            else if (entry.is_fifo())
                lines.insert(name + " |");
            else
                lines.insert(name + " " + std::to_string(entry.file_size()));
        }
        std::string text;
        for (auto const& line : lines)
            text += line + "\n";
        return text;
    }

    std::string simulated_tree() const
    {
        std::set<std::string> lines;
        auto const tree = simulated_.tree();
        for (std::size_t at = tree.find('\n') + 1; at < tree.size(); at = tree.find('\n', at) + 1)
            lines.insert(tree.substr(at, tree.find('\n', at) - at));
        std::string text;
        for (auto const& line : lines)
            text += line + "\n";
        return text;
    }

    bool have_same_contents() const
    {
        for (auto const& entry : fs::recursive_directory_iterator(root_))
        {
            if (entry.is_symlink() || !entry.is_regular_file())
                continue;
            std::ifstream file(entry.path(), std::ios::binary);
            std::string const text{std::istreambuf_iterator<char>(file), {}};
            if (simulated_.content_of("root/" + entry.path().lexically_relative(root_).string()) != text)
                return false;
        }
        return true;
    }

private:
    struct pair
    {
        int real;
        int simulated;
    };

    using answers = std::pair<std::string, std::string>;

    static answers both(std::string const& call, std::int64_t real, std::int64_t simulated)
    {
        return {call + ": " + std::to_string(real), call + ": " + std::to_string(simulated)};
    }

    pair any_open()
    {
        if (random_.happens(1, 30))
            return {-1, -1};
        return open_[random_.below(open_.size())];
    }

    pair any_directory() { return random_.happens(2, 3) ? open_.front() : any_open(); }

    /// Nothing leads out of the root: ".." comes only after names that are never links.
    std::string any_path()
    {
        static char const* const names[] = {"a",     "b",  "d",     "e",   "l",       "m",    "f",      "d/a",  "d/d",
                                            "d/d/b", "./", "./a",   "d/",  "a/",      "l/",   "m/",     "l/a",  "m/b",
                                            "e/a",   "a/", "d/../", "d/.", "d/..",    "d//a", "d/../a", "f/",   ".",
                                            "l/l",   "",   "d/e/",  "a/b", "d/a/../", "e",    "e/d",    "e/d/a"};
        if (random_.happens(1, 100))
            return std::string(255 + random_.below(2), 'x');
        if (random_.happens(1, 200))
            return std::string(4094 + random_.below(3), '/');
        return names[random_.below(std::size(names))];
    }

    answers open()
    {
        static int const flags_of_interest[] = {
            O_RDONLY,
            O_RDONLY | O_DIRECTORY,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
            O_RDONLY | O_NOFOLLOW,
            O_RDWR,
            O_RDWR | O_DIRECTORY,
            O_RDWR | O_CREAT,
            O_RDWR | O_CREAT | O_NOFOLLOW,
            O_RDWR | O_CREAT | O_NOFOLLOW,
            O_RDWR | O_CREAT | O_EXCL,
            O_RDONLY | O_CREAT,
            O_WRONLY | O_CREAT,
        };
        auto const path = any_path();
        auto flags = flags_of_interest[random_.below(std::size(flags_of_interest))];
        auto const parent = any_directory();
        // Absolute paths of slashes alone are read, not written.
        if (path.find('f') != path.npos || path.starts_with('/'))
            flags &= ~(O_WRONLY | O_CREAT);
        flags |= O_NONBLOCK | O_CLOEXEC;
        pair const opened{
            real_.openat(parent.real, path.c_str(), flags, 0666),
            simulated_.openat(parent.simulated, path.c_str(), flags, 0666)};
        if (opened.real >= 0 && opened.simulated >= 0 && !path.starts_with('/'))
        {
            open_.push_back(opened);
            return both("openat " + path, 0, 0);
        }
        if (opened.real >= 0)
            real_.close(opened.real);
        if (opened.simulated >= 0)
            simulated_.close(opened.simulated);
        return both(
            "openat " + path + " " + std::to_string(flags), std::min(opened.real, 0), std::min(opened.simulated, 0));
    }

    answers make_directory()
    {
        auto const path = random_.happens(1, 3) ? "d" : any_path();
        auto const parent = any_directory();
        return both(
            "mkdirat " + path, real_.mkdirat(parent.real, path.c_str(), 0777),
            simulated_.mkdirat(parent.simulated, path.c_str(), 0777));
    }

    static std::string text_of(int answer, struct stat const& status)
    {
        if (answer != 0)
            return std::to_string(answer);
        auto const type = status.st_mode & S_IFMT;
        return "type " + std::to_string(type) + " size " + std::to_string(type == S_IFDIR ? 0 : status.st_size);
    }

    answers status()
    {
        auto const file = any_open();
        struct stat real_status;
        struct stat simulated_status;
        auto const real = real_.fstat(file.real, real_status);
        auto const simulated = simulated_.fstat(file.simulated, simulated_status);
        return {"fstat: " + text_of(real, real_status), "fstat: " + text_of(simulated, simulated_status)};
    }

    answers status_of_name()
    {
        auto const path = any_path();
        auto const parent = any_directory();
        int const flags = random_.happens(1, 2) ? AT_SYMLINK_NOFOLLOW : 0;
        struct stat real_status;
        struct stat simulated_status;
        auto const real = real_.fstatat(parent.real, path.c_str(), real_status, flags);
        auto const simulated = simulated_.fstatat(parent.simulated, path.c_str(), simulated_status, flags);
        auto const call = "fstatat " + path + ": ";
        return {call + text_of(real, real_status), call + text_of(simulated, simulated_status)};
    }

    std::uint64_t any_offset()
    {
        auto const way = random_.below(20);
        if (way == 0)
            return UINT64_MAX - random_.below(2);
        return random_.below(way == 1 ? 100'000 : 3000);
    }

    answers read()
    {
        auto const file = any_open();
        auto const offset = any_offset();
        std::vector<std::byte> real_bytes(random_.below(2000));
        auto simulated_bytes = real_bytes;
        auto const real = real_.pread(file.real, real_bytes, offset);
        auto const simulated = simulated_.pread(file.simulated, simulated_bytes, offset);
        CHECK(real_bytes == simulated_bytes);
        return both("pread", real, simulated);
    }

    answers write()
    {
        auto const file = any_open();
        auto const offset = any_offset();
        std::vector<std::byte> bytes(random_.below(2000));
        for (auto& byte : bytes)
            byte = static_cast<std::byte>(random_.next());
        return both("pwrite", real_.pwrite(file.real, bytes, offset), simulated_.pwrite(file.simulated, bytes, offset));
    }

    answers resize()
    {
        auto const file = any_open();
        auto const size = any_offset();
        return both("ftruncate", real_.ftruncate(file.real, size), simulated_.ftruncate(file.simulated, size));
    }

    answers close()
    {
        auto const index = random_.below(open_.size() + 1);
        if (index == open_.size())
            return both("close", real_.close(-1), simulated_.close(-1));
        if (index == 0)
            return both("", 0, 0);
        auto const file = open_[index];
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
        return both("close", real_.close(file.real), simulated_.close(file.simulated));
    }

    /// Only where any_path() expects links, so that none leads out of the root.
    answers make_link()
    {
        static char const* const targets[] = {"a", "d", ".", "l", "m", "missing", "d/a", "d/", "m/b", ""};
        static char const* const names[] = {"l",   "m",           "d/l", "l", "m/", "l/l",
                                            "m/l", "d/missing/l", "a/l", "",  ".",  "d/"};
        auto const* const target = targets[random_.below(std::size(targets))];
        auto const* const name = names[random_.below(std::size(names))];
        auto const parent = random_.happens(1, 10) ? pair{-1, -1} : open_.front();
        return both(
            std::string("symlinkat ") + name + " -> " + target, real_.symlinkat(target, parent.real, name),
            simulated_.symlinkat(target, parent.simulated, name));
    }

    answers read_link()
    {
        auto const path = any_path();
        auto const parent = any_directory();
        std::string real_target(random_.below(10), '?');
        auto simulated_target = real_target;
        auto const real = real_.readlinkat(parent.real, path.c_str(), real_target);
        auto const simulated = simulated_.readlinkat(parent.simulated, path.c_str(), simulated_target);
        auto const call = "readlinkat " + path + ": ";
        return {
            call + std::to_string(real) + " " + real_target, call + std::to_string(simulated) + " " + simulated_target};
    }

    /// Files alone, within a directory: the simulated disk knows no more.
    answers rename()
    {
        static char const* const names[] = {"a", "b", "d", "e", "l", "m"};
        std::string const from = names[random_.below(2)];
        std::string const to = names[random_.below(std::size(names))];
        auto const parent = open_.front();
        auto const status = fs::symlink_status(root_ / from);
        if (fs::exists(status) && !fs::is_regular_file(status))
            return both("", 0, 0);
        return both(
            "renameat " + from + " " + to, real_.renameat(parent.real, from.c_str(), parent.real, to.c_str()),
            simulated_.renameat(parent.simulated, from.c_str(), parent.simulated, to.c_str()));
    }

    answers unlink()
    {
        auto const path = any_path();
        auto const parent = any_directory();
        auto const file = any_open();
        auto const synced = both("fsync", real_.fsync(file.real) == 0, simulated_.fsync(file.simulated) == 0);
        auto const unlinked = both(
            "unlinkat " + path, real_.unlinkat(parent.real, path.c_str(), 0),
            simulated_.unlinkat(parent.simulated, path.c_str(), 0));
        bool const is_pipe = synced.first != synced.second; // which can't be synced there
        return {(is_pipe ? "" : synced.first) + unlinked.first, (is_pipe ? "" : synced.second) + unlinked.second};
    }

    answers plant_or_remove()
    {
        static char const* const targets[] = {"a", "d", ".", "l", "m", "missing", "d/a", "d/", "m/b"};
        static char const* const names[] = {"a", "b", "l", "m", "f", "d/a", "d/l"};
        auto const* const name = names[random_.below(std::size(names))];
        auto const* const target = targets[random_.below(std::size(targets))];
        bool const is_link = *name == 'l' || *name == 'm';
        auto const status = fs::symlink_status(root_ / name);
        auto const simulated_name = "root/" + std::string(name);
        if (fs::exists(status))
        {
            if (fs::is_directory(status))
                return both("", 0, 0);
            fs::remove(root_ / name);
            simulated_.remove(simulated_name);
        }
        else if (is_link)
        {
            fs::create_symlink(target, root_ / name);
            simulated_.make_link(simulated_name, target);
        }
        else if (*name == 'f')
        {
            REQUIRE(::mkfifo((root_ / name).c_str(), 0600) == 0);
            simulated_.make_pipe(simulated_name);
        }
        return both(name, 0, 0);
    }

    dice& random_;
    fs::path root_;
    disk::file_calls& real_ = disk::system_file_calls();
    test::simulated_disk simulated_;
    std::vector<pair> open_;
};

} // namespace

TEST_CASE("the simulated disk answers as the real one does")
{
    constexpr std::uint64_t sequence_count = 3000;
    constexpr int call_count = 60;
    // In memory where there is such a place: a busy disk would hold this up for a minute.
    fs::path const memory = "/dev/shm";
    test::temporary_directory const place(fs::is_directory(memory) ? memory : fs::temp_directory_path());
    for (std::uint64_t seed = 0; seed != sequence_count; ++seed)
    {
        CAPTURE(seed);
        dice random(seed);
        auto const root = place / std::to_string(seed);
        std::string history;
        {
            twins disks(root, random);
            for (int i = 0; i != call_count; ++i)
            {
                auto const [real, simulated] = disks.step();
                history += real + "\n";
                CAPTURE(history);
                REQUIRE(simulated == real);
            }
            CAPTURE(history);
            REQUIRE(disks.simulated_tree() == disks.real_tree());
            REQUIRE(disks.have_same_contents());
        }
        fs::remove_all(root);
    }
}
