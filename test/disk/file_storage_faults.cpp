// File storage on a disk that fails.
#include "disk/file_storage.hpp"

#include "disk/directory.hpp"
#include "support/printing.hpp"
#include "support/storage_script.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace webseed;
using test::call_kind;
using test::disk_call;
using test::interference;
using test::run;
using test::simulated_disk;
using test::storage_script;

namespace {

constexpr int fatal_errors[] = {ENOSPC, EDQUOT, EIO, EROFS, EACCES, EMFILE, ENFILE, EFBIG, ESTALE};

simulated_disk disk_with(bool has_leftovers)
{
    simulated_disk disk;
    if (has_leftovers)
        test::plant_leftovers(disk);
    return disk;
}

/// Runs the script on a disk that somebody interferes with; the storage is gone when this returns.
struct outcome
{
    outcome(bool has_leftovers, simulated_disk::hook before_call)
        : disk(disk_with(has_leftovers))
    {
        disk.interfere(std::move(before_call));
        {
            storage_script script(disk);
            script.go();
            error = script.error;
            failed_at = script.failed_at;
            cause = script.cause;
            is_done = script.is_done;
            has_right_bytes = script.has_right_bytes();
            open_count_before_destruction = disk.open_count();
        }
        CHECK(open_count_before_destruction == 0);
        CHECK(disk.open_count() == 0);
        CHECK(has_right_bytes);
        CHECK(is_done == !error);
    }

    simulated_disk disk;
    error_code error;
    std::string failed_at;
    diagnostics cause;
    bool is_done = false;
    bool has_right_bytes = false;
    std::size_t open_count_before_destruction = 0;
};

std::vector<disk_call> calls_without_faults(bool has_leftovers)
{
    std::vector<disk_call> calls;
    outcome const quiet(has_leftovers, [&](disk_call const& call) {
        calls.push_back(call);
        return interference{};
    });
    CHECK(quiet.is_done);
    return calls;
}

/// Where there are diagnostics, they name the file, or the root where the failure was on the way to it.
void check_cause(outcome const& was, disk_call const& call)
{
    if (was.failed_at == "write" || was.failed_at == "read")
        return;
    CAPTURE(was.cause.message);
    CAPTURE(call.path);
    CHECK(was.cause.message.starts_with("downloads/here"));
    CHECK(was.cause.message.ends_with(": " + was.error.message()));
    bool const is_below_root = call.path.starts_with("downloads/here/");
    bool const is_for_file = was.cause.message.starts_with("downloads/here/t/");
    CHECK(was.cause.file.has_value() == is_for_file);
    if (is_below_root)
        CHECK(is_for_file);
    auto const file = call.path.substr(call.path.rfind('/') + 1);
    if (is_below_root && file.size() == 1 && file != "t" && file != "d")
        CHECK(was.cause.message.find(call.path) != std::string::npos);
}

/// Where a failure does no harm: descriptors can be made free, the first look at the torrent's directory only saves
/// others, and nothing depends on the closing of what was not written.
bool may_go_on(disk_call const& call, int number, bool has_leftovers)
{
    auto const file = call.path.substr(call.path.rfind('/') + 1);
    bool const is_written = file == "a" || file == "b" || file == "c" || (file == "e" && has_leftovers);
    return number == EMFILE || number == ENFILE || (call.kind == call_kind::fstatat && file == "t") ||
           (call.kind == call_kind::close && !is_written);
}

} // namespace

TEST_CASE("any call may fail, once or from then on: told with its error, nothing left open, no wrong bytes")
{
    for (bool const has_leftovers : {false, true})
    {
        auto const calls = calls_without_faults(has_leftovers);
        REQUIRE(calls.size() > 40);
        for (auto const& call : calls)
        {
            for (int const number : fatal_errors)
            {
                for (bool const is_once : {true, false})
                {
                    CAPTURE(has_leftovers);
                    CAPTURE(call.number);
                    CAPTURE(call.path);
                    CAPTURE(number);
                    CAPTURE(is_once);
                    outcome const was(has_leftovers, [&](disk_call const& each) {
                        bool const is_hit = is_once ? each.number == call.number : each.number >= call.number;
                        return interference{is_hit ? number : 0, {}};
                    });
                    CAPTURE(was.failed_at);
                    if (!was.is_done)
                    {
                        CHECK(was.error == disk::error_of(number));
                        if (is_once)
                            check_cause(was, call);
                    }
                    CHECK((!was.is_done || may_go_on(call, number, has_leftovers)));
                }
            }
        }
    }
}

TEST_CASE("signals interrupt any call without anybody's notice")
{
    for (bool const has_leftovers : {false, true})
    {
        for (auto const& call : calls_without_faults(has_leftovers))
        {
            outcome const once(has_leftovers, [&](disk_call const& each) {
                return interference{each.number == call.number ? EINTR : 0, {}};
            });
            CHECK(once.is_done);
        }
        for (std::uint64_t const phase : {0u, 1u})
        {
            outcome const often(has_leftovers, [&](disk_call const& each) {
                return interference{each.number % 2 == phase ? EINTR : 0, {}};
            });
            CHECK(often.is_done);
        }
    }
}

