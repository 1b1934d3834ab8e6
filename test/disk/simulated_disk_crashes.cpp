// What the simulated disk leaves of operations that weren't synced when the power was lost.
#include "support/simulated_disk.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <set>

#include <fcntl.h>

using namespace webseed;
using test::bytes_of;
using test::dice;
using test::simulated_disk;

namespace {

constexpr std::uint64_t seed_count = 4000;

void write(simulated_disk& disk, char const* path, std::uint64_t offset, std::string const& text)
{
    auto const file = disk.openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0666);
    REQUIRE(disk.pwrite(file, bytes_of(text), offset) == static_cast<ssize_t>(text.size()));
    REQUIRE(disk.close(file) == 0);
}

void resize(simulated_disk& disk, char const* path, std::uint64_t size)
{
    auto const file = disk.openat(AT_FDCWD, path, O_RDWR, 0);
    REQUIRE(disk.ftruncate(file, size) == 0);
    REQUIRE(disk.close(file) == 0);
}

/// A letter for each sector of a file, the first byte of it: "xy0".
std::string first_bytes(std::string const& content)
{
    std::string picture;
    for (std::size_t at = 0; at < content.size(); at += test::sector_size)
        picture += content[at] == '\0' ? '0' : content[at];
    return picture;
}

/// All that crashes leave of file "f": its size, and a letter for each sector.
std::set<std::string> outcomes(simulated_disk const& disk)
{
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed != seed_count; ++seed)
    {
        dice random(seed);
        auto const content = disk.crashed(random).content_of("f");
        seen.insert(content ? std::to_string(content->size()) + " " + first_bytes(*content) : "absent");
    }
    return seen;
}

} // namespace

TEST_CASE("names are lost one by one, and with a directory what is in it")
{
    simulated_disk disk;
    disk.make_directory("old");
    disk.settle();
    disk.mkdirat(AT_FDCWD, "d", 0777);
    write(disk, "d/f", 0, "x");
    write(disk, "old/g", 0, "y");
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed != seed_count; ++seed)
    {
        dice random(seed);
        auto const crashed = disk.crashed(random);
        seen.insert(crashed.tree());
        for (auto const* path : {"d/f", "old/g"})
        {
            auto const content = crashed.content_of(path).value_or("");
            CHECK((content == "" || content == std::string(1, '\0') || content == *disk.content_of(path)));
        }
    }
    std::set<std::string> expected;
    for (std::string const d : {"", "d/\n", "d/\nd/f 0\n", "d/\nd/f 1\n"})
    {
        for (std::string const g : {"", "old/g 0\n", "old/g 1\n"})
            expected.insert(d + "old/\n" + g);
    }
    CHECK(seen == expected);
}

TEST_CASE("each sector of a write is old or new, and zeros where the file became longer")
{
    simulated_disk disk;
    disk.make_file("f", std::string(512, 'o'));
    disk.settle();
    write(disk, "f", 0, std::string(1024, 'n'));
    // 512 bytes: not lengthened, or up to a sector on the way.
    CHECK(outcomes(disk) == std::set<std::string>{"512 o", "512 n", "1024 o0", "1024 on", "1024 n0", "1024 nn"});
}

TEST_CASE("a sector is never a mixture, and no byte of it is older than another")
{
    simulated_disk disk;
    disk.make_file("f", std::string(512, 'o'));
    disk.settle();
    write(disk, "f", 100, std::string(100, 'a'));
    write(disk, "f", 200, std::string(100, 'b'));
    auto const o = std::string(100, 'o');
    auto const rest = std::string(212, 'o');
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed != seed_count; ++seed)
    {
        dice random(seed);
        seen.insert(*disk.crashed(random).content_of("f"));
    }
    CHECK(
        seen == std::set<std::string>{
                    std::string(512, 'o'), o + std::string(100, 'a') + o + rest,
                    o + std::string(100, 'a') + std::string(100, 'b') + rest});
}

TEST_CASE("a size is lost without the content, and the other way round")
{
    simulated_disk disk;
    disk.make_file("f", "");
    disk.settle();
    resize(disk, "f", 1024);
    write(disk, "f", 512, "n");
    CHECK(outcomes(disk) == std::set<std::string>{"0 ", "513 00", "513 0n", "1024 00", "1024 0n"});
}

TEST_CASE("a cut file is as it was, or cut and zeros behind it")
{
    simulated_disk disk;
    disk.make_file("f", std::string(1024, 'o'));
    disk.settle();
    resize(disk, "f", 0);
    resize(disk, "f", 1024);
    CHECK(outcomes(disk) == std::set<std::string>{"0 ", "1024 oo", "1024 00"});
}

TEST_CASE("a file that was removed is there still, or not")
{
    simulated_disk disk;
    disk.make_file("f", "old");
    disk.settle();
    disk.remove("f");
    CHECK(outcomes(disk) == std::set<std::string>{"absent", "3 o"});
    disk.make_file("f", "new!");
    CHECK(outcomes(disk) == std::set<std::string>{"absent", "3 o", "0 ", "4 0", "4 n"});
}

