#include <webseed/storage.hpp>

#include "support/printing.hpp"
#include "support/run.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

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
