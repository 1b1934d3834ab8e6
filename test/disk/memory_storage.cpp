#include <webseed/storage.hpp>

#include "support/printing.hpp"
#include "support/run.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace webseed;
using test::bytes_of;
using test::run;

namespace {

metainfo padded()
{
    return test::torrent_of({{{"a"}, 3}, {{}, 5}, {{"b"}, 4}}, 8);
}

std::string read(storage& content, std::uint64_t offset, std::size_t size)
{
    std::string text(size, '?');
    auto const failed = run(content.read(offset, std::as_writable_bytes(std::span(text))));
    REQUIRE_FALSE(failed);
    return text;
}

} // namespace

TEST_CASE("memory gives back what was written, and zeros for all else")
{
    auto const content = make_memory_storage(padded());
    diagnostics cause;
    auto const present = run(content->open(cause));
    REQUIRE(present);
    REQUIRE(present->size() == 1);
    CHECK(present->front() == byte_range{3, 5});
    CHECK(read(*content, 0, 12) == std::string(12, '\0'));
    CHECK_FALSE(run(content->write(1, bytes_of("xyPPPPPBB"))));
    CHECK(read(*content, 0, 12) == std::string("\0xy\0\0\0\0\0BB\0\0", 12));
    CHECK(read(*content, 2, 7) == std::string("y\0\0\0\0\0B", 7));
    CHECK_FALSE(run(content->close(cause)));
}

TEST_CASE("memory refuses what lies outside of the torrent")
{
    auto const content = make_memory_storage(padded());
    std::string text(2, '?');
    auto const buffer = std::as_writable_bytes(std::span(text));
    CHECK(run(content->read(11, buffer)) == errc::internal);
    CHECK(run(content->write(UINT64_MAX, buffer)) == errc::internal);
    CHECK_FALSE(run(content->read(12, {})));
}

TEST_CASE("bounded memory has pieces until they are dropped, and says how many bytes of them it likes")
{
    auto const content = make_memory_storage(padded(), 8);
    CHECK(content->kept_size_max() == 8);
    CHECK(make_memory_storage(padded())->kept_size_max() == 0);
    diagnostics cause;
    CHECK(run(content->open(cause))->empty());
    std::string text(2, '?');
    CHECK(run(content->read(0, std::as_writable_bytes(std::span(text)))) == errc::storage_failed);
    CHECK_FALSE(run(content->write(1, bytes_of("xy"))));
    CHECK_FALSE(run(content->write(8, bytes_of("BB"))));
    CHECK(read(*content, 0, 10) == std::string("\0xy\0\0\0\0\0BB", 10));
    content->drop({0, 8});
    CHECK(read(*content, 8, 2) == "BB");
    CHECK(run(content->read(0, std::as_writable_bytes(std::span(text)))) == errc::storage_failed);
    CHECK_FALSE(run(content->write(0, bytes_of("z"))));
    CHECK(read(*content, 0, 2) == std::string("z\0", 2));
    CHECK(run(content->write(11, bytes_of("xy"))) == errc::internal);
    CHECK(run(content->read(11, std::as_writable_bytes(std::span(text)))) == errc::internal);
    CHECK_FALSE(run(content->close(cause)));
    CHECK_THROWS_AS(make_memory_storage(padded(), 0), std::invalid_argument);
}
