#include "net/tls_server.hpp"

#include <boost/asio/read_until.hpp>

using namespace webseed;
using namespace webseed::test;

namespace {

using namespace std::string_literals;

// What a proxy hears and says by turns; after that the server speaks, who is the proxy itself.
struct turn
{
    std::string heard;
    std::string said;
};

struct journey
{
    error_code error;
    std::string detail{};
    std::string heard{}; // where the proxy heard something else than it should
    std::string greeting{};
    stream_facts facts{};
};

// The proxy's end: plays its part, and then a TLS server's if there is a context for one.
template <class Stream>
asio::awaitable<void> play(Stream& on, std::vector<turn> turns, asio::ssl::context* server, std::string& wrong)
{
    for (auto const& each : turns)
    {
        std::string got(each.heard.size(), '\0');
        co_await asio::async_read(on, asio::buffer(got), asio::use_awaitable);
        if (got != each.heard)
            wrong = got;
        co_await asio::async_write(on, asio::buffer(each.said), asio::use_awaitable);
    }
    if (server == nullptr)
    {
        co_await asio::async_write(on, asio::buffer("hello", 5), asio::use_awaitable);
        co_return;
    }
    asio::ssl::stream<Stream&> inner(on, *server);
    co_await inner.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await asio::async_write(inner, asio::buffer("hello", 5), asio::use_awaitable);
    co_await inner.async_shutdown(asio::use_awaitable);
}

// Shared by both ends, as the proxy's may go on when the other has seen enough.
struct stage
{
    stage(asio::any_io_executor const& executor, certificate_files const& files)
        : listener(listener_on(executor))
        , context(context_of(files))
    {}

    tcp::acceptor listener;
    asio::ssl::context context;
    std::string wrong; // what was heard instead of what should have been
};

asio::awaitable<void> serve(std::shared_ptr<stage> on, bool by_tls, bool for_tls, std::vector<turn> turns)
{
    auto* const server = for_tls ? &on->context : nullptr;
    while (true)
    {
        auto socket = co_await on->listener.async_accept(asio::use_awaitable);
        try
        {
            if (!by_tls)
            {
                co_await play(socket, turns, server, on->wrong);
                continue;
            }
            tls_socket outer(std::move(socket), on->context);
            co_await outer.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            co_await play(outer, turns, server, on->wrong);
        }
        catch (std::exception const&)
        {} // the client has gone
    }
}

struct trip
{
    std::string proxy; // scheme and login, to which "localhost:port" is added
    connect_request request;
    std::vector<turn> turns{};
    std::chrono::milliseconds timeout = std::chrono::hours(1);
    net::lookup_function ask = everybody_is_here;
};

asio::awaitable<journey> travel(tls_place const& place, trip plan)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const theirs = std::make_shared<stage>(executor, place.good);
    journey told;
    auto const is_https = plan.request.to.scheme == "https";
    in_background(executor, serve(theirs, plan.proxy.starts_with("https:"), is_https, plan.turns));
    auto options = place.options();
    options.proxy.all = plan.proxy + "localhost:" + std::to_string(theirs->listener.local_endpoint().port());
    auto const net = net::make_tcp_network(options, plan.ask);
    plan.request.connect_timeout = plan.timeout;
    auto made = co_await net->connect(plan.request, told.detail);
    if (!made)
        told.error = made.error();
    else
    {
        told.facts = (*made)->facts();
        if (!told.facts.proxy_authorization)
            told.greeting = co_await read_until_error(**made, told.error);
    }
    theirs->listener.close();
    told.heard = theirs->wrong;
    co_return told;
}

bool says(journey const& told, std::string const& words)
{
    return told.detail.find(words) != std::string::npos;
}

std::string const connect_head = "CONNECT localhost:4430 HTTP/1.1\r\nHost: localhost:4430\r\n";
std::string const granted = "HTTP/1.1 200 OK\r\n\r\n";
std::string const socks_granted = "\5\0\0\1\x7f\0\0\1\0\1"s;

std::string socks_name(std::string const& name)
{
    return "\5\1\0\3"s + static_cast<char>(name.size()) + name + "\0\x50"s;
}

} // namespace

TEST_CASE("for an http URL an HTTP proxy is connected to, and is to be asked for whole URLs")
{
    tls_place const place;
    for (std::string const scheme : {"http://", "https://"})
    {
        auto const plain = run(travel(place, {scheme, request_to("http", "far.example", 80)}));
        CHECK_FALSE(plain.error);
        CHECK(plain.facts.proxy_authorization == "");
        CHECK(plain.facts.tls == (scheme == "http://" ? "" : "TLSv1.3"));
        auto const known = run(travel(place, {scheme + "me:secret@", request_to("http", "far.example", 80)}));
        CHECK(known.facts.proxy_authorization == "Basic bWU6c2VjcmV0");
    }
}

