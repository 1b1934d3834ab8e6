// Probing a mirror through the public face, in the scripted world.
#include "support/content.hpp"
#include "support/scripts.hpp"
#include "support/world.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece_length = 64 * 1024;

engine_options options_in(world& outside)
{
    engine_options made;
    made.worker_executor = outside.context.get_executor();
    made.net = outside.net;
    made.time = outside.time;
    return made;
}

/// Ten pieces in one file, and a mirror that serves it unless told otherwise.
struct fixture
{
    fixture()
    {
        outside.net->serve("mirror", [this](request const& asked) { return right(asked); });
    }
    ~fixture() { CHECK(outside.net->live_streams() == 0); }

    std::vector<step> right(request const& asked) const
    {
        return {pause_for{20ms}, send_bytes{range_response(asked, content)}};
    }

    void start(std::string const& url = "http://mirror/f")
    {
        result.reset();
        auto complete = [this](error_code error, probe_report told) {
            result = error;
            report = std::move(told);
        };
        on.async_probe(torrent, url, options, asio::bind_cancellation_slot(signal.slot(), complete));
    }
    error_code probe(std::string const& url = "http://mirror/f")
    {
        start(url);
        outside.run([this] { return result.has_value(); });
        outside.settle();
        REQUIRE(result);
        CHECK(*result == report.error);
        CHECK(report.cause.message.empty() == !report.error);
        return *result;
    }

    world outside;
    std::string content = letters(10 * piece_length);
    metainfo torrent = torrent_with(content, piece_length);
    probe_options options;
    engine on{outside.context.get_executor(), options_in(outside)};
    asio::cancellation_signal signal;
    std::optional<error_code> result;
    probe_report report;
};

} // namespace

TEST_CASE("a good mirror is told to be good, with its figures")
{
    for (auto const count : {0u, 1u, 2u, 4u, 10u, 99u})
    {
        CAPTURE(count);
        fixture f;
        f.options.sample_count = count;
        CHECK_FALSE(f.probe());
        auto const asked = std::min(count, 10u);
        CHECK(f.report.pieces_asked == asked);
        CHECK(f.report.pieces_right == asked);
        CHECK(f.report.bytes_received == asked * piece_length);
        CHECK(f.report.requests == asked);
        if (asked == 0)
            continue;
        CHECK(f.report.is_reachable);
        CHECK(f.report.has_ranges == true);
        CHECK(f.report.has_right_size == true);
        CHECK(f.report.first_byte_time == 20ms);
        CHECK(f.report.duration == asked * 20ms);
        CHECK(f.report.address == "93.184.216.34");
        CHECK(f.report.final_url == "http://mirror/f");
    }
}

TEST_CASE("a mirror that caps ranges is as good as any, unless it sends next to nothing")
{
    for (auto const most : {500u, 8000u, 20'000u, 60'000u})
    {
        CAPTURE(most);
        fixture f;
        f.outside.net->serve("mirror", [&](request const& asked) {
            auto const range = asked.range(f.content.size());
            auto const body = f.content.substr(range.offset, std::min<std::uint64_t>(most, range.size));
            auto const field = "Content-Range: bytes " + std::to_string(range.offset) + '-' +
                               std::to_string(range.offset + body.size() - 1) + '/' + std::to_string(f.content.size()) +
                               "\r\n";
            return std::vector<step>{send_bytes{response("206 Partial Content", field, body)}};
        });
        auto const error = f.probe();
        CHECK(error == (most < 1024 ? error_code(errc::body_truncated) : error_code()));
        CHECK(f.report.pieces_right == (error ? 0 : 4));
        CHECK(f.report.requests == (error ? 2 : 4 * ((piece_length + most - 1) / most)));
        CHECK((f.report.cause.message.find("500 bytes of 65036") != std::string::npos) == !!error);
    }
}

TEST_CASE("a mirror that drips is too slow, in time")
{
    auto const probe_dripping = [](fixture& f) {
        f.outside.net->serve("mirror", [&f](request const& asked) {
            auto const whole = range_response(asked, f.content);
            auto const head = whole.find("\r\n\r\n") + 4;
            std::vector<step> steps{send_bytes{whole.substr(0, head)}};
            for (auto at = head; at < whole.size(); at += 60)
            {
                steps.push_back(pause_for{1s});
                steps.push_back(send_bytes{whole.substr(at, 60)});
            }
            return steps;
        });
        auto const begin = f.outside.time->now();
        auto const error = f.probe();
        CHECK(f.report.is_reachable);
        return std::pair(error, f.outside.time->now() - begin);
    };
    fixture f;
    CHECK(probe_dripping(f) == std::pair(error_code(errc::range_timed_out), duration(30s)));
    CHECK(f.report.cause.message.find("too slow: ") != std::string::npos);
    fixture shorter;
    shorter.options.request_timeout = 5s;
    CHECK(probe_dripping(shorter).second == duration(5s));
    fixture own;
    own.options.range_timeout = 4s;
    CHECK(probe_dripping(own).second == duration(4s));
    fixture patient;
    patient.options.request_timeout = {};
    CHECK_FALSE(probe_dripping(patient).first);
}

