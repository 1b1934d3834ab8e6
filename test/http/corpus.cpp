// URLs, ranges and responses from other projects' tests, if WEBSEED_CORPUS names the directory that holds them.
#include "http/fetching.hpp"
#include "http/request_fields.hpp"
#include "http/seed_url.hpp"

#include "support/torrents.hpp"

#include <boost/json/src.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>

using namespace webseed;
using namespace webseed::test;
namespace json = boost::json;

namespace {

/// Calls `visit` with each line of a table. Without a corpus: says so.
void for_each_line(std::string const& table, std::function<void(json::object const&)> const& visit)
{
    auto const directory = std::getenv("WEBSEED_CORPUS");
    if (directory == nullptr)
    {
        MESSAGE("skipped: WEBSEED_CORPUS is not set");
        return;
    }
    std::ifstream file(std::string(directory) + "/http/" + table);
    std::size_t count = 0;
    for (std::string line; std::getline(file, line); ++count)
    {
        CAPTURE(line);
        visit(json::parse(line).as_object());
    }
    CHECK(count > 0);
}

std::string text_of(json::object const& row, char const* key)
{
    auto const* const found = row.if_contains(key);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::uint64_t number_of(json::object const& row, char const* key)
{
    return row.at(key).to_number<std::uint64_t>();
}

metainfo torrent_of_row(json::object const& row)
{
    std::map<std::string, std::string> info{
        {"name", encoded(text_of(row, "name"))},
        {"piece length", encoded(16384)},
        {"pieces", encoded(std::string(20, '\0'))},
    };
    std::vector<std::string> path;
    for (auto const& element : row.at("path").as_array())
        path.emplace_back(element.as_string());
    if (text_of(row, "layout") == "single")
        info["length"] = encoded(1);
    else
        info["files"] = list_of({dictionary_of({{"length", encoded(1)}, {"path", list_of_strings(path)}})});
    auto const torrent = metainfo::parse(bytes_of(dictionary_of({{"info", dictionary_of(info)}})));
    REQUIRE(torrent);
    return *torrent;
}

std::string unescaped(std::string const& text, bool plus_is_space)
{
    std::string plain;
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        if (text[i] == '%')
        {
            plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        }
        else
            plain += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
    return plain;
}

std::string from_base64(std::string const& text)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (auto const c : text)
    {
        if (c == '=')
            break;
        bits = (bits << 6 | static_cast<unsigned>(digits.find(c))) & 0xffff;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xff);
    }
    return bytes;
}

} // namespace

TEST_CASE("corpus: files are asked for where others ask for them")
{
    for_each_line("url_cases.jsonl", [](json::object const& row) {
        if (text_of(row, "layout") == "escape-roundtrip")
        {
            for (auto const& element : row.at("path").as_array())
            {
                std::string const raw(element.as_string());
                CHECK(unescaped(http::escape_element(raw), false) == raw);
                CHECK(unescaped(http::escape_element(raw), true) == raw);
            }
            return;
        }
        auto const torrent = torrent_of_row(row);
        auto const url = http::seed_url::parse(text_of(row, "base"));
        REQUIRE(url);
        CHECK(url->of(torrent, file_index{0}).full() == text_of(row, "expected"));
    });
}

TEST_CASE("corpus: URLs are taken apart as others do, or refused")
{
    for_each_line("url_parse_cases.jsonl", [](json::object const& row) {
        auto const got = http::url::parse(text_of(row, "url"));
        auto const* const expected = row.at("expected").if_object();
        if (!expected || text_of(*expected, "scheme") != "http")
        {
            CHECK_FALSE(got);
            return;
        }
        REQUIRE(got);
        CHECK(got->where().host == text_of(*expected, "host"));
        auto const& port = expected->at("port");
        CHECK(got->where().port == (port.is_null() ? 80 : number_of(*expected, "port")));
        CHECK(got->target() == text_of(*expected, "target"));
        auto const userinfo = got->userinfo().value_or(http::credentials());
        CHECK(
            userinfo.user + (userinfo.password.empty() ? "" : ":" + userinfo.password) ==
            text_of(*expected, "userinfo"));
    });
}

TEST_CASE("corpus: others have the same origins")
{
    for_each_line("same_origin_cases.jsonl", [](json::object const& row) {
        auto const a = http::url::parse(text_of(row, "a"));
        auto const b = http::url::parse(text_of(row, "b"));
        REQUIRE((a && b));
        CHECK(is_same_origin(*a, *b) == row.at("same_origin").as_bool());
    });
}

TEST_CASE("corpus: redirects lead where others go")
{
    for_each_line("redirect_cases.jsonl", [](json::object const& row) {
        auto const base = http::url::parse(text_of(row, "base"));
        REQUIRE(base);
        CHECK(resolve(*base, text_of(row, "location"))->full() == text_of(row, "expected"));
    });
}