TEST_CASE("reads and writes may be short without anybody's notice")
{
    for (std::size_t const size_max : {1u, 7u, 511u, 1023u})
    {
        outcome const was(true, [&](disk_call const&) { return interference{0, size_max}; });
        CHECK(was.is_done);
    }
    test::dice random(3);
    for (int round = 0; round != 100; ++round)
    {
        outcome const was(true, [&](disk_call const&) -> interference {
            if (random.happens(1, 3))
                return {EINTR, {}};
            return {0, 1 + random.below(1024)};
        });
        CHECK(was.is_done);
    }
}

TEST_CASE("a write that takes nothing and says so is a failure, not an endless loop")
{
    outcome const was(false, [&](disk_call const& call) -> interference {
        if (call.kind == call_kind::pwrite)
            return {0, 0};
        return {};
    });
    CHECK(was.failed_at == "write");
    CHECK(was.error == errc::storage_failed);
}

TEST_CASE("a disk that fills up is told, and what came before is right; with more room all goes well")
{
    for (std::uint64_t sectors = 0; sectors != 14; ++sectors)
    {
        CAPTURE(sectors);
        simulated_disk disk;
        disk.limit({.capacity = sectors * test::sector_size});
        {
            storage_script script(disk);
            script.go();
            // Three files of 3, 6 and 2 sectors.
            CHECK(script.is_done == (sectors >= 11));
            if (!script.is_done)
                CHECK(script.error == errc::disk_full);
            CHECK(script.has_right_bytes());
        }
        CHECK(disk.open_count() == 0);
        disk.limit({});
        storage_script again(disk);
        again.go();
        CHECK(again.is_done);
        CHECK(again.has_right_bytes());
    }
}

TEST_CASE("a file that can't be closed is not complete, and is named")
{
    for (bool const fails_early : {true, false})
    {
        // Early: while there are more files than stay open; late: when all are closed.
        simulated_disk disk;
        std::vector<test::test_file> list;
        for (int i = 0; i != 100; ++i)
            list.push_back({{std::to_string(i)}, 4});
        auto const files = disk::make_file_storage(test::torrent_of(list, 16), "root", disk);
        diagnostics cause;
        REQUIRE(run(files->open(cause)));
        std::string const name = fails_early ? "root/t/3" : "root/t/99";
        disk.interfere([&](disk_call const& call) {
            return interference{call.kind == call_kind::close && call.path == name ? EIO : 0, {}};
        });
        for (std::uint64_t i = 0; i != list.size(); ++i)
            REQUIRE_FALSE(run(files->write(i * 4, test::bytes_of("text"))));
        auto const error = disk::error_of(EIO);
        CHECK(run(files->complete(cause)) == (fails_early ? error : error_code()));
        CHECK(run(files->close(cause)) == error);
        CHECK(cause.message == name + ": " + error.message());
        CHECK(cause.file == file_index{fails_early ? 3u : 99u});
        CHECK(disk.open_count() == 0);
    }
}

TEST_CASE("files that nobody uses are let go when descriptors are short")
{
    std::vector<test::test_file> list;
    for (int i = 0; i != 50; ++i)
        list.push_back({{"d" + std::to_string(i % 3), std::to_string(i)}, 4});
    for (std::size_t const count_max : {5u, 8u, 20u})
    {
        CAPTURE(count_max);
        simulated_disk disk;
        disk.limit({.descriptor_count_max = count_max});
        auto const files = disk::make_file_storage(test::torrent_of(list, 16), "root", disk);
        diagnostics cause;
        REQUIRE(run(files->open(cause)));
        for (std::uint64_t half = 0; half != 2; ++half)
        {
            for (std::uint64_t i = 0; i != list.size(); ++i)
                REQUIRE_FALSE(run(files->write(i * 4 + half * 2, test::bytes_of("xy"))));
        }
        CHECK(disk.open_count_peak() == count_max);
        CHECK_FALSE(run(files->complete(cause)));
        CHECK_FALSE(run(files->close(cause)));
        CHECK(disk.open_count() == 0);
        for (auto const& file : list)
            CHECK(disk.content_of("root/t/" + file.path[0] + "/" + file.path[1]) == "xyxy");
    }
}

TEST_CASE("a lack of descriptors that letting go doesn't mend is told")
{
    for (int const number : {EMFILE, ENFILE})
    {
        outcome const was(false, [&](disk_call const& call) {
            bool const is_hit = call.kind == call_kind::openat && call.path == "downloads/here/t/d/c";
            return interference{is_hit ? number : 0, {}};
        });
        CHECK(was.failed_at == "write");
        CHECK(was.error == disk::error_of(number));
    }
}

TEST_CASE("a root that can't be made is told by the first reason")
{
    simulated_disk disk;
    disk.make_directory("existing");
    disk.interfere([&](disk_call const& call) {
        return interference{call.kind == call_kind::mkdirat ? EROFS : 0, {}};
    });
    CHECK(disk::directory::open(disk, "/existing/new/root").error() == disk::error_of(EROFS));
    CHECK(disk::directory::open(disk, "/existing"));
    CHECK(disk::directory::open(disk, "").error() == disk::error_of(ENOENT));
}
