#include "disk/source_tree.hpp"

#include "support/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <boost/system/error_condition.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace webseed;
using disk::source_tree;
using test::call_kind;
using test::interference;

namespace {

error_code system_code(int number)
{
    return {number, boost::system::system_category()};
}

struct outcome
{
    error_code error;
    std::string message;
    std::vector<std::string> paths;
    std::vector<std::string> warnings;
};

outcome walked(disk::file_calls& calls, std::string const& path, disk::source_limits limits = {}, std::size_t step = 1)
{
    diagnostics cause;
    auto tree = source_tree::open(calls, path, limits, cause);
    if (!tree)
        return {tree.error(), cause.message, {}, {}};
    while (!tree->is_walked())
        if (auto const failed = tree->walk(step, cause))
            return {failed, cause.message, {}, {}};
    outcome found{{}, {}, {}, tree->warnings()};
    for (auto const& file : tree->files())
        found.paths.push_back(file.path);
    return found;
}

void fill(test::simulated_disk& disk)
{
    for (auto const* const path : {"d/b/two", "d/b/one", "d/a-", "d/a/deep/er/x", "d/a.", "d/.hidden", "d/\xff"})
        disk.make_file(path, path);
    disk.make_directory("d/empty");
}

} // namespace

TEST_CASE("files are found depth first, in the order of the raw bytes of their names")
{
    std::vector<std::string> const sorted{".hidden", "a/deep/er/x", "a-", "a.", "b/one", "b/two", "\xff"};
    for (std::size_t const step : {1u, 3u, 1000u})
    {
        test::simulated_disk disk;
        fill(disk);
        auto const found = walked(disk, "/d", {}, step);
        CHECK(found.error == error_code());
        CHECK(found.paths == sorted);
        CHECK(found.warnings.empty());
        CHECK(disk.open_count() == 0);
    }
}

TEST_CASE("on a real file system the same is found, and a link to the whole is followed")
{
    test::temporary_directory const place;
    for (auto const* const path : {"d/b/two", "d/b/one", "d/a"})
        place.write(path, path);
    std::filesystem::create_directory_symlink(place / "d", place / "link");
    std::vector<std::string> const sorted{"a", "b/one", "b/two"};
    CHECK(walked(disk::system_file_calls(), (place / "d").string()).paths == sorted);
    CHECK(walked(disk::system_file_calls(), (place / "link").string()).paths == sorted);
    CHECK(walked(disk::system_file_calls(), (place / "d/a").string()).paths == std::vector<std::string>{""});
}

TEST_CASE("links and what else is no file are left out, with a warning each")
{
    test::simulated_disk disk;
    fill(disk);
    disk.make_link("d/link", "a.");
    disk.make_link("d/loop", ".");
    disk.make_pipe("d/b/pipe");
    auto const found = walked(disk, "/d/");
    CHECK(found.paths.size() == 7);
    CHECK(
        found.warnings == std::vector<std::string>{
                              "/d/b/pipe is left out: it is no regular file",
                              "/d/link is left out: it is a symbolic link",
                              "/d/loop is left out: it is a symbolic link"});
    auto const fewer = walked(disk, "/d", {100, 100, 1});
    CHECK(fewer.warnings == std::vector<std::string>{found.warnings[0], "2 more are left out"});
}

TEST_CASE("what is no file and no directory, and what isn't there, is refused by name")
{
    test::simulated_disk disk;
    disk.make_pipe("pipe");
    auto const pipe = walked(disk, "/pipe");
    CHECK(pipe.error == errc::files_unsuitable);
    CHECK(pipe.message == "/pipe is neither a file nor a directory");
    auto const nothing = walked(disk, "/none");
    CHECK(nothing.error == system_code(ENOENT));
    CHECK(nothing.message.starts_with("/none: "));
}

