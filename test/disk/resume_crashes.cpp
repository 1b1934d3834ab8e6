// What is trusted after a killed process or a loss of power, at every step of a download that remembers.
#include "support/printing.hpp"
#include "support/resuming.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using test::dice;
using test::resuming;
using test::simulated_disk;

namespace {

/// Goes on from what is trusted and what was begun, a piece at a time, remembering each half and whole. As an engine
/// would, it hashes what isn't trusted, and keeps what is right.
void download(simulated_disk& disk)
{
    resuming run(disk);
    REQUIRE(run.open());
    std::string verified = run.recalled.empty() ? "000000" : run.recalled;
    for (std::size_t piece : {3u, 0u, 5u, 1u, 2u, 4u})
    {
        if (verified[piece] == '1')
            continue;
        if (!run.is_right(piece))
        {
            byte_range const half{piece * resuming::piece_size, 500};
            if (std::ranges::find(run.recalled_begun, half) == run.recalled_begun.end())
            {
                run.write(half);
                run.remember(verified, {half});
            }
            auto const end = std::min(half.offset + resuming::piece_size, test::script_torrent().total_size());
            run.write(byte_range{half.end(), end - half.end()});
            CHECK(run.is_right(piece));
        }
        verified[piece] = '1';
        run.remember(verified);
    }
    run.close();
}

/// How many pieces are trusted, all of which must be right, as must be what was begun. @param begun  counts that.
std::size_t
trusted(simulated_disk& disk, metainfo const& torrent = test::script_torrent(), std::size_t* begun = nullptr)
{
    resuming run(disk, {}, torrent);
    REQUIRE(run.open());
    for (auto const& range : run.recalled_begun)
    {
        CAPTURE(range.offset);
        CHECK(run.is_right(range));
        if (begun)
            ++*begun;
    }
    std::size_t count = 0;
    for (std::size_t piece = 0; piece != run.recalled.size(); ++piece)
    {
        if (run.recalled[piece] != '1')
            continue;
        CAPTURE(piece);
        CHECK(run.is_right(piece));
        ++count;
    }
    run.close();
    return count;
}

/// Names that are safe from the start, so that more than they is at stake.
void plant_names(simulated_disk& disk)
{
    for (auto const* file : {"a", "d/b", "d/c"})
        disk.make_file(std::string("downloads/here/t/") + file, "");
    disk.make_directory("state");
    disk.settle();
}

} // namespace

TEST_CASE("whatever a loss of power leaves, what is trusted is right")
{
    for (bool const has_names : {false, true})
    {
        CAPTURE(has_names);
        simulated_disk disk;
        if (has_names)
            plant_names(disk);
        download(disk);
        REQUIRE(disk.operation_count() > 40);
        std::size_t all = 0;
        std::size_t begun = 0;
        for (std::size_t count = 0; count <= disk.operation_count(); ++count)
        {
            CAPTURE(count);
            auto stopped = disk.stopped_after(count);
            all += trusted(stopped, test::script_torrent(), &begun);
            for (std::uint64_t seed = 0; seed != 100; ++seed)
            {
                CAPTURE(seed);
                dice random(seed);
                auto crashed = disk.crashed_after(count, random);
                all += trusted(crashed, test::script_torrent(), &begun);
            }
        }
        CHECK(all > disk.operation_count() * (has_names ? 100 : 10)); // else the above shows little
        CHECK(begun > disk.operation_count());
    }
}

TEST_CASE("the same where a second run went on after a killed process or a loss of power, and was hit, too")
{
    simulated_disk disk;
    plant_names(disk);
    download(disk);
    for (std::size_t count = 0; count <= disk.operation_count(); count += 3)
    {
        CAPTURE(count);
        for (std::uint64_t seed = 0; seed != 6; ++seed)
        {
            CAPTURE(seed);
            dice random(seed);
            // Twice killed, then the power goes: what the first wrote and the second only hashed was never synced.
            auto second = seed % 2 == 0 ? disk.killed_after(count) : disk.crashed_after(count, random);
            download(second);
            for (std::size_t then = 0; then <= second.operation_count(); then += 2)
            {
                CAPTURE(then);
                auto third = second.crashed_after(then, random);
                trusted(third);
            }
        }
    }
}

TEST_CASE("the same with so many files that they are synced together")
{
    auto const torrent = test::many_files();
    simulated_disk disk;
    disk.make_directory("downloads/here/t");
    for (auto const& file : torrent.files())
        disk.make_file("downloads/here/" + std::string(file.path), "");
    disk.make_directory("state");
    disk.settle();
    resuming run(disk, {}, torrent);
    REQUIRE(run.open());
    for (auto const* picture : {"101000", "111000", "111111"})
    {
        run.write(picture);
        run.remember(picture);
    }
    run.close();
    std::size_t all = 0;
    for (std::size_t count = 0; count <= disk.operation_count(); ++count)
    {
        CAPTURE(count);
        for (std::uint64_t seed = 0; seed != 100; ++seed)
        {
            CAPTURE(seed);
            dice random(seed);
            auto crashed = disk.crashed_after(count, random);
            all += trusted(crashed, torrent);
        }
    }
    CHECK(all > 1000);
}
