// Loading torrents through the public face, in the scripted world.
#include "support/content.hpp"
#include "support/world.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

engine_options options_in(world& outside)
{
    engine_options made;
    made.worker_executor = outside.context.get_executor();
    made.net = outside.net;
    made.time = outside.time;
    return made;
}

std::string torrent_file(std::string const& name = "f")
{
    auto const info = dictionary_of({
        {"length", encoded(20)},
        {"name", encoded(name)},
        {"piece length", encoded(16)},
        {"pieces", encoded(hashes_of(letters(20), 16))},
    });
    return dictionary_of({{"info", info}, {"url-list", encoded("http://own/f")}});
}

server sending(std::string text)
{
    return [text = std::move(text)](request const&) { return std::vector<step>{send_bytes{text}}; };
}

server sending_file(std::string const& file)
{
    return sending(response("200 OK", "", file));
}

struct fixture
{
    fixture() { outside.net->serve("good", sending_file(file)); }
    ~fixture() { CHECK(outside.net->live_streams() == 0); }

    /// Starts to load, without running anything yet.
    void start(std::string const& source)
    {
        result.reset();
        loaded = {};
        cause = {};
        auto complete = [this](error_code error, loaded_torrent brought) {
            result = error;
            loaded = std::move(brought);
        };
        on->async_load(source, options, &cause, asio::bind_cancellation_slot(signal.slot(), complete));
    }

    /// Loads, and returns how it ended.
    error_code load(std::string const& source)
    {
        start(source);
        outside.run([this] { return result.has_value(); });
        outside.settle();
        REQUIRE(result);
        CHECK(loaded.torrent.has_value() == !*result);
        CHECK(cause.message.empty() == !*result);
        CAPTURE(cause.message);
        return *result;
    }

    std::string link(std::string const& more) const { return "magnet:?xt=urn:btih:" + hash + "&so=0-3,7&" + more; }

    world outside;
    std::string file = torrent_file();
    std::string hash = to_hex(*metainfo::parse(bytes_of(file))->infohash_v1());
    load_options options;
    std::optional<engine> on{std::in_place, outside.context.get_executor(), options_in(outside)};
    asio::cancellation_signal signal;
    std::optional<error_code> result;
    loaded_torrent loaded;
    diagnostics cause;
};

} // namespace

TEST_CASE("the torrent that a URL names is loaded as a whole, with one request")
{
    fixture f;
    CHECK(f.load("http://good/a%20b.torrent?key=1#part") == error_code());
    CHECK(to_hex(*f.loaded.torrent->infohash_v1()) == f.hash);
    CHECK(f.loaded.torrent->web_seeds()[0] == "http://own/f");
    CHECK(f.loaded.mirrors.empty());
    CHECK(f.loaded.selection.empty());
    CHECK(f.outside.net->log() == strings{"good /a%20b.torrent?key=1 "});
}

TEST_CASE("the torrent of a magnet link is loaded from its exact source, with what else the link says")
{
    fixture f;
    CHECK(f.load(f.link("xs=http://good/t&ws=http://w/f&ws=https://v/f&ws=ftp://u/f")) == error_code());
    CHECK(to_hex(*f.loaded.torrent->infohash_v1()) == f.hash);
    CHECK(f.loaded.mirrors == strings{"http://w/f", "https://v/f"});
    CHECK(f.loaded.selection == std::vector<file_range>{{0, 4}, {7, 8}});
    CHECK(f.loaded.warnings.size() == 1);
}

TEST_CASE("sources are asked in order, exact ones first, until one has the torrent")
{
    fixture f;
    f.outside.net->serve("none", sending(response("404 Not Found", "", "")));
    f.outside.net->serve("other", sending_file(torrent_file("g")));
    CHECK(
        f.load(f.link("as=http://none/1&as=http://good/2&as=http://good/3&xs=http://other/4&xs=http://none/5")) ==
        error_code());
    CHECK(f.outside.net->log() == strings{"other /4 ", "none /5 ", "none /1 ", "good /2 "});
}

TEST_CASE("acceptable sources become mirrors unless they are torrents, or have not answered")
{
    fixture f;
    f.outside.net->serve("content", sending_file("some content"));
    f.outside.net->serve("directory", sending(response("403 Forbidden", "", "")));
    f.outside.net->serve("other", sending_file(torrent_file("g")));
    CHECK(
        f.load(f.link("ws=http://w/&as=http://content/f&as=http://other/f&as=http://away/f&as=http://directory/"
                      "&as=http://good/t&as=http://later/f&as=http://later/f.Torrent?x")) == error_code());
    CHECK(f.loaded.mirrors == strings{"http://w/", "http://content/f", "http://directory/", "http://later/f"});

    CHECK(f.load(f.link("xs=http://good/t&as=http://later/f&as=http://later/f.torrent")) == error_code());
    CHECK(f.loaded.mirrors == strings{"http://later/f"});
}

