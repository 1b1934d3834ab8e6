#include "engine/front.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace webseed;

namespace {

asio::awaitable<std::tuple<error_code, std::string>> text_or_exception(bool throws)
{
    if (throws)
        throw std::runtime_error("no");
    co_return std::tuple(error_code(), std::string("text"));
}

} // namespace

TEST_CASE("an operation completes with what its task returns, and with an internal error if it throws")
{
    for (auto const throws : {false, true})
    {
        CAPTURE(throws);
        asio::io_context context{1};
        auto completed = 0;
        auto handler = [&](error_code error, std::string text) {
            ++completed;
            CHECK(error == (throws ? error_code(errc::internal) : error_code()));
            CHECK(text == (throws ? "" : "text"));
        };
        core::complete_with(context.get_executor(), text_or_exception(throws), handler);
        context.run();
        CHECK(completed == 1);
    }
}