TEST_CASE("what is wrong with a mirror is told")
{
    struct row
    {
        char const* name;
        server answers;
        error_code error;
    };
    fixture const right;
    auto const say = [](std::string text) {
        return [text = std::move(text)](request const&) { return std::vector<step>{send_bytes{text}}; };
    };
    auto const spoilt = [&](request const& asked) {
        auto content = right.content;
        content[1] ^= 1;
        return std::vector<step>{send_bytes{range_response(asked, content)}};
    };
    auto const longer = [&](request const& asked) {
        return std::vector<step>{send_bytes{range_response(asked, right.content + "x")}};
    };
    row const rows[] = {
        {"404", say(response("404 No", "", "")), errc::not_found},
        {"403", say(response("403 No", "", "")), errc::unauthorized},
        {"503", say(response("503 Busy", "", "")), errc::overloaded},
        {"no ranges", say(response("200 OK", "", right.content)), errc::range_ignored},
        {"longer", longer, errc::range_mismatch},
        {"spoilt", spoilt, errc::no_correct_data},
        {"no HTTP", say("220 ready\r\n"), errc::response_invalid},
        {"silence", [](request const&) { return std::vector<step>(); }, errc::head_timed_out},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.name);
        fixture f;
        f.outside.net->serve("mirror", row.answers);
        CHECK(f.probe() == row.error);
        CHECK(f.report.cause.message.find("http://mirror/f") != std::string::npos);
        CHECK(f.report.pieces_right + f.report.pieces_wrong <= f.report.pieces_asked);
        CHECK((f.report.pieces_wrong != 0) == (row.error == errc::no_correct_data));
        CHECK((f.report.has_ranges == false) == (row.error == errc::range_ignored));
        CHECK((f.report.has_right_size == false) == (row.error == errc::range_mismatch));
        CHECK((f.report.files_missing != 0) == (row.error == errc::not_found || row.error == errc::unauthorized));
    }
    fixture f;
    CHECK(f.probe("http://nobody/f") == errc::resolve_failed);
    CHECK_FALSE(f.report.is_reachable);
    CHECK(f.probe("gopher://me:secret@mirror/f") == errc::scheme_unsupported);
    CHECK(f.report.url.find("secret") == std::string::npos);
}

TEST_CASE("a mirror that redirects is followed, if its policy allows")
{
    fixture f;
    f.outside.net->serve("mirror", [](request const&) {
        return std::vector<step>{send_bytes{response("302 Found", "Location: https://cdn/f?sig=secret\r\n", "")}};
    });
    f.outside.net->serve("cdn", [&](request const& asked) { return f.right(asked); });
    CHECK_FALSE(f.probe());
    CHECK(f.report.final_url == "https://cdn/f?sig=...");
    CHECK(f.report.redirects == 1);
    CHECK(f.report.tls == "TLSv1.3");
    f.outside.net->locate("cdn", [] { return asio::ip::make_address("10.0.0.1"); });
    CHECK(f.probe() == errc::address_refused);
}

TEST_CASE("a script is asked as one, and what isn't one as a file")
{
    fixture f;
    f.options.is_script = true;
    f.options.sample_count = 3;
    CHECK_FALSE(f.probe());
    CHECK(f.report.pieces_asked == 3);
    CHECK(f.report.pieces_right == 3);
    f.outside.net->serve("mirror", [&](request const& asked) {
        auto const range = script_range(asked.target, f.torrent);
        REQUIRE(range);
        return std::vector<step>{send_bytes{response("200 OK", "", f.content.substr(range->offset, range->size))}};
    });
    CHECK_FALSE(f.probe());
    CHECK(f.report.pieces_right == 3);
}

TEST_CASE("a probe can be cancelled at any step, and ends with its engine")
{
    for (auto n = 0; n < 400; n += 7)
    {
        CAPTURE(n);
        fixture f;
        f.start();
        auto steps = 0;
        while (steps != n && !f.result && (f.outside.context.run_one() || f.outside.context.advance()))
            ++steps;
        f.signal.emit(asio::cancellation_type::terminal);
        f.outside.run([&] { return f.result.has_value(); });
        REQUIRE(f.result);
        CHECK((!*f.result || *f.result == asio::error::operation_aborted));
        f.outside.settle();
    }
    fixture f;
    f.start();
    f.outside.settle();
    f.on.async_stop([](error_code) {});
    f.outside.run([&] { return f.result.has_value(); });
    CHECK(f.result == errc::closed);
    f.outside.settle();
}
