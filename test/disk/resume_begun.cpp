// What file storage recalls of what an earlier run has begun.
#include "disk/directory.hpp"
#include "disk/resume_file.hpp"

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

} // namespace

TEST_CASE("what was begun comes back, but for what lies in files that aren't as they were left")
{
    using ranges = std::vector<byte_range>;
    ranges const begun{{1100, 800}, {2100, 100}, {4400, 300}, {5200, 100}}; // the third one goes on in the padding
    struct meddling
    {
        char const* what;
        std::function<void(simulated_disk&)> done;
        ranges expected;
    };
    meddling const all[] = {
        {"nothing", [](auto&) {}, begun},
        {"edited", [](auto& disk) { disk.edit(a, 5, "x"); }, {{1500, 400}, {2100, 100}, {4400, 300}, {5200, 100}}},
        {"touched", [](auto& disk) { disk.set_time(b, disk.time_of(b) + 1); }, {{1100, 400}, {4500, 200}, {5200, 100}}},
        {"deleted", [](auto& disk) { disk.remove(c); }, {{1100, 800}, {2100, 100}, {4400, 300}}},
        {"all of them",
         [](auto& disk) {
             for (auto const* file : {a, b, c})
                 disk.edit(file, 0, "x");
         },
         {{4500, 200}}},
    };
    for (auto const& [what, done, expected] : all)
    {
        CAPTURE(what);
        simulated_disk disk;
        resuming run(disk);
        REQUIRE(run.open());
        for (auto const& each : begun)
            run.write(each);
        CHECK_FALSE(run.remember("000000", begun));
        run.close();
        done(disk);
        resuming next(disk);
        REQUIRE(next.open());
        CHECK(next.recalled == "000000");
        CHECK(next.recalled_begun == expected);
        next.close();
    }
}

TEST_CASE("what is begun after it was remembered is remembered the next time, and what isn't safe isn't")
{
    simulated_disk disk;
    {
        resuming run(disk);
        REQUIRE(run.open());
        run.write("100000");
        CHECK_FALSE(run.remember("100000"));
        run.write(byte_range{2048, 100});
        CHECK_FALSE(run.remember("100000", {{2048, 100}}));
        run.write(byte_range{5120, 50});
        disk.interfere([](test::disk_call const& call) {
            return test::interference{call.kind == test::call_kind::fsync && call.path == c ? EIO : 0, {}};
        });
        CHECK(run.remember("100000", {{2048, 100}, {5120, 50}}) == disk::error_of(EIO));
        disk.interfere({});
        run.close();
    }
    resuming run(disk);
    REQUIRE(run.open());
    CHECK(run.recalled == "100000");
    CHECK(run.recalled_begun == std::vector<byte_range>{{2048, 100}});
    run.write(byte_range{2148, 100});
    disk.make_directory("later"); // time passes
    run.write(byte_range{2248, 100});
    run.close();
    resuming killed(disk);
    REQUIRE(killed.open());
    CHECK(killed.recalled_begun.empty());
    killed.close();
}

TEST_CASE("of what was begun nothing comes back to who rechecks, nor of files that aren't wanted, nor without end")
{
    simulated_disk disk;
    auto const torrent = test::torrent_of({{{"a"}, 3 * disk::begun_count_max}, {{"b"}, 1024}}, 1u << 20);
    std::vector<byte_range> begun;
    while (begun.size() != disk::begun_count_max + 5)
        begun.push_back({2 * begun.size(), 1});
    begun.push_back({3 * disk::begun_count_max + 3, 5});
    resuming run(disk, {}, torrent);
    REQUIRE(run.open());
    run.write(byte_range{0, torrent.total_size()});
    CHECK_FALSE(run.remember("0", begun));
    run.close();
    resuming all(disk, {}, torrent);
    REQUIRE(all.open());
    CHECK(all.recalled_begun == std::vector(begun.begin(), begun.begin() + disk::begun_count_max));
    CHECK_FALSE(all.remember("0", {begun.front(), begun.back()}));
    all.close();
    file_storage_options options;
    options.recheck = true;
    resuming rechecking(disk, options, torrent);
    REQUIRE(rechecking.open());
    CHECK(rechecking.recalled_begun.empty());
    rechecking.close();
    file_index const first{0};
    resuming selecting(disk, {}, torrent.select(std::span(&first, 1)));
    REQUIRE(selecting.open());
    CHECK(selecting.recalled_begun == std::vector{begun.front()});
    selecting.close();
}
