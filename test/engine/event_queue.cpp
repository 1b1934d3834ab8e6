#include "engine/event_queue.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

namespace asio = boost::asio;
using namespace webseed;

TEST_CASE("what doesn't fit is dropped and counted, and there is room again once something is taken")
{
    asio::io_context context{1};
    core::event_queue queue(context.get_executor(), 2);
    for (std::uint32_t i = 0; i != 5; ++i)
        queue.push(file_finished{file_index{i}});
    CHECK(queue.lost() == 3);
    auto const first = queue.try_pop();
    REQUIRE(first);
    CHECK(std::get<file_finished>(*first).file == file_index{0});
    queue.push(file_finished{file_index{7}});
    CHECK(queue.lost() == 3);
    CHECK(std::get<file_finished>(queue.try_pop().value()).file == file_index{1});
    CHECK(std::get<file_finished>(queue.try_pop().value()).file == file_index{7});
    CHECK(!queue.try_pop());
}
