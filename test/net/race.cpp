#include "net/race.hpp"

#include "net/loopback.hpp"

#include <boost/asio/buffer.hpp>

using namespace webseed;
using namespace webseed::test;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

asio::ip::address at(char const* text)
{
    return asio::ip::make_address(text);
}

// A port that is taken at one address of 127/8, where it is silent, and open at others.
struct field
{
    explicit field(asio::any_io_executor executor)
        : silent(executor)
        , open(executor, tcp::endpoint(asio::ip::make_address_v4("127.0.0.2"), silent.where().port()))
    {}

    full_listener silent; // at 127.0.0.1
    tcp::acceptor open;   // at 127.0.0.2; nobody is at 127.0.0.3
};

net::race course_to(net::address_list addresses, std::uint16_t port)
{
    net::race course;
    course.addresses = std::move(addresses);
    course.port = port;
    course.attempt_delay = hours(1);
    course.deadline = far();
    return course;
}

struct outcome
{
    error_code error;
    std::string address{}; // of the winner
    std::string detail{};
};

asio::awaitable<outcome> race(net::race course)
{
    outcome told;
    auto const winner = co_await net::run_race(std::move(course), told.detail);
    if (winner)
        told.address = winner->remote_endpoint().address().to_string();
    else
        told.error = winner.error();
    co_return told;
}

asio::awaitable<error_code> race_error(net::race course)
{
    auto const told = co_await race(std::move(course));
    co_return told.error;
}

} // namespace

TEST_CASE("an address that is silent is overtaken by the next after a while")
{
    asio::io_context context{1};
    field const ground(context.get_executor());
    auto course = course_to({at("127.0.0.1"), at("127.0.0.2")}, ground.silent.where().port());
    course.attempt_delay = milliseconds(20);
    auto const told = run(race(std::move(course)));
    CHECK(told.address == "127.0.0.2");
    CHECK(told.detail.empty());
}

TEST_CASE("an address that refuses is followed by the next at once")
{
    asio::io_context context{1};
    field const ground(context.get_executor());
    auto const told = run(race(course_to({at("127.0.0.3"), at("127.0.0.2")}, ground.silent.where().port())));
    CHECK(told.address == "127.0.0.2");
}

TEST_CASE("one that refuses makes the next due while another is still silent")
{
    asio::io_context context{1};
    field const ground(context.get_executor());
    auto course = course_to({at("127.0.0.1"), at("127.0.0.3"), at("127.0.0.2")}, ground.silent.where().port());
    course.attempt_delay = milliseconds(20);
    CHECK(run(race(std::move(course))).address == "127.0.0.2");
}

TEST_CASE("if no address answers, those that were tried are told")
{
    asio::io_context context{1};
    field const ground(context.get_executor());
    auto const port = ground.silent.where().port();
    auto const refused = run(race(course_to({at("127.0.0.3"), at("127.0.0.4")}, port)));
    CHECK(refused.error == asio::error::connection_refused);
    CHECK(refused.detail == "tried 127.0.0.3, 127.0.0.4");
    for (auto const deadline : {soon(), std::chrono::steady_clock::now() - hours(1)})
    {
        auto course = course_to({at("127.0.0.1"), at("127.0.0.3")}, port);
        course.deadline = deadline;
        auto const late = run(race(std::move(course)));
        CHECK(late.error == errc::connect_timed_out);
        CHECK(late.detail == "tried 127.0.0.1");
    }
}

TEST_CASE("an address that may not be reached is asked about and passed over")
{
    asio::io_context context{1};
    field const ground(context.get_executor());
    auto const port = ground.silent.where().port();
    std::vector<std::string> asked;
    auto course = course_to({at("127.0.0.1"), at("127.0.0.2"), at("127.0.0.3")}, port);
    course.may_reach = [&asked](asio::ip::address const& address) {
        asked.push_back(address.to_string());
        return asked.size() != 1;
    };
    CHECK(run(race(course)).address == "127.0.0.2");
    CHECK(asked == std::vector<std::string>{"127.0.0.1", "127.0.0.2"}); // and no further than needed
    course.may_reach = [](asio::ip::address const&) { return false; };
    auto const told = run(race(course));
    CHECK(told.error == errc::address_refused);
    CHECK(told.detail == "127.0.0.1, 127.0.0.2, 127.0.0.3 may not be reached");
    course.may_reach = [](asio::ip::address const&) -> bool { throw std::runtime_error("policy"); };
    CHECK_THROWS_WITH(run(race(course)), "policy");
}

TEST_CASE("a race can be cancelled, and its context destroyed")
{
    {
        asio::io_context context{1};
        full_listener const listener(context.get_executor());
        auto const course = course_to({at("127.0.0.1")}, listener.where().port());
        CHECK(cancelled(context, race_error(course)) == asio::error::operation_aborted);
        context.run(); // nothing waits for a deadline that is an hour away
    }
    auto context = std::make_unique<asio::io_context>(1);
    full_listener const listener(context->get_executor());
    auto const course = course_to({at("127.0.0.1")}, listener.where().port());
    asio::co_spawn(*context, race_error(course), [](std::exception_ptr, error_code) {});
    context->poll();
}