TEST_CASE("corpus: escapes are made and mended as others do")
{
    for_each_line("escape_cases.jsonl", [](json::object const& row) {
        auto const function = text_of(row, "function");
        auto const input = text_of(row, "input");
        if (function == "percent-encode-all")
            CHECK(http::escape_element(input) == text_of(row, "expected"));
        if (function == "escape-string") // others escape less
            CHECK(unescaped(http::escape_element(input), true) == input);
        if (function == "unescape" || function == "percent-decode-lenient")
        {
            // Nothing is unescaped here; what others find in a URL is found in ours, too.
            auto const url = http::seed_url::parse("http://h/" + input);
            REQUIRE(url);
            auto const expected = text_of(row, "expected");
            CHECK(unescaped(url->full(), false) == "http://h/" + (expected == "<error>" ? input : expected));
        }
        if (function != "encode-if-needed" && function != "percent-encode-keep-reserved")
            return;
        auto const url = http::seed_url::parse(input);
        if (!input.starts_with("http"))
        {
            CHECK_FALSE(url);
            return;
        }
        REQUIRE(url);
        auto expected = text_of(row, "expected");
        if (auto const port = expected.find(":80/"); port != expected.npos)
            expected.erase(port, 3); // the scheme's own
        CHECK(url->full() == expected);
    });
}

TEST_CASE("corpus: a Content-Range is read as others read it, or refused")
{
    // Others tolerate what is no Content-Range by the book.
    std::set<std::string> const refused{
        "9223372036854775800-9223372036854775801/9223372036854775807", "bytes=0-1023/1024", "bytes */30"};
    for_each_line("content_range_cases.jsonl", [&](json::object const& row) {
        auto const got = http::parse_content_range(text_of(row, "value"));
        if (text_of(row, "expected") != "ok" || refused.contains(text_of(row, "value")))
        {
            CHECK_FALSE(got);
            return;
        }
        auto const& fields = row.at("fields").as_object();
        REQUIRE(got);
        CHECK(got->first == number_of(fields, "first"));
        CHECK(got->last - got->first + 1 == number_of(fields, "length"));
        CHECK(got->total.has_value() == !fields.at("total").is_null());
        if (got->total)
            CHECK(*got->total == number_of(fields, "total"));
    });
}

TEST_CASE("corpus: what others do with servers is done here, too")
{
    constexpr byte_range range{1000, 500};
    auto const content = content_of(200'000);
    // What takes more than one connection is the engine's to do.
    std::set<std::string> const engines{
        "redirect-unaligned-same-host",
        "redirect-two-hosts-padded",
        "redirect-two-hosts-aligned",
        "ssrf-local-query",
        "redirect-single",
        "path-only-seed",
        "piece-retry"};
    auto const answered = [&](std::string const& answer, byte_range wanted = {1000, 500}) {
        http_client client;
        client.serve(answer);
        return client.fetch(wanted, content.size());
    };
    auto const authorization = [](char const* to) {
        auto const origin = http::url::parse("http://me:word@h/a").value();
        return http::fields_for(http::url::parse(to).value(), origin, false, {}).size();
    };
    std::map<std::string, std::function<void()>> const behaviours{
        {"redirect-auth-same-origin", [&] { CHECK(authorization("http://h/b") == 1); }},
        {"redirect-auth-cross-origin", [&] { CHECK(authorization("http://g/a") == 0); }},
        {"stall", [&] { CHECK(answered("H").error == errc::head_timed_out); }},
        {"inactive-server", [&] { CHECK(answered("HTTP/1.1 200 OK\r\n\r\n").error == errc::stalled); }},
        {"unasked-408",
         [&] {
             auto const got = answered(partial(range, content) + response("408 Request Timeout", "", ""));
             CHECK_FALSE(got.error);
             CHECK(got.delivered == range.size);
         }},
        {"ok-instead-of-partial",
         [&] {
             auto const whole = response("200 OK", "", content);
             CHECK_FALSE(answered(whole, {0, 100'000}).error);
             CHECK_FALSE(answered(whole, {48 * 1024, 10}).error);
             CHECK(answered(whole, {48 * 1024 + 1, 10}).error == errc::range_ignored);
         }},
        {"content-range-check",
         [&] {
             CHECK(answered(partial({1001, 499}, content)).error == errc::range_mismatch);
             CHECK(answered(partial(range, content + "x")).error == errc::range_mismatch);
             CHECK(answered(response("416 No", "", "")).error == errc::not_found);
         }},
    };
    for_each_line("behaviours.jsonl", [&](json::object const& row) {
        auto const name = text_of(row, "name");
        if (engines.contains(name))
            return;
        auto const found = behaviours.find(name);
        REQUIRE(found != behaviours.end());
        found->second();
    });
}

TEST_CASE("corpus: responses deliver what others find in them, or are refused")
{
    // Refused by RFC 9112: two framings at once, lines that end without a CR.
    std::set<std::string> const refused{"chunked-with-trailer", "bare-lf"};
    for_each_line("response_cases.jsonl", [&](json::object const& row) {
        auto const& expected = row.at("expected").as_object();
        auto const body = text_of(expected, "body");
        http_client client;
        client.serve({{send_bytes{from_base64(text_of(row, "raw_base64"))}, end_stream{}}});
        auto const size = std::max<std::uint64_t>(body.size(), 1);
        auto const got = client.fetch({0, expected.contains("error") ? 1000 : size}, size == 1 ? size : 1000);
        if (expected.contains("error") || body.empty() || refused.contains(text_of(row, "id")))
        {
            CHECK(got.error);
            CHECK(client.sink.text.find(text_of(expected, "body_prefix")) == 0);
            CHECK_FALSE(client.connection->is_open());
            return;
        }
        CHECK_FALSE(got.error);
        CHECK(client.sink.text == body);
        CHECK(got.status == number_of(expected, "status"));
    });
}
