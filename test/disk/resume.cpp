// What file storage trusts of what an earlier run has left.
#include "disk/directory.hpp"
#include "disk/file_storage.hpp"
#include "disk/whole_file.hpp"

#include "support/printing.hpp"
#include "support/resuming.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>

using namespace webseed;
using test::resuming;
using test::simulated_disk;

namespace {

constexpr char const* a = "downloads/here/t/a";
constexpr char const* b = "downloads/here/t/d/b";
constexpr char const* c = "downloads/here/t/d/c";

/// Everything downloaded and remembered.
simulated_disk complete()
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    run.write("111111");
    REQUIRE_FALSE(run.remember("111111"));
    run.close();
    return disk;
}

std::string recalled(simulated_disk& disk)
{
    resuming run(disk);
    REQUIRE(run.open());
    auto const picture = run.recalled;
    run.close();
    return picture;
}

} // namespace

TEST_CASE("what was remembered is trusted, and nobody reads it")
{
    auto disk = complete();
    disk.interfere([](test::disk_call const& call) {
        CHECK((call.kind != test::call_kind::pread || call.path == resuming::resume_file));
        return test::interference{};
    });
    CHECK(recalled(disk) == "111111");
}

TEST_CASE("nothing is remembered of what isn't verified")
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    CHECK(run.recalled == "");
    run.write("111111");
    CHECK_FALSE(run.remember("010001"));
    run.close();
    CHECK(recalled(disk) == "010001");
}

TEST_CASE("a file that isn't as it was left isn't trusted, nor any piece that has a byte of it")
{
    struct meddling
    {
        char const* what;
        std::function<void(simulated_disk&)> done;
        char const* expected;
    };
    meddling const all[] = {
        {"edited", [](auto& disk) { disk.edit(b, 1000, "x"); }, "100001"},
        {"edited, its time put back",
         [](auto& disk) {
             auto const time = disk.time_of(c);
             disk.edit(c, 0, "x");
             disk.set_time(c, time);
         },
         "111110"},
        {"touched", [](auto& disk) { disk.set_time(a, disk.time_of(a) + 1); }, "001111"},
        {"replaced by a copy of itself",
         [](auto& disk) {
             auto const time = disk.time_of(c);
             disk.make_file(c, *disk.content_of(c));
             disk.set_time(c, time);
         },
         "111110"},
        {"longer", [](auto& disk) { disk.edit(c, 700, "x"); }, "111110"},
        {"deleted", [](auto& disk) { disk.remove(b); }, "100001"},
        {"cut", [](auto& disk) { disk.make_file(b, disk.content_of(b)->substr(0, 2000)); }, "100001"},
        {"all of them",
         [](auto& disk) {
             for (auto const* file : {a, b, c})
                 disk.edit(file, 0, "x");
         },
         "000000"},
    };
    for (auto const& [what, done, expected] : all)
    {
        CAPTURE(what);
        auto disk = complete();
        done(disk);
        CHECK(recalled(disk) == expected);
    }
}

TEST_CASE("a resume file that isn't whole, or isn't one, is as good as none")
{
    auto const whole = *complete().content_of(resuming::resume_file);
    for (auto const& content :
         {std::string(), std::string("garbage"), whole.substr(1), whole.substr(0, whole.size() - 1), whole + "x",
          std::string(whole.size(), '\0'), std::string(1 << 20, 'x')})
    {
        CAPTURE(content.size());
        auto disk = complete();
        disk.make_file(resuming::resume_file, content);
        resuming run(disk);
        REQUIRE(run.open());
        CHECK(run.recalled == "");
        CHECK_FALSE(run.remember("111111"));
        run.close();
        CHECK(recalled(disk) == "111111");
    }
    auto disk = complete();
    disk.remove(resuming::resume_file);
    disk.make_file("elsewhere", whole);
    disk.make_link(resuming::resume_file, "/elsewhere");
    CHECK(recalled(disk) == "");
    disk.remove(resuming::resume_file);
    disk.make_pipe(resuming::resume_file);
    CHECK(recalled(disk) == "");
}

