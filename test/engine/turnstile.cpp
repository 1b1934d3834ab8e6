// Who is let in where there is room for so many, and who is called when somebody leaves.
#include "engine/turnstile.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <array>
#include <memory>

namespace asio = boost::asio;
using namespace webseed;

namespace {

struct passer
{
    bool enters(core::turnstile& at, int const& of) { return at.enter(link, &of); }
    bool was_woken()
    {
        context.restart();
        return context.poll() != 0;
    }

    asio::io_context context{1};
    std::shared_ptr<core::requester_link> link = std::make_shared<core::requester_link>(context.get_executor());
};

int const one = 1, other = 2, third = 3; // downloads

} // namespace

TEST_CASE("as many are in as there is room for, and the place of who leaves is kept for who is called")
{
    core::turnstile at(2, false);
    passer a, b, c, d;
    CHECK(a.enters(at, one));
    CHECK(b.enters(at, one));
    CHECK_FALSE(c.enters(at, one));
    CHECK_FALSE(c.enters(at, one)); // still in line, once
    CHECK_FALSE(d.enters(at, one));
    CHECK(at.count() == 2);
    at.leave(&one);
    CHECK(c.was_woken());
    CHECK_FALSE(d.was_woken());
    CHECK_FALSE(a.enters(at, one)); // quicker, but it isn't its turn
    CHECK(c.enters(at, one));
    CHECK(at.count() == 2);
    at.leave(&one);
    CHECK(d.was_woken());
    at.leave(&one);
    CHECK(a.was_woken());
    at.abandon(d.link, &one);
    at.abandon(a.link, &one);
    CHECK(at.count() == 0);
}

TEST_CASE("who is called and doesn't come makes room for the next one, and who leaves the line isn't called")
{
    core::turnstile at(1, false);
    passer a, b, c, d;
    CHECK(a.enters(at, one));
    for (auto* const each : {&b, &c, &d})
        CHECK_FALSE(each->enters(at, other));
    at.abandon(c.link, &other);
    at.leave(&one);
    CHECK(b.was_woken());
    at.abandon(b.link, &other);
    CHECK_FALSE(c.was_woken());
    CHECK(d.was_woken());
    CHECK(d.enters(at, other));
    at.abandon(d.link, &other); // it is in: without effect
    CHECK(at.count() == 1);
    at.leave(&other);
    CHECK(at.count() == 0);
}

TEST_CASE("those of the download come first that has the fewest inside")
{
    core::turnstile at(3, false);
    passer a, b, c, d, e, f;
    for (auto* const each : {&a, &b, &c})
        CHECK(each->enters(at, one));
    CHECK_FALSE(d.enters(at, one));
    CHECK_FALSE(e.enters(at, other));
    CHECK_FALSE(f.enters(at, other));
    at.leave(&one);
    CHECK(e.was_woken());
    at.leave(&one); // one of each is in now
    at.leave(&one);
    CHECK(d.was_woken());
    CHECK(f.was_woken());
}

TEST_CASE("where room is kept, no download has more than is left to the others, and each gets something")
{
    core::turnstile at(8, true);
    std::array<passer, 8> all;
    auto count = 0;
    for (auto& each : all)
        count += each.enters(at, one) ? 1 : 0;
    CHECK(count == 4);
    passer a, b, c;
    CHECK(a.enters(at, other));
    CHECK(b.enters(at, other));
    CHECK_FALSE(c.enters(at, other));
    CHECK(c.enters(at, third));
    at.leave(&one);
    at.leave(&one);
    CHECK(all[4].was_woken()); // by its download's share: 2 of 8, of which 4 are free
}

TEST_CASE("who can't wait is let in on top")
{
    core::turnstile at(1, false);
    passer a;
    at.force(nullptr);
    at.force(nullptr);
    CHECK(at.count() == 2);
    CHECK_FALSE(a.enters(at, one));
    at.leave(nullptr);
    CHECK_FALSE(a.was_woken());
    at.leave(nullptr);
    CHECK(a.was_woken());
    CHECK(a.enters(at, one));
    core::turnstile open(0, true);
    CHECK(a.enters(open, one));
    CHECK(open.count() == 1);
}
