// File storage on what a killed process or a loss of power left behind.
#include "disk/file_storage.hpp"

#include "support/printing.hpp"
#include "support/storage_script.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using test::dice;
using test::run;
using test::simulated_disk;
using test::storage_script;

namespace {

/// Reads all that is said to be there already, then downloads everything again.
void go_on(simulated_disk disk)
{
    CAPTURE(disk.tree());
    auto const torrent = test::script_torrent();
    {
        auto const files = disk::make_file_storage(torrent, "downloads/here", disk);
        diagnostics cause;
        auto const present = run(files->open(cause));
        REQUIRE(present);
        for (auto const range : *present)
        {
            std::string text(range.size, '?');
            CHECK_FALSE(run(files->read(range.offset, std::as_writable_bytes(std::span(text)))));
        }
        CHECK_FALSE(run(files->close(cause)));
    }
    storage_script script(disk);
    script.go();
    CHECK(script.is_done);
    CHECK(script.has_right_bytes());
    CHECK(disk.open_count() == 0);
}

} // namespace

TEST_CASE("a download goes on from whatever a crash left")
{
    for (bool const has_leftovers : {false, true})
    {
        CAPTURE(has_leftovers);
        simulated_disk disk;
        if (has_leftovers)
            test::plant_leftovers(disk);
        storage_script script(disk);
        script.go();
        REQUIRE(script.is_done);
        REQUIRE(disk.operation_count() >= 10);
        for (std::size_t count = 0; count <= disk.operation_count(); ++count)
        {
            CAPTURE(count);
            go_on(disk.stopped_after(count));
            for (std::uint64_t seed = 0; seed != 50; ++seed)
            {
                CAPTURE(seed);
                dice random(seed);
                go_on(disk.crashed_after(count, random));
            }
        }
    }
}