TEST_CASE("the power may be lost, or the process killed, after any operation")
{
    simulated_disk disk;
    std::vector<std::string> trees{disk.tree()};
    auto const note = [&] {
        REQUIRE(disk.operation_count() == trees.size());
        trees.push_back(disk.tree());
    };
    disk.make_directory("d");
    note();
    disk.make_file("d/f", "");
    note();
    write(disk, "d/f", 0, "content");
    note();
    resize(disk, "d/f", 3);
    note();
    disk.remove("d/f");
    note();
    for (std::size_t count = 0; count != trees.size(); ++count)
    {
        CHECK(disk.stopped_after(count).tree() == trees[count]);
        for (std::uint64_t seed = 0; seed != 100; ++seed)
        {
            dice random(seed);
            auto const tree = disk.crashed_after(count, random).tree();
            CHECK((count >= 1 || tree == ""));
            CHECK((count >= 2 || tree.find("d/f") == tree.npos));
            CHECK((count >= 3 || tree.find("d/f 7") == tree.npos));
            CHECK((count >= 4 || tree.find("d/f 3") == tree.npos));
        }
    }
    CHECK(disk.stopped_after(3).content_of("d/f") == "content");
}

TEST_CASE("what was settled is never lost, and life goes on after a crash")
{
    simulated_disk disk;
    disk.make_file("d/f", "settled");
    disk.settle();
    disk.limit({.capacity = 0});
    dice random(1);
    for (int crash = 0; crash != 100; ++crash)
    {
        auto after = disk.crashed(random);
        CHECK(after.content_of("d/f") == "settled");
        CHECK(after.operation_count() == 0);
        write(after, "d/g", 0, "new");
        auto const again = after.crashed(random);
        CHECK(again.content_of("d/f") == "settled");
        CHECK(again.content_of("d/g").value_or("new").size() % 3 == 0);
        CHECK_FALSE(disk.content_of("d/g"));
    }
}

TEST_CASE("the same seed gives the same disk, whoever compiled it")
{
    simulated_disk disk;
    dice contents(0);
    for (auto const* path : {"a", "d/b", "d/c"})
        disk.make_file(path, "");
    for (int i = 0; i != 20; ++i)
    {
        auto const letter = static_cast<char>('a' + i);
        auto const size = 1 + contents.below(1500);
        auto const offset = contents.below(5000);
        write(disk, contents.happens(1, 2) ? "a" : "d/b", offset, std::string(size, letter));
    }
    std::uint64_t sum = 14695981039346656037u; // FNV-1a
    for (std::uint64_t seed = 0; seed != 1000; ++seed)
    {
        dice random(seed);
        auto const crashed = disk.crashed(random);
        auto text = crashed.tree();
        for (auto const* path : {"a", "d/b", "d/c"})
            text += crashed.content_of(path).value_or("");
        for (char const letter : text)
            sum = (sum ^ static_cast<unsigned char>(letter)) * 1099511628211u;
    }
    CHECK(sum == 17117320059825598674u);
}

TEST_CASE("what was synced survives, and what a failure of syncing let go of doesn't become safe any more")
{
    for (bool const fails : {false, true})
    {
        CAPTURE(fails);
        simulated_disk disk;
        write(disk, "f", 0, std::string(512, 'o'));
        disk.settle();
        auto const file = disk.openat(AT_FDCWD, "f", O_RDWR, 0);
        REQUIRE(disk.pwrite(file, bytes_of(std::string(512, 'n')), 0) == 512);
        disk.interfere([fails](auto const&) { return test::interference{fails ? EIO : 0, {}}; });
        CHECK(disk.fsync(file) == (fails ? -EIO : 0));
        disk.interfere({});
        REQUIRE(disk.pwrite(file, bytes_of(std::string(512, 'p')), 512) == 512);
        CHECK(disk.fsync(file) == 0);
        REQUIRE(disk.close(file) == 0);
        if (fails)
            CHECK(outcomes(disk) == std::set<std::string>{"1024 op", "1024 np"});
        else
            CHECK(outcomes(disk) == std::set<std::string>{"1024 np"});
    }
}

TEST_CASE("a file that was synced takes another one's name whole or not at all")
{
    simulated_disk disk;
    write(disk, "f", 0, std::string(512, 'o'));
    disk.settle();
    write(disk, "new", 0, std::string(1024, 'n'));
    auto const file = disk.openat(AT_FDCWD, "new", O_RDONLY, 0);
    REQUIRE(disk.fsync(file) == 0);
    REQUIRE(disk.close(file) == 0);
    REQUIRE(disk.renameat(AT_FDCWD, "new", AT_FDCWD, "f") == 0);
    CHECK(outcomes(disk) == std::set<std::string>{"512 o", "1024 nn"});
    auto const root = disk.openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);
    REQUIRE(disk.fsync(root) == 0);
    CHECK(outcomes(disk) == std::set<std::string>{"1024 nn"});
}

TEST_CASE("times tell of every edit, also where somebody puts them back")
{
    simulated_disk disk;
    disk.make_file("f", "one");
    struct stat before;
    REQUIRE(disk.fstatat(AT_FDCWD, "f", before, 0) == 0);
    auto const time = disk.time_of("f");
    disk.edit("f", 0, "two");
    struct stat edited;
    REQUIRE(disk.fstatat(AT_FDCWD, "f", edited, 0) == 0);
    CHECK(disk.content_of("f") == "two");
    CHECK(edited.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
    disk.set_time("f", time);
    struct stat put_back;
    REQUIRE(disk.fstatat(AT_FDCWD, "f", put_back, 0) == 0);
    CHECK(put_back.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    CHECK(put_back.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
    CHECK(put_back.st_ino == before.st_ino);
}
