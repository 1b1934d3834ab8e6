#include "net/resolver.hpp"

#include "net/loopback.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

using namespace webseed;
using namespace webseed::test;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers what it is told to, except for names that hang until they are let go.
class names
{
public:
    void set(std::string const& name, std::vector<std::string> const& addresses)
    {
        net::lookup_answer answer;
        for (auto const& each : addresses)
            answer.addresses.push_back(asio::ip::make_address(each));
        std::scoped_lock const lock(mutex_);
        answers_[name] = std::move(answer);
    }
    void hang(std::string const& name)
    {
        std::scoped_lock const lock(mutex_);
        hanging_.push_back(name);
    }
    void let_go()
    {
        std::scoped_lock const lock(mutex_);
        hanging_.clear();
        changed_.notify_all();
    }
    void wait_until_asked(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return asked_.size() >= count; });
    }
    std::vector<std::string> asked() const
    {
        std::scoped_lock const lock(mutex_);
        return asked_;
    }
    net::lookup_function function()
    {
        return [this](std::string const& name) {
            std::unique_lock lock(mutex_);
            asked_.push_back(name);
            changed_.notify_all();
            changed_.wait(lock, [&] { return std::find(hanging_.begin(), hanging_.end(), name) == hanging_.end(); });
            if (name == "thrown.example")
                throw std::runtime_error("no");
            return answers_[name];
        };
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, net::lookup_answer> answers_;
    std::vector<std::string> hanging_;
    std::vector<std::string> asked_;
};

struct told
{
    error_code error;
    std::vector<std::string> addresses;
    std::string detail;
};

asio::awaitable<told> resolve(net::resolver& by, std::string name, time_point deadline)
{
    told outcome;
    auto const found = co_await by.resolve(std::move(name), deadline, outcome.detail);
    if (!found)
        outcome.error = found.error();
    else
        for (auto const& each : *found)
            outcome.addresses.push_back(each.to_string());
    co_return outcome;
}

