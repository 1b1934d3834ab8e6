// Patterns that g++ 12 compiles wrongly in a coroutine, each marked with the name of the check that must find it, and
// patterns that are right, which no check may find. Never built: the test beside reads it.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#define CHECK(...) static_cast<void>(__VA_ARGS__)

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

struct aggregate
{
    std::string text;
    int number;
};

struct connection
{
    awaitable<bool> open(std::string name);
};

awaitable<int> take(std::string text);
awaitable<int> take_aggregate(aggregate value);
awaitable<int> take_vector(std::vector<std::string> values);
awaitable<std::string> give();
awaitable<std::tuple<int, std::string>> give_two();
template <class Function>
awaitable<int> call(Function function)
{
    co_return function();
}
int use(int first, int second);
template <class Function>
int use_function(int number, Function function)
{
    return number + static_cast<int>(function());
}
int use_aggregate(int number, aggregate value);
std::string make();

awaitable<void> wrong(bool which, connection* maybe, asio::any_io_executor executor)
{
    std::string const text = "text";
    co_await take(which ? text : make());                     // trap: choice
    int number = which ? co_await take(text) : 0;             // trap: choice
    bool const is_open = maybe && co_await maybe->open(text); // trap: choice
    if (which || co_await take(text))                         // trap: choice
        ++number;
    while (!is_open && co_await take(make()) != 0) // trap: choice
        ++number;
    co_await take(std::string(which || number, 'x'));     // trap: choice
    co_await call([text] { return text.size(); });        // trap: lambda
    co_await call([&] { return text.size(); });           // trap: lambda
    co_await call([copy = text] { return copy.size(); }); // trap: lambda
    co_await co_spawn(                                    // trap: lambda
        executor, [text] { return take(text); }, use_awaitable);
    co_await [text]() -> awaitable<void> { co_await take(text); }();            // trap: lambda
    number = use_function(co_await take(text), [text] { return text.size(); }); // trap: lambda
    co_await take_aggregate(aggregate{text, 1});                                // trap: braces
    co_await take_aggregate({text, 1});                                         // trap: braces
    co_await take_vector({text, text});                                         // trap: braces
    co_await take_vector(std::vector<std::string>{text});                       // trap: braces
    number = use_aggregate(co_await take(text), {text, 1});                     // trap: braces
    CHECK(co_await take(text));                                                 // trap: macro
    CHECK(number == co_await take(text));                                       // trap: macro
    auto inner = [text](bool choice) -> awaitable<void> {
        co_await take(choice ? text : make()); // trap: choice
    };
    co_await inner(which);
}

template <class Type>
struct box
{
    awaitable<void> wrong(bool which)
    {
        co_await take(which ? make() : std::string()); // trap: choice
    }
};
template struct box<int>;

awaitable<void> right(bool which, connection* maybe, asio::any_io_executor executor)
{
    std::string text = "text";
    if (which && maybe)
        text = make();
    co_await take(text);
    auto const number = co_await take(std::string(40, 'x') + text);
    auto const [first, second] = co_await give_two();
    auto const size = (co_await give()).size();
    if (co_await take(text) == number)
        co_await take(std::move(text));
    auto length = [text] { return static_cast<int>(text.size()); };
    co_await call(std::move(length));
    co_await call([] { return 1; });
    auto task = [text]() -> awaitable<int> {
        auto const given = co_await take(text);
        co_return given;
    };
    co_await asio::co_spawn(executor, task, use_awaitable);
    co_await asio::co_spawn(executor, take(text), use_awaitable);
    aggregate value{text, 1};
    co_await take_aggregate(std::move(value));
    std::vector<std::string> values{text, second};
    co_await take_vector(std::move(values));
    co_await (take(text) && take(text));
    auto sum = use(co_await take(text), first);
    sum += co_await take(text);
    CHECK(sum != 0 && size != 0, "http://host/ (and \"");
    asio::co_spawn(
        executor, [text]() -> awaitable<void> { co_await take(text); }, [text](std::exception_ptr) {});
}
