#include "support/simulated_disk.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

using namespace webseed;
using test::bytes_of;
using test::call_kind;
using test::disk_call;
using test::interference;
using test::simulated_disk;

namespace {

int open(simulated_disk& disk, char const* path, int flags = O_RDWR | O_CREAT)
{
    return disk.openat(AT_FDCWD, path, flags, 0666);
}

std::string read(simulated_disk& disk, int file, std::uint64_t offset, std::size_t size)
{
    std::string text(size, '?');
    auto const count = disk.pread(file, std::as_writable_bytes(std::span(text)), offset);
    return count < 0 ? "(failed)" : text.substr(0, static_cast<std::size_t>(count));
}

} // namespace

TEST_CASE("a disk shows what was planted on it")
{
    simulated_disk disk;
    disk.make_file("t/d/file", "content");
    disk.make_directory("t/d");
    disk.make_link("t/link", "d/file");
    disk.make_pipe("t/pipe");
    CHECK(disk.tree() == "t/\nt/d/\nt/d/file 7\nt/link -> d/file\nt/pipe |\n");
    CHECK(disk.content_of("t/d/file") == "content");
    CHECK_FALSE(disk.content_of("t/link"));
    CHECK_FALSE(disk.content_of("t/d"));
    CHECK_FALSE(disk.content_of("t/absent"));
    disk.make_file("t/d/file", "new");
    CHECK(disk.content_of("t/d/file") == "new");
    disk.remove("t/d/file");
    disk.remove("t/absent");
    CHECK(disk.tree() == "t/\nt/d/\nt/link -> d/file\nt/pipe |\n");
}

TEST_CASE("a sparse file takes room for what it holds alone")
{
    simulated_disk disk;
    disk.limit({.capacity = 1024});
    auto const file = open(disk, "file");
    CHECK(disk.ftruncate(file, std::uint64_t{1} << 40) == 0);
    CHECK(disk.pwrite(file, bytes_of("tail"), (std::uint64_t{1} << 40) - 4) == 4);
    CHECK(read(disk, file, (std::uint64_t{1} << 40) - 6, 10) == std::string("\0\0tail", 6));
    CHECK(disk.pwrite(file, bytes_of("head"), 0) == 4);
    CHECK(disk.pwrite(file, bytes_of("more"), 512) == -ENOSPC);
    CHECK(disk.ftruncate(file, 512) == 0);
    CHECK(disk.pwrite(file, bytes_of("more"), 512) == 4);
}

TEST_CASE("a write that half fits is short, and the next one finds no room")
{
    simulated_disk disk;
    disk.limit({.capacity = 1024});
    std::string const text(2000, 'x');
    auto const file = open(disk, "file");
    CHECK(disk.pwrite(file, bytes_of(text), 100) == 924);
    CHECK(disk.pwrite(file, bytes_of(text), 1024) == -ENOSPC);
    CHECK(disk.pwrite(file, bytes_of(text).first(500), 0) == 500);
    CHECK(disk.content_of("file")->size() == 1024);

    disk.limit({.file_size_max = 1100});
    CHECK(disk.pwrite(file, bytes_of(text), 1024) == 76);
    CHECK(disk.pwrite(file, bytes_of(text), 1100) == -EFBIG);
    CHECK(disk.ftruncate(file, 1101) == -EFBIG);
}

TEST_CASE("room comes back when nothing leads to a file and nobody has it open")
{
    simulated_disk disk;
    disk.limit({.capacity = 512});
    auto const first = open(disk, "first");
    CHECK(disk.pwrite(first, bytes_of("x"), 0) == 1);
    disk.remove("first");
    auto const second = open(disk, "second");
    CHECK(read(disk, first, 0, 1) == "x");
    CHECK(disk.pwrite(second, bytes_of("y"), 0) == -ENOSPC);
    CHECK(disk.close(first) == 0);
    CHECK(disk.pwrite(second, bytes_of("y"), 0) == 1);
}