TEST_CASE("too many files and too deep directories are refused")
{
    test::simulated_disk disk;
    fill(disk);
    CHECK(walked(disk, "/d", {7, 4, 0}).error == error_code());
    CHECK(walked(disk, "/d", {6, 4, 0}).error == errc::files_unsuitable);
    auto const deep = walked(disk, "/d", {7, 3, 0});
    CHECK(deep.error == errc::files_unsuitable);
    CHECK(deep.message == "/d/a/deep/er/ lies too deep");
}

TEST_CASE("whatever call fails, the error is told with a name, and nothing stays open")
{
    test::simulated_disk whole;
    fill(whole);
    walked(whole, "/d");
    auto const call_count = whole.call_count();
    for (std::uint64_t number = 0; number < call_count; ++number)
    {
        CAPTURE(number);
        test::simulated_disk disk;
        fill(disk);
        bool is_close = false;
        disk.interfere([&](test::disk_call const& call) {
            is_close |= call.number == number && call.kind == call_kind::close;
            return interference{call.number == number ? EACCES : 0, {}};
        });
        auto const found = walked(disk, "/d");
        CHECK(disk.open_count() == 0);
        CHECK(found.error == (is_close ? error_code() : system_code(EACCES)));
        CHECK((is_close || found.message.starts_with("/d")));
    }
}

TEST_CASE("a file is read where asked, also when the system gives little at a time")
{
    test::simulated_disk disk;
    disk.make_file("d/f", "0123456789");
    disk.interfere([](test::disk_call const& call) {
        return interference{0, call.kind == call_kind::pread ? std::optional<std::size_t>(2) : std::nullopt};
    });
    diagnostics cause;
    auto tree = source_tree::open(disk, "/d", {}, cause);
    CHECK(tree->walk(10, cause) == error_code());
    auto const file = tree->open_file(0, cause);
    REQUIRE(file.has_value());
    std::array<std::byte, 5> buffer;
    CHECK(tree->read(0, *file, 3, buffer, cause) == error_code());
    CHECK(std::string(reinterpret_cast<char const*>(buffer.data()), buffer.size()) == "34567");
    CHECK(tree->check(0, *file, cause) == error_code());
    CHECK(tree->read(0, *file, 6, buffer, cause) == errc::file_changed);
    CHECK(cause.message == "/d/f has become shorter while it was read");
}

TEST_CASE("a file that was changed, replaced or removed is noticed")
{
    test::temporary_directory const place;
    auto const path = place / "d/f";
    auto const changes = std::vector<std::pair<char const*, void (*)(std::filesystem::path const&)>>{
        {"longer", [](auto const& file) { std::ofstream(file, std::ios::app) << "more"; }},
        {"shorter", [](auto const& file) { std::filesystem::resize_file(file, 2); }},
        {"touched",
         [](auto const& file) {
             auto const time = std::filesystem::last_write_time(file);
             std::filesystem::last_write_time(file, time + std::chrono::seconds(1));
         }},
        {"replaced",
         [](auto const& file) {
             std::ofstream(file.string() + "2") << "content";
             std::filesystem::last_write_time(file.string() + "2", std::filesystem::last_write_time(file));
             std::filesystem::rename(file.string() + "2", file);
         }},
    };
    for (auto const& [what, change] : changes)
    {
        CAPTURE(what);
        place.write("d/f", "content");
        diagnostics cause;
        auto tree = source_tree::open(disk::system_file_calls(), place / "d", {}, cause);
        CHECK(tree->walk(10, cause) == error_code());
        auto const before = tree->open_file(0, cause);
        REQUIRE(before.has_value());
        change(path);
        auto const after = tree->open_file(0, cause);
        CHECK(after.error() == errc::file_changed);
        CHECK(cause.message == path.string() + " was changed while it was read");
        if (std::string_view(what) != "replaced") // the old one is still what it was
            CHECK(tree->check(0, *before, cause) == errc::file_changed);
        std::filesystem::remove(path);
        CHECK(tree->open_file(0, cause).error() == system_code(ENOENT));
    }
}
