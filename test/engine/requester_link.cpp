#include "engine/requester_link.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

namespace asio = boost::asio;
using namespace webseed;
using planning::claim_id;

TEST_CASE("a stop that comes when its claim is over stops nothing else")
{
    asio::io_context context{1};
    auto const link = std::make_shared<core::requester_link>(context.get_executor());
    link->begin(claim_id{1});
    link->stop(claim_id{1});
    link->end();
    link->begin(claim_id{2});
    context.run();
    CHECK(!link->is_stopped());
    link->stop(claim_id{2});
    context.restart();
    context.run();
    CHECK(link->is_stopped());
    link->end();
    link->begin(claim_id{3});
    CHECK(!link->is_stopped());
}

TEST_CASE("a link that is closed stays so, whatever claim begins")
{
    asio::io_context context{1};
    auto const link = std::make_shared<core::requester_link>(context.get_executor());
    link->close();
    CHECK(link->is_closed()); // at once, for all threads
    context.run();
    link->begin(claim_id{1});
    CHECK(link->is_stopped());
}
