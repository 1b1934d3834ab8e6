// A storage that fails, throws, or is being read when the download ends.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

using namespace webseed;
using namespace webseed::test;

namespace {

std::vector<made_file> one_file(std::size_t size)
{
    return {{"f", letters(size)}};
}

auto failing_with(error_code error, std::string message = {})
{
    return [=](diagnostics& cause) {
        cause.message = message;
        return error;
    };
}

} // namespace

TEST_CASE("a storage that can't be opened ends the download before anybody is asked, and isn't closed")
{
    struct
    {
        std::string said;
        std::string told;
    } const rows[] = {
        {"d/f: permission denied", "d/f: permission denied"},
        {"", "opening the storage: the disk is full"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.said);
        embedded e(one_file(64));
        e.add_good_seed("good");
        e.holds.on_open = failing_with(errc::disk_full, row.said);
        CHECK(e.run() == errc::disk_full);
        CHECK(e.running.diagnosis().message == row.told);
        CHECK(e.outside.net->connects() == 0);
        CHECK(e.holds.closes == 0);
    }
}

TEST_CASE("what the storage throws when it is opened ends the download with its words")
{
    struct
    {
        std::function<error_code(diagnostics&)> on_open;
        std::string told;
    } const rows[] = {
        {[](diagnostics&) -> error_code { throw std::runtime_error("not well"); }, "not well"},
        {[](diagnostics&) -> error_code { throw 42; }, "an exception of an unknown type"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.told);
        embedded e(one_file(64));
        e.add_good_seed("good");
        e.holds.on_open = row.on_open;
        CHECK(e.run() == errc::internal);
        CHECK(e.running.diagnosis().message == row.told);
        CHECK(e.outside.net->connects() == 0);
    }
}

TEST_CASE("what the storage throws when it is opened ends the download also when nothing was wanted")
{
    embedded e(one_file(64));
    e.torrent = e.torrent.select({});
    e.holds.on_open = [](diagnostics&) -> error_code { throw std::runtime_error("not well"); };
    CHECK(e.run() == errc::internal);
    CHECK(e.running.diagnosis().message == "not well");
}

TEST_CASE("a storage that can't be completed or closed makes a failure of what was verified, and the first one counts")
{
    auto const none = failing_with({});
    auto const full = failing_with(errc::disk_full, "no room for f");
    auto const speechless = failing_with(errc::storage_failed);
    auto const throws = [](diagnostics&) -> error_code { throw std::runtime_error("not well"); };
    struct
    {
        std::function<error_code(diagnostics&)> on_complete;
        std::function<error_code(diagnostics&)> on_close;
        errc error;
        std::string told;
    } const rows[] = {
        {full, none, errc::disk_full, "no room for f"},
        {none, full, errc::disk_full, "no room for f"},
        {full, speechless, errc::disk_full, "no room for f"},
        {speechless, full, errc::storage_failed, "the storage: the storage failed"},
        {none, speechless, errc::storage_failed, "the storage: the storage failed"},
        {none, throws, errc::internal, "not well"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.told);
        embedded e(one_file(64));
        e.add_good_seed("good");
        e.holds.on_complete = row.on_complete;
        e.holds.on_close = row.on_close;
        CHECK(e.run() == row.error);
        CHECK(e.running.diagnosis().message == row.told);
        CHECK(e.running.stats().bytes_verified == 64);
        CHECK(e.holds.closes == 1);
    }
}

TEST_CASE("why a download failed isn't hidden by what fails after it")
{
    embedded e(one_file(64));
    e.add_good_seed("good");
    auto is_completed = false;
    e.holds.on_write = [] { return error_code(errc::disk_full); };
    e.holds.on_complete = [&](diagnostics&) {
        is_completed = true;
        return error_code();
    };
    e.holds.on_close = failing_with(errc::storage_failed, "something else");
    CHECK(e.run() == errc::disk_full);
    CHECK(e.running.diagnosis().message == "t/f at 0: the disk is full");
    CHECK(!is_completed);
    CHECK(e.holds.closes == 1);
}

TEST_CASE("a piece that can't be read back is fetched")
{
    embedded e(one_file(64));
    e.add_good_seed("good");
    e.holds.bytes = e.content();
    e.holds.stored = {{0, 64}};
    auto reads = 0;
    e.holds.on_read = [&] { return ++reads == 2 ? error_code(errc::storage_failed) : error_code(); };
    CHECK(e.run() == error_code());
    CHECK(e.running.stats().bytes_kept == 48);
    CHECK(e.running.stats().bytes_received == 16);
}

TEST_CASE("a write that says by an exception that it was cancelled is repeated, any other fails the claim")
{
    struct
    {
        error_code thrown;
        std::uint64_t failures;
    } const rows[] = {
        {asio::error::operation_aborted, 0},
        {asio::error::no_memory, 1},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.thrown.message());
        embedded e(one_file(16));
        e.options.requesters_per_seed = 1;
        e.add_good_seed("good");
        auto has_thrown = false;
        e.holds.on_write = [&] {
            if (!std::exchange(has_thrown, true))
                throw boost::system::system_error(row.thrown);
            return error_code();
        };
        CHECK(e.run() == error_code());
        CHECK(e.holds.bytes == e.content());
        CHECK(e.running.stats().seeds.at(0).failures == row.failures);
        CHECK(e.outside.net->log().size() == 2);
    }
}

TEST_CASE("whoever hashes large pieces lets others run, and ends between two reads when the download is closed")
{
    constexpr std::size_t mib = 1 << 20;
    embedded e(one_file(4 * mib), 2 * mib);
    e.holds.bytes = e.content();
    e.holds.stored = {{0, 4 * mib}};
    auto reads = 0;
    e.holds.on_read = [&] {
        if (++reads == 1)
            asio::post(e.outside.context, [&] { e.running.close(); });
        return error_code();
    };
    CHECK(e.run() == errc::closed);
    CHECK(reads >= 1);
    CHECK(reads * 256 * 1024 <= mib);
    CHECK(e.running.stats().bytes_kept == 0);
}

TEST_CASE("large pieces that are there are kept")
{
    constexpr std::size_t mib = 1 << 20;
    embedded e(one_file(5 * mib), 2 * mib);
    e.holds.bytes = e.content();
    e.holds.stored = {{0, 5 * mib}};
    CHECK(e.run() == error_code());
    CHECK(e.running.stats().bytes_kept == 5 * mib);
}