TEST_CASE("for an https URL an HTTP proxy makes a tunnel, by TLS or not")
{
    tls_place const place;
    auto const request = request_to("https", "localhost", 4430);
    for (std::string const scheme : {"http://", "https://"})
    {
        CAPTURE(scheme);
        auto const plain = run(travel(place, {scheme, request, {{connect_head + "\r\n", granted}}}));
        CHECK(plain.greeting == "hello");
        CHECK(plain.heard.empty());
        CHECK(plain.facts.tls == "TLSv1.3");
        auto const head = connect_head + "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n";
        auto const slow = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 299\r\nContent-Length: 5\r\n\r\n";
        auto const known = run(travel(place, {scheme + "me:secret@", request, {{head, slow}}}));
        CHECK(known.greeting == "hello");
        CHECK(known.heard.empty());
    }
    // IPv6 addresses stand in brackets.
    auto const six = request_to("https", "::1", 4430);
    auto const head = "CONNECT [::1]:4430 HTTP/1.1\r\nHost: [::1]:4430\r\n\r\n"s;
    CHECK(run(travel(place, {"http://", six, {{head, granted}}})).greeting == "hello");
}

TEST_CASE("a proxy that makes no tunnel is blamed, without a word of its credentials")
{
    tls_place const place;
    struct row
    {
        std::string answer;
        error_code error;
        char const* words;
    };
    for (auto const& row : {
             row{"HTTP/1.1 407 Who?\r\n\r\n", errc::proxy_unauthorized, "status 407"},
             row{"HTTP/1.1 503 No\r\n\r\n", errc::proxy_failed, "status 503"},
             row{"HTTP/1.1 301 Moved\r\nLocation: http://a/\r\n\r\n", errc::proxy_failed, "status 301"},
             row{granted + "x", errc::proxy_failed, "sent bytes before"},
             row{"SSH-2.0-OpenSSH\r\n\r\n", errc::proxy_failed, "doesn't speak HTTP"},
             row{"HTTP/1.1 2x0 OK\r\n\r\n", errc::proxy_failed, "doesn't speak HTTP"},
             row{"HTTP/1.1 200 OK\r\nX: " + std::string(17000, 'x') + "\r\n\r\n", errc::proxy_failed, "too large"},
         })
    {
        CAPTURE(row.words);
        auto const head = connect_head + "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n";
        auto const request = request_to("https", "localhost", 4430);
        auto const told = run(travel(place, {"http://me:secret@", request, {{head, row.answer}}}));
        CHECK(told.error == row.error);
        CAPTURE(told.detail);
        CHECK(says(told, row.words));
        CHECK(says(told, "the proxy localhost:"));
        CHECK_FALSE(says(told, "secret"));
        CHECK_FALSE(says(told, "bWU6"));
    }
}

TEST_CASE("a proxy that is silent, isn't there, isn't known or not to be trusted fails the connection")
{
    tls_place const place;
    auto const request = request_to("https", "localhost", 4430);
    for (std::string const scheme : {"http://", "socks5h://"})
    {
        auto const silent =
            run(travel(place, {scheme, request, {{std::string(1000, 'x'), ""}}, std::chrono::milliseconds(40)}));
        CHECK(silent.error == errc::connect_timed_out);
        CHECK(says(silent, "silent"));
    }
    auto const unknown = run(travel(place, {"http://", request, {}, std::chrono::hours(1), [](std::string const&) {
                                                return net::lookup_answer{{}, "nobody knows it"};
                                            }}));
    CHECK(unknown.error == errc::proxy_failed);
    CHECK(says(unknown, "nobody knows it"));
    auto const elsewhere = [](tls_place const& at, std::string url, std::string scheme) -> asio::awaitable<journey> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = at.options();
        options.proxy.all =
            url.empty() ? "http://me:secret@localhost:" + std::to_string(nobody_on(executor).port()) : url;
        auto const net = net::make_tcp_network(options, everybody_is_here);
        journey told;
        auto const made = co_await net->connect(request_to(scheme, "localhost", 1), told.detail);
        told.error = made ? error_code() : made.error();
        co_return told;
    };
    auto const absent = run(elsewhere(place, "", "http"));
    CHECK(absent.error == errc::proxy_failed);
    CHECK(says(absent, "the proxy localhost:"));
    CHECK(says(absent, ": Connection refused: tried 127.0.0.1"));
    CHECK_FALSE(says(absent, "secret"));
    auto const odd = run(elsewhere(place, "gopher://me:secret@localhost", "http"));
    CHECK(odd.error == errc::proxy_failed);
    CHECK(says(odd, "not valid"));
    CHECK_FALSE(says(odd, "secret"));
}

