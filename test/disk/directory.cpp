#include "disk/directory.hpp"

#include "support/printing.hpp"
#include "support/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <boost/system/errc.hpp>

#include <algorithm>

#include <sys/stat.h>

using namespace webseed;
using disk::access;
using disk::directory;
namespace generic = boost::system::errc;
namespace fs = std::filesystem;

namespace {

directory open(fs::path const& root)
{
    auto opened = directory::open(disk::system_file_calls(), root);
    REQUIRE(opened);
    return std::move(*opened);
}

} // namespace

TEST_CASE("a root directory is made with its parents, or opened as it is, also through a link")
{
    test::temporary_directory place;
    open(place / "a/b/c");
    CHECK(fs::is_directory(place / "a/b/c"));
    open(place / "a/b/c");
    fs::create_symlink(place / "a", place / "link");
    CHECK(open(place / "link").contains("b"));
    place.write("file", "");
    CHECK_FALSE(directory::open(disk::system_file_calls(), place / "file"));
}

TEST_CASE("writing makes what is absent and keeps what is there")
{
    test::temporary_directory place;
    auto root = open(place.path());
    auto const file = "t/dir/file";
    auto const first = root.open_file(file, access::write);
    REQUIRE(first);
    CHECK(first->size == 0);
    CHECK(fs::is_regular_file(place / "t/dir/file"));

    place.write("t/dir/file", "content");
    auto const second = root.open_file(file, access::write);
    REQUIRE(second);
    CHECK(second->size == 7);
    CHECK(place.read("t/dir/file") == "content");
}

TEST_CASE("reading makes nothing")
{
    test::temporary_directory place;
    auto root = open(place.path());
    auto const file = "t/file";
    CHECK(root.open_file(file, access::read).error() == generic::no_such_file_or_directory);
    CHECK_FALSE(root.contains("t"));
    auto const size = root.size_of(file);
    REQUIRE(size);
    CHECK_FALSE(size->has_value());
}

TEST_CASE("sizes are those of regular files")
{
    test::temporary_directory place;
    auto root = open(place.path());
    place.write("t/file", "1234");
    auto const size = root.size_of("t/file");
    REQUIRE(size);
    CHECK(*size == 4u);
}

TEST_CASE("a link or a thing of another type is never passed through")
{
    test::temporary_directory place;
    test::temporary_directory outside;
    auto root = open(place.path());
    outside.write("file", "theirs");
    fs::create_directories(place / "t/directory");
    fs::create_directory_symlink(outside.path(), place / "t/link");
    fs::create_symlink(outside / "file", place / "t/file-link");
    fs::create_symlink(outside / "new", place / "t/dangling");
    fs::create_directory_symlink(".", place / "t/here");
    place.write("t/file", "ours");
    REQUIRE(::mkfifo((place / "t/pipe").c_str(), 0600) == 0);

    auto const rows = {"t/link/file", "t/file-link", "t/dangling", "t/here/file",
                       "t/directory", "t/file/file", "t/pipe"};
    for (auto const* row : rows)
    {
        CAPTURE(row);
        CHECK_FALSE(root.open_file(row, access::write));
        CHECK_FALSE(root.open_file(row, access::read));
        CHECK_FALSE(root.size_of(row));
    }
    CHECK(outside.read("file") == "theirs");
    CHECK(outside.read("new") == "(absent)");
}

TEST_CASE("going back and forth between directories finds the right files")
{
    test::temporary_directory place;
    auto root = open(place.path());
    for (int round = 0; round < 2; ++round)
    {
        for (auto const* name : {"a", "b"})
        {
            CHECK(root.open_file(std::string("t/") + name + "/" + std::to_string(round), access::write));
            CHECK(root.open_file(name, access::write));
        }
    }
    for (auto const* name : {"t/a/0", "t/a/1", "t/b/0", "t/b/1", "a", "b"})
        CHECK(fs::is_regular_file(place / name));
}

TEST_CASE("the directories that files were opened in of late stay open, a few of them")
{
    struct
    {
        int directories;
        int opened; // of them, in three rounds
    } const rows[] = {{1, 1}, {8, 8}, {9, 27}};
    for (auto const& row : rows)
    {
        CAPTURE(row.directories);
        test::simulated_disk disk;
        auto opened = 0;
        disk.interfere([&](test::disk_call const& call) -> test::interference {
            opened += call.kind == test::call_kind::openat && call.path.ends_with("d") ? 1 : 0;
            return {};
        });
        auto root = directory::open(disk, "root");
        REQUIRE(root);
        for (auto i = 0; i != row.directories; ++i)
            CHECK(root->open_file(std::to_string(i) + "d/made", access::write));
        opened = 0;
        CHECK(root->close_visited());
        CHECK_FALSE(root->close_visited());
        CHECK(disk.open_count() == 1); // the root
        for (auto round = 0; round != 3; ++round)
            for (auto i = 0; i != row.directories; ++i)
                CHECK(root->open_file(std::to_string(i) + "d/made", access::write));
        CHECK(opened == row.opened);
        CHECK(disk.open_count() == 1 + std::min(row.directories, 8));
    }
}

TEST_CASE("a lack of room has a name of its own, whatever the system calls it")
{
    CHECK(disk::error_of(ENOSPC) == errc::disk_full);
    CHECK(disk::error_of(EDQUOT) == errc::disk_full);
    CHECK(disk::error_of(EFBIG) == generic::file_too_large);
}
