#include "plan/pipelining.hpp"

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using namespace webseed::planning;

constexpr auto start = time_point(std::chrono::hours(1));

shown_response clean(bool was_among_others, duration head_time = 50ms)
{
    shown_response made;
    made.is_clean = true;
    made.was_among_others = was_among_others;
    made.head_time = head_time;
    return made;
}

pipelining proven()
{
    pipelining made;
    made.learn(clean(false), start);
    for (int i = 0; i != 100; ++i)
        made.learn(clean(true), start);
    return made;
}

} // namespace

TEST_CASE("requests go one after the other until a response was clean and fast")
{
    pipelining one;
    CHECK(one.depth(0) == 1);
    one.learn({}, start);
    one.learn(clean(false, 2s), start);
    auto slow = clean(false);
    slow.whole_time = 2s;
    one.learn(slow, start);
    one.learn(clean(false), start);
    one.learn(clean(false), start);
    CHECK(one.depth(0) == 1);
    one.learn(clean(false), start);
    CHECK(one.depth(0) == 16);
}

TEST_CASE("more are under way as long as responses come in time, and fewer if they don't")
{
    pipelining one;
    one.learn(clean(false), start);
    for (unsigned i = 0; i != 100; ++i)
        one.learn(clean(true), start);
    CHECK(one.depth(0) == 116);
    one.learn(clean(true, 500ms), start);
    CHECK(one.depth(0) == 116);
    for (unsigned i = 0; i != 66; ++i)
        one.learn(clean(true, 2s), start);
    CHECK(one.depth(0) == 50);
    for (unsigned i = 0; i != 1000; ++i)
        one.learn(clean(true), start);
    CHECK(one.depth(0) == 256);
    for (unsigned i = 0; i != 1000; ++i)
        one.learn(clean(true, 2s), start);
    CHECK(one.depth(0) == 2);
}

TEST_CASE("no more are sent on a connection than the server takes there")
{
    auto one = proven();
    auto last = clean(true);
    last.is_clean = false;
    last.is_last = true;
    last.response_count = 100;
    one.learn(last, start);
    CHECK(one.depth(0) == 100);
    CHECK(one.depth(95) == 5);
    CHECK(one.depth(99) == 1);
    CHECK(one.depth(100) == 1);
    CHECK(one.depth(1000) == 1);
    last.response_count = 1;
    one.learn(last, start);
    CHECK(one.depth(0) == 1);
}

TEST_CASE("the first doubt ends it, unless it had gone well for long")
{
    pipelining one;
    one.learn(clean(false), start);
    one.learn(clean(true), start);
    one.doubt(start);
    CHECK(one.depth(0) == 1);
    one.learn(clean(false), start);
    CHECK(one.depth(0) == 1);

    auto other = proven();
    auto doubtful = clean(false);
    doubtful.is_doubtful = true;
    other.learn(doubtful, start);
    CHECK(other.depth(0) == 16);
    other.doubt(start + 1s); // of the same event
    other.doubt(start + 6s);
    CHECK(other.depth(0) == 16);
    other.doubt(start + 12s);
    CHECK(other.depth(0) == 1);
}

TEST_CASE("doubts are forgiven after a thousand responses")
{
    auto one = proven();
    for (int round = 0; round != 10; ++round)
    {
        one.doubt(start + round * 1min);
        for (int i = 0; i != 1000; ++i)
            one.learn(clean(true), start);
    }
    CHECK(one.depth(0) == 256);
    one.give_up();
    CHECK(one.depth(0) == 1);
}

TEST_CASE("a server that isn't known is to be found out before its work is taken from it")
{
    pipelining one;
    CHECK(one.patience() == 500ms);
    auto response = clean(false, 100ms);
    response.whole_time = 150ms;
    one.learn(response, start);
    CHECK(one.patience() == 500ms);
    response.whole_time = 400ms;
    one.learn(response, start);
    CHECK(one.patience() == 800ms);
    response.whole_time = 10s;
    one.learn(response, start);
    CHECK(one.patience() == 2s);
    CHECK(proven().patience() == 2s);
}

TEST_CASE("who is known to have got it wrong is tried again only after many clean responses")
{
    pipelining one;
    one.distrust();
    for (int i = 0; i != 100; ++i)
    {
        one.learn(clean(false), start);
        CHECK(one.depth(0) == 1);
    }
    CHECK_FALSE(one.goes_well());
    one.learn(clean(false), start);
    CHECK(one.depth(0) == 16);
}

TEST_CASE("whether it goes well is known once it has for long, or has gone wrong")
{
    pipelining one;
    one.learn(clean(false), start);
    CHECK_FALSE(one.goes_well());
    CHECK(proven().goes_well() == true);
    auto stopped = proven();
    stopped.give_up(); // which says nothing against the server
    CHECK(stopped.goes_well() == true);
    one.give_up();
    CHECK_FALSE(one.goes_well());
    one.doubt(start);
    CHECK(one.goes_well() == false);
    auto failed = proven();
    failed.fail();
    CHECK(failed.goes_well() == false);
    CHECK(failed.depth(0) == 1);
}