asio::awaitable<error_code> resolve_error(net::resolver& by, std::string name)
{
    auto const outcome = co_await resolve(by, std::move(name), far());
    co_return outcome.error;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("addresses are their own in every form, without a question")
{
    names world;
    net::resolver resolver({}, world.function());
    struct row
    {
        char const* host;
        char const* address;
    };
    for (auto const& row :
         {row{"192.0.2.1", "192.0.2.1"}, row{"::1", "::1"}, row{"2001:DB8:0::1", "2001:db8::1"},
          row{"::ffff:127.0.0.1", "::ffff:127.0.0.1"}, row{"127.1", "127.0.0.1"}, row{"0x7f000001", "127.0.0.1"},
          row{"2130706433", "127.0.0.1"}, row{"0177.0.0.1", "127.0.0.1"}})
    {
        CAPTURE(row.host);
        auto const outcome = run(resolve(resolver, row.host, std::chrono::steady_clock::now() - hours(1)));
        CHECK(outcome.addresses == texts{row.address});
    }
    CHECK(world.asked().empty());
    network_options only_ipv4;
    only_ipv4.family = address_family::ipv4;
    net::resolver narrow(only_ipv4, world.function());
    CHECK(run(resolve(narrow, "::1", far())).error == errc::resolve_failed);
}

TEST_CASE("IPv6 and IPv4 take turns; each once, so many at most, and of the family asked for")
{
    names world;
    world.set("a.example", {"192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3", "2001:db8::1", "2001:db8::2"});
    struct row
    {
        address_family family;
        std::size_t count_max;
        texts expected;
    };
    for (auto const& row : {
             row{address_family::any, 8, {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"}},
             row{address_family::any, 3, {"2001:db8::1", "192.0.2.1", "2001:db8::2"}},
             row{address_family::ipv4, 2, {"192.0.2.1", "192.0.2.2"}},
             row{address_family::ipv6, 8, {"2001:db8::1", "2001:db8::2"}},
         })
    {
        network_options options;
        options.family = row.family;
        options.address_count_max = row.count_max;
        net::resolver resolver(options, world.function());
        CHECK(run(resolve(resolver, "a.example", far())).addresses == row.expected);
    }
    texts thousand;
    for (int i = 0; i != 1000; ++i)
        thousand.push_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    world.set("many.example", thousand);
    net::resolver resolver({}, world.function());
    CHECK(run(resolve(resolver, "many.example", far())).addresses.size() == 8);
}

TEST_CASE("an answer holds for its time, whether there was an address or none")
{
    names world;
    auto now = time_point(hours(1000));
    network_options options;
    options.resolved_time = seconds(60);
    options.unresolved_time = seconds(5);
    net::resolver resolver(options, world.function(), [&now] { return now; });
    world.set("a.example", {"192.0.2.1"});
    auto const first = [&](char const* name) {
        auto const outcome = run(resolve(resolver, name, far()));
        return outcome.error ? outcome.error.message() : outcome.addresses.front();
    };
    CHECK(first("a.example") == "192.0.2.1");
    world.set("a.example", {"192.0.2.2"});
    now += milliseconds(59999);
    CHECK(first("A.Example") == "192.0.2.1");
    now += milliseconds(1);
    CHECK(first("a.example") == "192.0.2.2");
    CHECK(world.asked() == texts{"a.example", "a.example"});

    CHECK(first("none.example") == make_error_code(errc::resolve_failed).message());
    world.set("none.example", {"192.0.2.3"});
    now += milliseconds(4999);
    CHECK(first("none.example") == make_error_code(errc::resolve_failed).message());
    now += milliseconds(1);
    CHECK(first("none.example") == "192.0.2.3");
    CHECK(first("thrown.example") == make_error_code(errc::resolve_failed).message());
}

TEST_CASE("only so many names are remembered")
{
    names world;
    net::resolver resolver({}, world.function());
    auto const count = net::resolver::name_count_max;
    auto ask_all = [](net::resolver& by, std::size_t up_to) -> asio::awaitable<void> {
        for (std::size_t i = 0; i != up_to; ++i)
        {
            auto name = "n" + std::to_string(i);
            co_await resolve_error(by, std::move(name));
        }
    };
    run(ask_all(resolver, count + 1));
    CHECK(world.asked().size() == count + 1);
    run(resolve_error(resolver, "n" + std::to_string(count)));
    CHECK(world.asked().size() == count + 1); // known
    run(resolve_error(resolver, "n0"));
    CHECK(world.asked().size() == count + 2); // forgotten
}

TEST_CASE("all who ask for a name at the same time share one lookup, and a name that hangs holds up no other")
{
    names world;
    world.set("slow.example", {"192.0.2.1"});
    world.set("quick.example", {"192.0.2.2"});
    world.hang("slow.example");
    net::resolver resolver({}, world.function());
    asio::io_context context{1};
    int count = 0;
    auto keep = [&count](std::exception_ptr, told const& outcome) { count += outcome.addresses == texts{"192.0.2.1"}; };
    for (int i = 0; i != 5; ++i)
        asio::co_spawn(context, resolve(resolver, "slow.example", far()), keep);
    context.poll();
    world.wait_until_asked(1);
    CHECK(run(resolve(resolver, "quick.example", far())).addresses == texts{"192.0.2.2"});
    CHECK(run(resolve(resolver, "slow.example", soon())).error == errc::resolve_timed_out);
    CHECK(count == 0);
    world.let_go();
    context.restart();
    context.run();
    CHECK(count == 5);
    CHECK(world.asked() == texts{"slow.example", "quick.example"});
}

TEST_CASE("there are no more threads than allowed, and a lookup that nobody wants any more isn't begun")
{
    names world;
    world.set("first.example", {"192.0.2.1"});
    world.hang("first.example");
    network_options options;
    options.resolver_thread_count_max = 0; // means one
    net::resolver resolver(options, world.function());
    asio::io_context context{1};
    asio::co_spawn(context, resolve(resolver, "first.example", far()), [](std::exception_ptr, told const&) {});
    context.poll();
    world.wait_until_asked(1);
    CHECK(run(resolve(resolver, "second.example", soon())).error == errc::resolve_timed_out);
    CHECK(cancelled(context, resolve_error(resolver, "third.example")) == asio::error::operation_aborted);
    world.let_go();
    context.restart();
    context.run();
    CHECK(run(resolve(resolver, "first.example", far())).addresses == texts{"192.0.2.1"});
    CHECK(world.asked() == texts{"first.example"});
}

TEST_CASE("a resolver and a context may be destroyed while names hang")
{
    names world;
    world.hang("hanging.example");
    {
        net::resolver resolver({}, world.function());
        {
            asio::io_context context{1};
            asio::co_spawn(context, resolve_error(resolver, "hanging.example"), [](std::exception_ptr, error_code) {});
            context.poll();
            world.wait_until_asked(1);
        }
        world.let_go();
    }
    world.hang("hanging.example");
    asio::io_context context{1};
    std::optional<error_code> outcome;
    auto resolver = std::make_unique<net::resolver>(network_options(), world.function());
    auto keep = [&outcome](std::exception_ptr, error_code error) { outcome = error; };
    asio::co_spawn(context, resolve_error(*resolver, "hanging.example"), keep);
    context.poll();
    world.wait_until_asked(2);
    std::thread closing([&resolver] { resolver.reset(); });
    world.let_go();
    closing.join();
    context.restart();
    context.run();
    CHECK(outcome == errc::resolve_failed);
}

TEST_CASE("the system knows localhost, and that nobody can have some names")
{
    net::resolver resolver({}, net::look_up);
    auto const here = run(resolve(resolver, "localhost", far()));
    REQUIRE_FALSE(here.addresses.empty());
    for (auto const& each : here.addresses)
        CHECK(asio::ip::make_address(each).is_loopback());
    for (auto const& name :
         {std::string(64, 'a') + ".invalid", std::string("a..invalid"), std::string(300, 'a'),
          std::string("localhost\0x", 11), std::string()})
    {
        CAPTURE(name);
        auto const outcome = run(resolve(resolver, name, far()));
        CHECK(outcome.error == errc::resolve_failed);
        CHECK_FALSE(outcome.detail.empty());
    }
}