TEST_CASE("descriptors are counted and limited, and the lowest free one is taken")
{
    simulated_disk disk;
    disk.limit({.descriptor_count_max = 2});
    auto const first = open(disk, "a");
    auto const second = open(disk, "b");
    CHECK(open(disk, "c") == -EMFILE);
    CHECK(disk.tree() == "a 0\nb 0\n");
    CHECK(disk.open_count() == 2);
    CHECK(disk.close(first) == 0);
    CHECK(disk.close(first) == -EBADF);
    CHECK(open(disk, "c") == first);
    CHECK(disk.close(first) == 0);
    CHECK(disk.close(second) == 0);
    CHECK(disk.open_count() == 0);
    CHECK(disk.open_count_peak() == 2);
}

TEST_CASE("whoever interferes is told of every call")
{
    simulated_disk disk;
    std::string calls;
    disk.interfere([&](disk_call const& call) -> interference {
        calls += std::to_string(call.number) + ":" + std::to_string(static_cast<int>(call.kind)) + " " + call.path +
                 " " + std::to_string(call.offset) + "+" + std::to_string(call.size) + "\n";
        return {};
    });
    struct stat status;
    disk.mkdirat(AT_FDCWD, "d", 0777);
    auto const directory = open(disk, "d", O_RDONLY | O_DIRECTORY);
    auto const file = disk.openat(directory, "f", O_RDWR | O_CREAT, 0666);
    disk.fstat(file, status);
    disk.fstatat(directory, "f", status, 0);
    disk.pwrite(file, bytes_of("bytes"), 7);
    read(disk, file, 3, 4);
    disk.ftruncate(file, 9);
    disk.close(file);
    CHECK(
        calls == "0:1 d 0+0\n1:0 d 0+0\n2:0 d/f 0+0\n3:2 d/f 0+0\n4:3 d/f 0+0\n5:5 d/f 7+5\n6:4 d/f 3+4\n"
                 "7:6 d/f 0+9\n8:7 d/f 0+0\n");
    CHECK(disk.call_count() == 9);
}

TEST_CASE("a call that is made to fail does nothing, but closing closes")
{
    simulated_disk disk;
    auto const file = open(disk, "f");
    CHECK(disk.pwrite(file, bytes_of("bytes"), 0) == 5);
    disk.interfere([](disk_call const&) { return interference{EIO, {}}; });
    struct stat status;
    CHECK(open(disk, "g") == -EIO);
    CHECK(disk.mkdirat(AT_FDCWD, "d", 0777) == -EIO);
    CHECK(disk.fstat(file, status) == -EIO);
    CHECK(disk.fstatat(AT_FDCWD, "f", status, 0) == -EIO);
    CHECK(disk.pwrite(file, bytes_of("x"), 0) == -EIO);
    CHECK(read(disk, file, 0, 1) == "(failed)");
    CHECK(disk.ftruncate(file, 0) == -EIO);
    CHECK(disk.close(file) == -EIO);
    CHECK(disk.open_count() == 0);
    CHECK(disk.tree() == "f 5\n");
    CHECK(disk.content_of("f") == "bytes");
}

TEST_CASE("reads and writes can be made short")
{
    simulated_disk disk;
    disk.interfere([](disk_call const&) { return interference{0, 2}; });
    auto const file = open(disk, "f");
    CHECK(disk.pwrite(file, bytes_of("bytes"), 0) == 2);
    CHECK(disk.pwrite(file, bytes_of("bytes"), 2) == 2);
    CHECK(read(disk, file, 1, 3) == "yb");
    disk.interfere([](disk_call const&) { return interference{0, 0}; });
    CHECK(disk.pwrite(file, bytes_of("bytes"), 0) == 0);
    CHECK(disk.content_of("f") == "byby");
}

TEST_CASE("what it doesn't know it says")
{
    simulated_disk disk;
    disk.make_pipe("pipe");
    struct stat status;
    CHECK_THROWS(open(disk, "f", O_RDWR | O_APPEND));
    CHECK_THROWS(open(disk, "d", O_RDONLY | O_CREAT | O_DIRECTORY));
    CHECK_THROWS(open(disk, "pipe", O_RDONLY));
    CHECK_THROWS(disk.fstatat(AT_FDCWD, "", status, AT_EMPTY_PATH));
}