TEST_CASE("what is remembered already isn't written again, nor synced")
{
    auto disk = complete();
    auto const before = disk.operation_count();
    resuming run(disk);
    REQUIRE(run.open());
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(disk.operation_count() == before);
}

TEST_CASE("nothing is written as long as nothing is verified")
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    run.write("100000");
    CHECK_FALSE(run.remember("000000"));
    run.close();
    CHECK_FALSE(disk.content_of(resuming::resume_file));
}

TEST_CASE("what is written after it was remembered is remembered the next time")
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    run.write("110000");
    CHECK_FALSE(run.remember("110000"));
    run.write("001111");
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "111111");
}

TEST_CASE("a file that was written to after it was remembered isn't trusted")
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    run.write("110001");
    CHECK_FALSE(run.remember("110001"));
    disk.make_directory("later"); // time passes
    run.write("001000");
    run.close();
    CHECK(recalled(disk) == "100001");
}

TEST_CASE("a file that can't be synced is never trusted again by who found out")
{
    simulated_disk disk;
    resuming run(disk);
    REQUIRE(run.open());
    run.write("111111");
    bool has_failed = false;
    disk.interfere([&](test::disk_call const& call) {
        bool const fails = call.kind == test::call_kind::fsync && call.path == b && !has_failed;
        has_failed |= fails;
        return test::interference{fails ? EIO : 0, {}};
    });
    CHECK(run.remember("111111") == disk::error_of(EIO));
    CHECK(has_failed);
    run.write("001000");
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "100001");
}

TEST_CASE("many files are synced together, and none of them is trusted if that fails")
{
    for (int const error : {0, EIO, EOPNOTSUPP, EINTR})
    {
        CAPTURE(error);
        simulated_disk disk;
        resuming run(disk, {}, test::many_files());
        REQUIRE(run.open());
        run.write("111111");
        int together = 0;
        int alone = 0;
        disk.interfere([&](test::disk_call const& call) {
            alone += call.kind == test::call_kind::fsync && call.path.starts_with("downloads") ? 1 : 0;
            bool const fails = call.kind == test::call_kind::syncfs && together++ == 0;
            return test::interference{fails ? error : 0, {}};
        });
        CHECK(run.remember("111111") == (error == EIO ? disk::error_of(EIO) : error_code()));
        CHECK(together == (error == EINTR ? 2 : 1));
        CHECK(alone == (error == EOPNOTSUPP ? 20 : 0));
        run.close();
        resuming next(disk, {}, test::many_files());
        REQUIRE(next.open());
        CHECK(next.recalled == (error == EIO ? "" : "111111"));
        next.close();
    }
}

TEST_CASE("a file that somebody puts in the place of ours isn't taken for ours")
{
    simulated_disk disk;
    resuming run(disk, {}, test::many_files());
    REQUIRE(run.open());
    run.write("111111");
    disk.make_file("downloads/here/t/110", std::string(300, 'x'));
    CHECK_FALSE(run.remember("111111"));
    run.close();
    resuming next(disk, {}, test::many_files());
    REQUIRE(next.open());
    CHECK(next.recalled == "110011");
    next.close();
}

TEST_CASE("what somebody else did to a file while we left it alone isn't remembered as ours")
{
    auto disk = complete();
    disk.remove(resuming::resume_file);
    resuming run(disk);
    REQUIRE(run.open());
    disk.edit(c, 0, "x"); // after it was found, and maybe after it was hashed
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "111110");
}

TEST_CASE("whatever fails while remembering, nothing wrong is trusted, and no litter is left")
{
    std::uint64_t call_count = 1;
    for (std::uint64_t number = 0; number != call_count; ++number)
    {
        for (int const error : {EIO, ENOSPC, EROFS, EACCES, EMFILE, EINTR})
        {
            CAPTURE(number);
            CAPTURE(error);
            simulated_disk disk;
            resuming run(disk);
            REQUIRE(run.open());
            run.write("111111");
            auto const first = disk.call_count();
            disk.interfere([&](test::disk_call const& call) {
                bool const fails = call.number == first + number;
                return test::interference{fails ? error : 0, {}};
            });
            run.remember("111111");
            call_count = disk.call_count() - first;
            disk.interfere({});
            run.close();
            auto const tree = disk.tree();
            CHECK(tree.find("one.") == tree.npos);
            CHECK(disk.open_count() == 0);
            auto const picture = recalled(disk);
            CHECK(
                (picture == "" || picture == "111111" || picture == "001111" || picture == "100001" ||
                 picture == "111110"));
            if (error == EINTR)
                CHECK(picture == "111111");
        }
    }
    CHECK(call_count > 10);
}