TEST_CASE("a torrent is taken only if it has all info-hashes that the link gives")
{
    fixture f;
    auto const v2 = std::string(64, 'a');
    auto const mismatch = error_code(errc::infohash_mismatch);
    CHECK(f.load("magnet:?xt=urn:btmh:1220" + v2 + "&xs=http://good/t") == mismatch);
    CHECK(f.load(f.link("xt=urn:btmh:1220" + v2 + "&xs=http://good/t")) == mismatch);
    CHECK(f.load("magnet:?xt=urn:btih:" + std::string(40, 'a') + "&xs=http://good/t") == mismatch);
    CHECK(f.cause.message == "http://good/t: another torrent than the magnet link's, with the info-hash " + f.hash);
    CHECK(f.cause.url == "http://good/t");
    CHECK(f.load(f.link("xs=http://good/t")) == error_code());
}

TEST_CASE("a source that fails is told with its URL and what it did")
{
    struct row
    {
        server answers;
        error_code error;
        char const* what;
    };
    auto const broken_file = [](request const&) {
        return std::vector<step>{send_bytes{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd4:info"}, end_stream{}};
    };
    row const rows[] = {
        {sending(response("404 Not Found", "", "")), errc::not_found, "status 404, the server has no such file"},
        {sending(response("401 Unauthorized", "", "")), errc::unauthorized, "status 401, "},
        {sending(response("503 Busy", "Retry-After: 1\r\n", "")), errc::overloaded, "status 503, "},
        {sending(response("302 Found", "", "")), errc::redirect_refused, "status 302, "},
        {sending(response("302 Found", "Location: /t\r\n", "")), errc::redirect_limit, "status 302, "},
        {sending("SSH-2.0-OpenSSH\r\n"), errc::response_invalid, "the response is not valid HTTP"},
        {sending_file("<html>"), errc::bencode_invalid, "the bytes are not a bencoded dictionary"},
        {sending_file("de"), errc::torrent_invalid, "info"},
        {sending_file("d4:info"), errc::bencode_invalid, "byte"},
        {sending_file(""), errc::bencode_invalid, "byte 0"},
        {sending_file("d" + std::string(5000, 'x')), errc::document_too_large, "too large"},
        {sending("HTTP/1.1 200 OK\r\n\r\nd" + std::string(5000, 'x')), errc::document_too_large, "too large"},
        {broken_file, errc::body_truncated, "ended too early"},
    };
    for (auto const& row : rows)
    {
        fixture f;
        f.options.torrent.size_max = 4096;
        f.outside.net->serve("bad", row.answers);
        for (auto const& source : strings{"http://me:secret@bad/t", "http://bad/t", f.link("xs=http://bad/t")})
        {
            auto const error = f.load(source);
            CAPTURE(f.cause.message);
            CHECK(error == row.error);
            CHECK(f.cause.message.starts_with("http://bad/t: "));
            CHECK(f.cause.message.find(row.what) != std::string::npos);
            CHECK(f.cause.url == "http://bad/t");
            CHECK(f.cause.message.find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("a source may be elsewhere, but a magnet link leads to nothing that isn't public")
{
    fixture f;
    f.outside.net->serve("bad", sending(response("302 Found", "Location: http://good/t\r\n", "")));
    CHECK_FALSE(f.load("http://bad/t"));
    CHECK_FALSE(f.load(f.link("xs=http://bad/t")));
    f.outside.net->locate("good", [] { return asio::ip::make_address("10.0.0.1"); });
    CHECK(f.load("http://bad/t") == errc::address_refused);
    CHECK(f.load(f.link("xs=http://good/t")) == errc::address_refused);
    CHECK_FALSE(f.load("http://good/t"));
}

TEST_CASE("a source that can't be reached, or is too slow, is given up in time")
{
    auto const dripping = [](std::string const& file) {
        return [file](request const&) {
            std::vector<step> steps{send_bytes{"HTTP/1.1 200 OK\r\n\r\n"}};
            for (auto const c : file)
            {
                steps.push_back(pause_for{1s});
                steps.push_back(send_bytes{std::string(1, c)});
            }
            return steps;
        };
    };
    struct row
    {
        char const* host;
        error_code error;
        duration most;
    };
    row const rows[] = {
        {"away", errc::resolve_failed, 0s},
        {"refusing", asio::error::connection_refused, 2s},
        {"swallowing", errc::connect_timed_out, 20s},
        {"silent", errc::head_timed_out, 30s},
        {"stalling", errc::stalled, 20s},
        {"dripping", errc::stalled, 31s},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.host);
        fixture f;
        f.outside.net->refuse("refusing", asio::error::connection_refused);
        f.outside.net->swallow("swallowing");
        f.outside.net->serve("silent", [](request const&) { return std::vector<step>(); });
        f.outside.net->serve("stalling", sending("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nd"));
        f.outside.net->serve("dripping", dripping("d" + std::string(1000, '0')));
        f.options.source_timeout = 30s;
        if (row.host == std::string("dripping"))
            f.options.stall_size_min = 1;
        auto const begin = f.outside.time->now();
        CHECK(f.load("http://" + std::string(row.host) + "/t") == row.error);
        CHECK(f.outside.time->now() - begin <= row.most);
    }
}

TEST_CASE("a source that is busy or breaks off is asked again, up to three times in all, when it says or soon")
{
    auto const busy = [](std::string const& fields) { return sending(response("503 Busy", fields, "")); };
    auto const reset = [](request const&) { return std::vector<step>{reset_stream{}}; };
    struct row
    {
        server answers;
        int bad_count;
        int requests;
        duration took;
        error_code error;
    };
    row const rows[] = {
        {busy(""), 1, 2, 500ms, {}},
        {busy(""), 2, 3, 2s, {}},
        {busy(""), 3, 3, 2s, errc::overloaded},
        {busy("Retry-After: 7\r\n"), 2, 3, 14s, {}},
        {busy("Retry-After: 0\r\n"), 1, 2, 500ms, {}},
        {busy("Retry-After: 29\r\n"), 1, 2, 29s, {}},
        {busy("Retry-After: 30\r\n"), 1, 1, 0s, errc::overloaded}, // its time would be up
        {sending(response("429 Slow down", "", "")), 1, 2, 500ms, {}},
        {reset, 2, 3, 2s, {}},
        {reset, 3, 3, 2s, asio::error::connection_reset},
        {sending(response("404 No", "", "")), 1, 1, 0s, errc::not_found},
        {sending(response("500 Oh", "", "")), 1, 1, 0s, errc::status_unexpected},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.requests);
        CAPTURE(row.took);
        fixture f;
        f.options.source_timeout = 30s;
        auto requests = 0;
        f.outside.net->serve("moody", [&](request const& asked) {
            return ++requests <= row.bad_count ? row.answers(asked) : sending_file(f.file)(asked);
        });
        auto const begin = f.outside.time->now();
        CHECK(f.load("http://moody/t") == row.error);
        CHECK(requests == row.requests);
        CHECK(f.outside.time->now() - begin == row.took);
    }
    fixture f;
    f.outside.net->refuse("refusing", asio::error::connection_refused);
    CHECK_FALSE(f.load(f.link("xs=http://refusing/t&xs=http://good/t")));
    CHECK(f.outside.net->connects() == 4);
}

TEST_CASE("what isn't spoken here is never asked, and told")
{
    fixture f;
    for (auto const& source : strings{"ftp://good/t", "gopher://good/t"})
    {
        CHECK(f.load(source) == errc::scheme_unsupported);
        CHECK(f.cause.message.ends_with("://good/t: the scheme of the URL is not supported"));
    }
    CHECK(f.load("http://") == errc::url_invalid);
    CHECK(f.load("http://good/" + std::string(10000, 'x')) == errc::url_invalid);
    CHECK(f.outside.net->connects() == 0);
}

TEST_CASE("a link without a source fails at once, and so does one that is none")
{
    fixture f;
    for (auto const& source : strings{f.link(""), f.hash, f.link("xs=urn:sha1:x&as=ftp://f/&ws=http://good/f")})
    {
        CHECK(f.load(source) == errc::no_source);
        CHECK(f.cause.message.find("source") != std::string::npos);
    }
    for (auto const& source : strings{"", "nonsense", "magnet:?dn=x", f.link("xs=nonsense")})
    {
        CHECK(f.load(source) == errc::magnet_invalid);
        CHECK(f.cause.message.starts_with("the magnet link"));
    }
    CHECK(f.outside.net->connects() == 0);
}

TEST_CASE("when all sources fail, each is told, and the first that could be asked gives the error")
{
    fixture f;
    f.outside.net->serve("none", sending(response("404 Not Found", "", "")));
    CHECK(f.load(f.link("xs=http://a:0/&xs=http://none/b&as=http://away/c")) == errc::not_found);
    CHECK(
        f.cause.message == "no source has the torrent: http://a:0/: the URL is not valid; "
                           "http://none/b: status 404, the server has no such file; "
                           "http://away/c: the name of the host could not be resolved");
    CHECK(f.cause.url == "http://none/b");
    CHECK(f.cause.http_status == 404);

    auto many = f.link("");
    for (auto i = 0; i != 32; ++i)
        many += (i % 2 ? "&xs=http://away/" : "&as=http://away/") + std::to_string(i) + std::string(1000, 'x');
    CHECK(f.load(many) == errc::resolve_failed);
    CHECK(f.cause.message.size() < 3000);
    CHECK(f.cause.message.ends_with("; and 24 more"));
}

TEST_CASE("loading can be cancelled at every moment, and leaves nothing behind")
{
    auto was_cancelled = 0;
    for (auto moment = 0;; ++moment)
    {
        fixture f;
        auto const slowly = [](std::string const& text) {
            return [text](request const&) {
                return std::vector<step>{
                    pause_for{1s}, send_bytes{text.substr(0, 60)}, pause_for{1s}, send_bytes{text.substr(60)}};
            };
        };
        f.outside.net->refuse("late", asio::error::connection_refused, 1s);
        f.outside.net->serve("none", slowly(response("404 Not Found", "", std::string(100, 'x'))));
        f.outside.net->serve("good", slowly(response("200 OK", "", f.file)));
        f.start(f.link("xs=http://late/t&xs=http://none/t&xs=http://good/t"));
        auto is_over = false;
        for (auto i = 0; i != moment && !is_over; ++i)
            is_over = !f.outside.context.run_one() && !f.outside.context.advance();
        if (is_over)
            break;
        auto const begin = f.outside.time->now();
        f.signal.emit(asio::cancellation_type::total);
        f.outside.settle();
        REQUIRE(f.result);
        CHECK(f.outside.time->now() == begin);
        CHECK((!*f.result || *f.result == asio::error::operation_aborted));
        CHECK(f.loaded.torrent.has_value() == !*f.result);
        CHECK(f.cause.message.empty() == !*f.result);
        was_cancelled += *f.result ? 1 : 0;
    }
    CHECK(was_cancelled > 10);
}

TEST_CASE("an engine that stops ends all loading")
{
    for (auto const is_destroyed : {false, true})
    {
        fixture f;
        f.outside.net->serve("silent", [](request const&) { return std::vector<step>(); });
        f.start("http://silent/t");
        f.outside.settle();
        CHECK_FALSE(f.result);
        if (is_destroyed)
            f.on.reset();
        else
            f.on->async_stop([&](error_code error) {
                CHECK(!error);
                CHECK(f.outside.net->live_streams() == 0);
            });
        f.outside.settle();
        CHECK(f.result == error_code(errc::closed));
        CHECK_FALSE(f.cause.message.empty());
    }
}

TEST_CASE("several torrents may be loaded at once, and nobody needs to hear why it failed")
{
    fixture f;
    std::vector<error_code> results;
    auto const complete = [&](error_code error, loaded_torrent) { results.push_back(error); };
    f.on->async_load("http://good/1", {}, nullptr, complete);
    f.on->async_load("http://away/2", {}, nullptr, complete);
    f.on->async_load("http://good/3", {}, nullptr, complete);
    f.outside.settle();
    CHECK(std::ranges::count(results, error_code()) == 2);
    CHECK(std::ranges::count(results, error_code(errc::resolve_failed)) == 1);
}

TEST_CASE("what is loaded can be downloaded, from the mirrors of the link")
{
    fixture f;
    f.outside.net->serve(
        "w", [](request const& asked) { return std::vector<step>{send_bytes{range_response(asked, letters(20))}}; });
    REQUIRE(f.load(f.link("xs=http://good/t&ws=http://w/f")) == error_code());
    auto const torrent = f.loaded.torrent.value();
    auto running = f.on->add(torrent, make_memory_storage(torrent), f.loaded.mirrors);
    std::optional<error_code> ended;
    running.async_run([&](error_code error) { ended = error; });
    f.outside.run([&] { return ended.has_value(); });
    CHECK(ended == error_code());
}

TEST_CASE("an exception of the embedder's network fails the loading with what it says")
{
    fixture f;
    f.outside.net->on_connect("bad", []() -> connect_outcome { throw std::runtime_error("no network today"); });
    CHECK(f.load(f.link("xs=http://bad/t&xs=http://good/t")) == errc::internal);
    CHECK(f.cause.message == "unexpected: no network today");
}
