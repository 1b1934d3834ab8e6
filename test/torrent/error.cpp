#include <webseed/error.hpp>

#include <doctest/doctest.h>

#include <boost/system/error_condition.hpp>

#include <set>

using namespace webseed;

TEST_CASE("every error has a line of its own")
{
    std::set<std::string> lines;
    auto const last = static_cast<int>(errc::internal);
    for (int value = 1; value <= last; ++value)
    {
        CAPTURE(value);
        auto const line = error_code(value, webseed_category()).message();
        CHECK(line != "unknown error");
        CHECK(lines.insert(line).second);
    }
    CHECK(error_code(last + 1, webseed_category()).message() == "unknown error");
    CHECK(std::string(webseed_category().name()) == "webseed");
}

TEST_CASE("an error equals the generic condition that means the same")
{
    namespace generic = boost::system::errc;
    CHECK(error_code(errc::disk_full) == generic::no_space_on_device);
    CHECK(error_code(errc::connect_timed_out) == generic::timed_out);
    CHECK(error_code(errc::head_timed_out) == generic::timed_out);
    CHECK(error_code(errc::stalled) == generic::timed_out);
    CHECK(error_code(errc::storage_failed) == generic::io_error);
    CHECK(error_code(errc::not_found) != generic::no_such_file_or_directory);
}
