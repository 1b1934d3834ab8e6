#include "http/inbox.hpp"

#include "http/fetching.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace webseed;
using webseed::http::inbox;
using webseed::test::counting_lender;

namespace {

struct fixture
{
    void come(std::string_view text)
    {
        auto const room = in.room();
        REQUIRE(text.size() <= room.size());
        std::ranges::copy(std::as_bytes(std::span(text)), room.begin());
        in.add(text.size());
    }
    void open() { in.open(lender.borrow()); }
    std::string unread() const
    {
        auto const bytes = in.unread();
        return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }

    counting_lender lender;
    inbox in{lender};
};

} // namespace

TEST_CASE("what has come stays where it is until it is used, and more comes behind it")
{
    fixture f;
    CHECK_FALSE(f.in.is_open());
    CHECK(f.in.empty());
    f.open();
    CHECK(f.in.is_open());
    f.come("head body");
    auto const* const begin = f.in.unread().data();
    f.in.use(5);
    CHECK(f.unread() == "body");
    CHECK(f.in.unread().data() == begin + 5);
    f.come(" and next");
    CHECK(f.unread() == "body and next");
    f.in.use(13);
    CHECK(f.in.empty());
    CHECK(f.in.is_open());
}

TEST_CASE("however much was used before, there is room for a whole buffer but for what is unread")
{
    fixture f;
    f.open();
    auto const size = f.in.room().size();
    f.come(std::string(size, 'x'));
    CHECK(f.in.room().empty());
    f.in.use(size - 3);
    CHECK(f.in.room().size() == size - 3);
    CHECK(f.unread() == "xxx");
}

TEST_CASE("an inbox that is shut holds no buffer, and forgets nothing")
{
    fixture f;
    f.open();
    f.come("HTTP/1.1 2");
    f.in.use(5);
    f.in.shut();
    CHECK(f.lender.lent() == 0);
    CHECK(f.unread() == "1.1 2");
    f.in.use(2);
    CHECK(f.unread() == "1 2");
    f.open();
    f.come("06");
    CHECK(f.unread() == "1 206");
    CHECK(f.lender.lent() == 1);
}

TEST_CASE("what is cleared, moved or gone holds nothing")
{
    counting_lender lender;
    {
        fixture f;
        f.open();
        f.come("x");
        f.in.clear();
        CHECK(f.lender.lent() == 0);
        CHECK(f.in.empty());
        f.in.clear();
    }
    {
        inbox first(lender);
        first.open(lender.borrow());
        inbox const second(std::move(first));
        CHECK(second.is_open());
        CHECK_FALSE(first.is_open());
        CHECK(lender.lent() == 1);
    }
    CHECK(lender.lent() == 0);
}