TEST_CASE("a SOCKS proxy is given the name, or the address that it has here")
{
    tls_place const place;
    auto const http = request_to("http", "far.example", 80);
    auto const by_name = socks_name("far.example");
    auto const by_address = "\5\1\0\1\x7f\0\0\1\0\x50"s;
    auto const login = "\1\2me\6secret"s;
    struct row
    {
        std::string proxy;
        std::vector<turn> turns;
    };
    for (auto const& row : {
             row{"socks5h://", {{"\5\1\0"s, "\5\0"s}, {by_name, socks_granted}}},
             row{"socks5://", {{"\5\1\0"s, "\5\0"s}, {by_address, socks_granted}}},
             row{"socks5h://me:secret@", {{"\5\2\0\2"s, "\5\0"s}, {by_name, socks_granted}}},
             row{"socks5h://me:secret@", {{"\5\2\0\2"s, "\5\2"s}, {login, "\1\0"s}, {by_name, socks_granted}}},
             row{"socks5h://", {{"\5\1\0"s, "\5\0"s}, {by_name, "\5\0\0\3\4name\0\1"s}}},
             row{"socks5h://", {{"\5\1\0"s, "\5\0"s}, {by_name, "\5\0\0\4"s + std::string(18, 'x')}}},
         })
    {
        CAPTURE(row.proxy);
        auto const told = run(travel(place, {row.proxy, http, row.turns}));
        CHECK(told.heard.empty());
        CHECK(told.greeting == "hello"); // and not a byte of it was taken for the proxy's
        CHECK_FALSE(told.facts.proxy_authorization);
    }
    auto const https = request_to("https", "localhost", 80);
    auto const told =
        run(travel(place, {"socks5h://", https, {{"\5\1\0"s, "\5\0"s}, {socks_name("localhost"), socks_granted}}}));
    CHECK(told.greeting == "hello");
    CHECK(told.error == asio::error::eof);
}

TEST_CASE("a SOCKS proxy's refusals are told in words")
{
    tls_place const place;
    auto const http = request_to("http", "far.example", 80);
    turn const greeted{"\5\1\0"s, "\5\0"s};
    auto const answered = [&](std::string reply) {
        return std::vector<turn>{greeted, {socks_name("far.example"), reply}};
    };
    struct row
    {
        std::string proxy;
        std::vector<turn> turns;
        error_code error;
        char const* words;
    };
    for (auto const& row : {
             row{"socks5h://", answered("\5\2\0\1"s), errc::proxy_failed, "its rules"},
             row{"socks5h://", answered("\5\5\0\1"s), errc::proxy_failed, "refused"},
             row{"socks5h://", answered("\5\x63\0\1"s), errc::proxy_failed, "a reason of its own"},
             row{"socks5h://", answered("\4\0\0\1"s), errc::proxy_failed, "doesn't speak"},
             row{"socks5h://", answered("\5\0\0\7"s), errc::proxy_failed, "doesn't speak"},
             row{"socks5h://", {{"\5\1\0"s, "HT"}}, errc::proxy_failed, "doesn't speak"},
             row{"socks5h://", {{"\5\1\0"s, "\5\xff"s}}, errc::proxy_unauthorized, "another kind"},
             row{"socks5h://", {{"\5\1\0"s, "\5\2"s}}, errc::proxy_unauthorized, "another kind"},
             row{"socks5h://me:secret@",
                 {{"\5\2\0\2"s, "\5\2"s}, {"\1\2me\6secret"s, "\1\1"s}},
                 errc::proxy_unauthorized,
                 "the proxy refuses"},
             row{"socks5h://" + std::string(256, 'u') + "@", {}, errc::proxy_failed, "255"},
         })
    {
        CAPTURE(row.words);
        auto const told = run(travel(place, {row.proxy, http, row.turns}));
        CHECK(told.error == row.error);
        CAPTURE(told.detail);
        CHECK(says(told, row.words));
        CHECK_FALSE(says(told, "secret"));
    }
}

TEST_CASE("who may be reached is asked of a server's address, where it is known, and never of the proxy's")
{
    tls_place const place;
    struct row
    {
        char const* proxy;
        char const* host;
        std::vector<std::string> asked;
    };
    for (auto const& row : {
             row{"http://", "far.example", {}},
             row{"http://", "192.0.2.1", {"192.0.2.1"}},
             row{"http://", "127.1", {"127.0.0.1"}},
             row{"http://", "0xa9.0xfe.0xa9.0xfe.", {"169.254.169.254"}},
             row{"socks5h://", "2852039166.", {"169.254.169.254"}},
             row{"http://", "localhost", {"127.0.0.1"}},
             row{"http://", "LocalHost.", {"127.0.0.1"}},
             row{"socks5h://", "a.localhost", {"127.0.0.1"}},
             row{"http://", "localhost.example", {}},
             row{"socks5h://", "far.example", {}},
             row{"socks5h://", "2001:db8::1", {"2001:db8::1"}},
             row{"socks5://", "far.example", {"127.0.0.1"}},
         })
    {
        CAPTURE(row.proxy);
        CAPTURE(row.host);
        std::vector<std::string> asked;
        auto request = request_to("http", row.host, 80);
        request.may_reach = [&asked](asio::ip::address const& address) {
            asked.push_back(address.to_string());
            return false;
        };
        auto const told = run(travel(place, {row.proxy, request, {{"\5\1\0"s, "no"}}}));
        CHECK(asked == row.asked);
        CHECK((told.error == errc::address_refused) == !row.asked.empty());
    }
}