TEST_CASE("where nothing can be written, nothing is remembered, and that is all")
{
    simulated_disk disk;
    disk.make_file("state", "not a directory");
    resuming run(disk);
    REQUIRE(run.open());
    run.write("111111");
    CHECK(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "");
}

TEST_CASE("what others have left of their new resume files is not in the way")
{
    simulated_disk disk;
    disk.make_file("state/one.1-0", "half");
    resuming run(disk);
    REQUIRE(run.open());
    run.write("111111");
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "111111");
    CHECK(disk.content_of("state/one.1-0") == "half");
}

TEST_CASE("two runs at once: the last one to remember counts")
{
    simulated_disk disk;
    resuming first(disk);
    resuming second(disk);
    REQUIRE(first.open());
    REQUIRE(second.open());
    first.write("111111");
    CHECK_FALSE(first.remember("111111"));
    second.write("100000");
    CHECK_FALSE(second.remember("100000"));
    first.close();
    second.close();
    CHECK(recalled(disk) == "100000");
}

TEST_CASE("who rechecks reads no resume file but writes one; who reads only does neither")
{
    auto disk = complete();
    file_storage_options options;
    options.recheck = true;
    {
        resuming run(disk, options);
        REQUIRE(run.open());
        CHECK(run.recalled == "");
        CHECK_FALSE(run.remember("111110"));
        run.close();
    }
    CHECK(recalled(disk) == "111110");
    options.recheck = false;
    options.read_only = true;
    resuming run(disk, options);
    REQUIRE(run.open());
    CHECK(run.recalled == "never");
    CHECK_FALSE(run.remember("111111"));
    run.close();
    CHECK(recalled(disk) == "111110");
}

TEST_CASE("a piece is trusted for the files that were wanted then, and that are wanted now")
{
    simulated_disk disk;
    auto const torrent = test::script_torrent();
    file_index const first{0};
    file_index const others[] = {file_index{1}, file_index{3}};
    {
        resuming run(disk, {}, torrent.select(std::span(&first, 1)));
        REQUIRE(run.open());
        run.write("110000");
        CHECK_FALSE(run.remember("110000"));
        run.close();
    }
    {
        resuming run(disk, {}, torrent.select(std::span(&first, 1)));
        REQUIRE(run.open());
        CHECK(run.recalled == "110000");
        run.close();
    }
    resuming run(disk, {}, torrent.select(others));
    REQUIRE(run.open());
    CHECK(run.recalled == "100000"); // which the engine doesn't want
    run.close();
    CHECK(recalled(disk) == "100000");
}

TEST_CASE("a file is replaced as a whole, and read as a whole")
{
    simulated_disk disk;
    auto const content = std::string(5000, 'x');
    auto replace = [&disk](std::string const& text) {
        return disk::replace_whole(disk, "state/deep/file", test::bytes_of(text));
    };
    CHECK_FALSE(replace(content));
    CHECK_FALSE(replace(content + "y"));
    CHECK(disk.content_of("state/deep/file") == content + "y");
    CHECK(disk::read_whole(disk, "state/deep/file", 5000).error() == disk::error_of(EFBIG));
    CHECK(disk::read_whole(disk, "state/deep/file", 5001)->size() == 5001);
    CHECK(disk::read_whole(disk, "state/deep", 5001).error() == disk::error_of(EINVAL));
    CHECK(disk::read_whole(disk, "nowhere", 5001).error() == disk::error_of(ENOENT));
    CHECK_FALSE(disk::replace_whole(disk, "beside", test::bytes_of("z")));
    CHECK(disk.content_of("beside") == "z");
}
