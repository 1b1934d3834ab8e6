// Seeds that a torrent names under httpseeds: scripts (BEP 17), or plain files where scripts are expected.
#include "support/scripts.hpp"
#include "engine/scene.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

/// A scene whose torrent names the host "seed" under httpseeds, as a script or as a file.
struct script_scene : scene
{
    explicit script_scene(server answers, std::uint32_t pieces = 6, std::uint64_t claim_pieces = 1)
        : scene(pieces, claim_pieces)
    {
        name_seeds(piece_length);
        outside.net->serve("seed", std::move(answers));
    }

    void name_seeds(std::uint64_t length, std::map<std::string, std::string> more = {})
    {
        more["httpseeds"] = list_of_strings({"http://seed/f"});
        torrent = torrent_with(content, length, std::move(more));
    }

    /// As a script by the book would; nothing if it isn't asked as one.
    std::optional<std::string> script_answer(request const& asked) const
    {
        auto const range = script_range(asked.target, *torrent);
        if (!range)
            return std::nullopt;
        return response("200 OK", "", content.substr(range->offset, range->size));
    }

    std::ptrdiff_t count_requests(bool as_script) const
    {
        return std::ranges::count_if(
            outside.net->log(), [&](auto const& line) { return (line.find("info_hash=") != line.npos) == as_script; });
    }

    void must_be_right()
    {
        start();
        run();
        CHECK(has_ended());
        CHECK(error() == error_code());
        CHECK(store->bytes == content);
        CHECK(events() == "file_finished");
        auto const figures = session->snapshot().seeds.front();
        CHECK(figures.failures == 0);
        CHECK(figures.pieces_bad == 0);
    }
};

server script_of(script_scene*& s)
{
    return [&s](request const& asked) {
        auto const answer = s->script_answer(asked);
        return std::vector<step>{send_bytes{answer.value_or(response("400 Bad Request", "", "what?"))}};
    };
}

std::string in_chunks(std::string const& body)
{
    std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    constexpr char const* digits = "0123456789abcdef";
    for (std::size_t at = 0; at < body.size(); at += 15)
    {
        auto const part = body.substr(at, 15);
        text += std::string(1, digits[part.size()]) + "\r\n" + part + "\r\n";
    }
    return text + "0\r\n\r\n";
}

} // namespace

TEST_CASE("a script is asked for each piece once, over one connection a requester")
{
    for (auto const claim_pieces : {1, 3, 6})
    {
        script_scene* self = nullptr;
        script_scene s(script_of(self), 6, static_cast<std::uint64_t>(claim_pieces));
        self = &s;
        s.options.requesters_per_seed = 1;
        s.must_be_right();
        CHECK(s.requests() == 6);
        CHECK(s.count_requests(true) == 6);
        CHECK(s.outside.net->connects() == 1);
        CHECK(s.outside.net->log()[0].find("ranges") == std::string::npos);
        CHECK(s.session->snapshot().seeds.front().url == "http://seed/f");
    }
}

TEST_CASE("a script may answer in chunks, or until it closes")
{
    for (auto const is_chunked : {true, false})
    {
        script_scene* self = nullptr;
        script_scene s([&](request const& asked) {
            auto const range = script_range(asked.target, *self->torrent).value();
            auto const body = self->content.substr(range.offset, range.size);
            if (is_chunked)
                return std::vector<step>{send_bytes{in_chunks(body)}};
            return std::vector<step>{send_bytes{"HTTP/1.1 200 OK\r\n\r\n" + body}, end_stream{}};
        });
        self = &s;
        s.must_be_right();
        CHECK(s.count_requests(false) == 0);
    }
}

TEST_CASE("a file's URL where a script is expected is asked as one, and that is no failure")
{
    // Each requester finds out for itself, or hears of it.
    for (auto const requesters : {1u, 2u, 4u})
    {
        script_scene* self = nullptr;
        script_scene s([&](request const& asked) { return self->good_answer(asked); }, 12);
        self = &s;
        s.options.requesters_per_seed = requesters;
        s.must_be_right();
        CHECK(s.count_requests(true) <= static_cast<std::ptrdiff_t>(requesters));
        CHECK(s.count_requests(false) == 12);
        CHECK(s.session->snapshot().bytes_received == s.content.size());
    }
}

TEST_CASE("what a script never answers makes the seed a file's URL")
{
    for (auto const& answer : {
             response("400 Bad Request", "", ""),
             response("401 Unauthorized", "", ""),
             response("403 Forbidden", "", "no"),
             response("404 Not Found", "", "no"),
             response("405 Method Not Allowed", "", ""),
             response("410 Gone", "", ""),
             response("302 Found", "Location: /there\r\n", ""),
             response("204 No Content", "", ""),
             response("200 OK", "", "a page of some length"),
             response("200 OK", "", "short"),
             response("200 OK", "", ""),
             response("200 OK", "Content-Encoding: gzip\r\n", letters(16)),
             response("206 Partial Content", "Content-Range: bytes 0-15/96\r\n", letters(16)),
             in_chunks("short"),
             in_chunks("a page of some length"),
             in_chunks(""),
             std::string("HTTP/1.1 200 OK\r\n\r\nmore than was asked for"),
         })
    {
        CAPTURE(answer);
        script_scene* self = nullptr;
        script_scene s([&](request const& asked) {
            if (asked.target.find('?') != std::string::npos)
                return std::vector<step>{send_bytes{answer}, end_stream{}};
            return self->good_answer(asked);
        });
        self = &s;
        s.must_be_right();
        CHECK(s.count_requests(true) <= 2);
        CHECK(s.session->snapshot().bytes_wasted == 0);
    }
}

TEST_CASE("a script that is in trouble is no file's URL, and is asked again later")
{
    for (auto const& answer :
         {response("500 Internal Server Error", "", ""), response("502 Bad Gateway", "", ""),
          response("408 Request Timeout", "", ""), std::string("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nabc")})
    {
        CAPTURE(answer);
        script_scene* self = nullptr;
        auto is_first = true;
        script_scene s([&](request const& asked) {
            if (std::exchange(is_first, false))
                return std::vector<step>{send_bytes{answer}, end_stream{}};
            return std::vector<step>{send_bytes{self->script_answer(asked).value()}};
        });
        self = &s;
        s.options.requesters_per_seed = 1;
        s.start();
        s.run();
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == s.content);
        CHECK(s.session->snapshot().seeds.front().failures == 1);
        CHECK(s.count_requests(false) == 0);
    }
}

TEST_CASE("a seed that gives nothing either way is given up, by the file's URL")
{
    script_scene s([](request const&) { return std::vector<step>{send_bytes{response("400 Bad Request", "", "")}}; });
    s.options.requesters_per_seed = 1;
    s.start();
    s.run();
    CHECK(s.error() == errc::status_unexpected);
    CHECK(s.session->ending().cause.url == "http://seed/f");
    CHECK(s.count_requests(true) == s.options.seed_failure_count_max);
    CHECK(s.count_requests(false) == s.options.seed_failure_count_max);
}

TEST_CASE("a script that fails after it was one is told with what was asked")
{
    script_scene* self = nullptr;
    auto count = 0;
    script_scene s([&](request const& asked) {
        auto const answer = ++count <= 2 ? self->script_answer(asked).value() : response("404 Not Found", "", "");
        return std::vector<step>{send_bytes{answer}};
    });
    self = &s;
    s.options.requesters_per_seed = 1;
    s.start();
    s.run();
    CHECK(s.error() == errc::not_found);
    auto const cause = s.session->ending().cause;
    CHECK(cause.piece == piece_index{2});
    CHECK(cause.http_status == 404);
    CHECK(cause.url.find("&piece=2") != std::string::npos);
    CHECK(cause.message.find(cause.url) == 0);
    CHECK(s.count_requests(false) == 0);
    CHECK(s.session->snapshot().seeds.front().failures == s.options.seed_failure_count_max);
}

TEST_CASE("wrong bytes from a script are told as from anybody")
{
    script_scene* self = nullptr;
    script_scene s([&](request const& asked) {
        auto answer = self->script_answer(asked).value();
        if (asked.target.ends_with("piece=3"))
            answer.back() = '?';
        return std::vector<step>{send_bytes{answer}};
    });
    self = &s;
    s.start();
    s.run();
    CHECK(s.error() == errc::no_correct_data);
    CHECK(s.session->snapshot().pieces_verified == 5);
    CHECK(s.session->ending().cause.piece == piece_index{3});
}

TEST_CASE("a 503 says in its body how long to wait, within bounds")
{
    struct row
    {
        std::string body;
        std::string fields;
        duration least;
        duration most;
    };
    for (auto const& row : {
             row{"30", "", 30s, 31s},
             row{" 30\r\n", "Connection: close\r\n", 30s, 31s},
             row{"30", "Retry-After: 7\r\n", 30s, 31s},
             row{"soon", "Retry-After: 7\r\n", 7s, 8s},
             row{"<html>30</html>", "", 0s, 2s},
             row{"-30", "", 0s, 2s},
             row{"", "", 0s, 2s},
             row{"0", "", 0s, 2s},
             row{"99999999999", "", 60s, 61s},
         })
    {
        CAPTURE(row.body);
        script_scene* self = nullptr;
        auto is_first = true;
        script_scene s([&](request const& asked) {
            if (std::exchange(is_first, false))
                return std::vector<step>{send_bytes{response("503 Service Unavailable", row.fields, row.body)}};
            return std::vector<step>{send_bytes{self->script_answer(asked).value()}};
        });
        self = &s;
        s.options.requesters_per_seed = 1;
        s.options.retry_after_max = 60s;
        auto const began = s.outside.time->now();
        s.start();
        s.run();
        auto const took = s.outside.time->now() - began;
        CHECK(s.error() == error_code());
        CHECK(took >= row.least);
        CHECK(took <= row.most);
        CHECK(s.session->snapshot().seeds.front().failures == 0);
        CHECK(s.count_requests(false) == 0);
    }
}

TEST_CASE("a piece that broke off is continued by the ranges of its rest")
{
    script_scene* self = nullptr;
    auto count = 0;
    script_scene s(
        [&](request const& asked) {
            auto const answer = self->script_answer(asked).value();
            if (++count == 2)
                return std::vector<step>{
                    send_bytes{answer.substr(0, answer.find("\r\n\r\n") + 4 + 20'000)}, end_stream{}};
            return std::vector<step>{send_bytes{answer}};
        },
        8192, 8192);
    self = &s;
    s.name_seeds(32'768); // four pieces, in one claim
    s.options.requesters_per_seed = 1;
    s.must_be_right();
    CHECK(s.requests() == 5);
    CHECK(s.outside.net->log()[2].find("&piece=1&ranges=20000-32767") != std::string::npos);
    CHECK(s.session->snapshot().bytes_received == s.content.size());
}

TEST_CASE("of a script that knows no ranges the rest of a piece is taken from all of it, however its end is told")
{
    enum class ending
    {
        length,
        chunks,
        close
    };
    for (auto const how : {ending::length, ending::chunks, ending::close})
    {
        CAPTURE(static_cast<int>(how));
        script_scene* self = nullptr;
        auto count = 0;
        script_scene s(
            [&](request const& asked) {
                auto const whole = asked.target.substr(0, asked.target.find("&ranges"));
                auto const range = script_range(whole, *self->torrent);
                auto const body = self->content.substr(range->offset, range->size);
                auto const answer = response("200 OK", "", body);
                if (++count == 2 || count == 5)
                    return std::vector<step>{
                        send_bytes{answer.substr(0, answer.find("\r\n\r\n") + 4 + 20'000)}, end_stream{}};
                if (how == ending::chunks)
                    return std::vector<step>{send_bytes{in_chunks(body)}};
                if (how == ending::close)
                    return std::vector<step>{send_bytes{"HTTP/1.1 200 OK\r\n\r\n" + body}, end_stream{}};
                return std::vector<step>{send_bytes{answer}};
            },
            8192, 8192);
        self = &s;
        s.name_seeds(32'768); // four pieces, in one claim
        s.options.requesters_per_seed = 1;
        s.must_be_right();
        auto const& log = s.outside.net->log();
        // What it is worth is known after the first time.
        CHECK(std::ranges::count_if(log, [](auto const& line) { return line.find("ranges") != line.npos; }) == 1);
        CHECK(s.session->snapshot().bytes_wasted == 0);
        if (how != ending::length)
            continue;
        CHECK(s.requests() == 6);
        CHECK(s.session->snapshot().bytes_received == s.content.size() + 20'000 + 20'000);
    }
}

TEST_CASE("a script that once sends another length for a part is taken for failing, and not for one without ranges")
{
    script_scene* self = nullptr;
    auto count = 0;
    script_scene s(
        [&](request const& asked) {
            auto const answer = self->script_answer(asked).value();
            ++count;
            if (count == 2)
                return std::vector<step>{
                    send_bytes{answer.substr(0, answer.find("\r\n\r\n") + 4 + 20'000)}, end_stream{}};
            if (count == 3)
                return std::vector<step>{send_bytes{response("200 OK", "", "neither the part nor the piece")}};
            return std::vector<step>{send_bytes{answer}};
        },
        8192, 8192);
    self = &s;
    s.name_seeds(32'768);
    s.options.requesters_per_seed = 1;
    s.start();
    s.run();
    CHECK(s.error() == error_code());
    CHECK(s.store->bytes == s.content);
    CHECK(s.session->snapshot().seeds.front().failures == 1);
    CHECK(s.session->snapshot().seeds.front().pieces_bad == 0);
}

TEST_CASE("padding comes from a script with the rest of its piece, and isn't asked for alone")
{
    auto const a = letters(10);
    auto const b = letters(20);
    auto const content = a + std::string(42, '\0') + b + std::string(8, '\0');
    for (auto const claim_pieces : {1, 5})
    {
        script_scene* self = nullptr;
        script_scene s(script_of(self), 5, static_cast<std::uint64_t>(claim_pieces));
        self = &s;
        s.content = content;
        s.torrent = torrent_of(
            {{{"a"}, 10}, {{}, 42}, {{"b"}, 20}, {{}, 8}}, scene::piece_length, hashes_of(content, scene::piece_length),
            {{"httpseeds", list_of_strings({"http://seed/f"})}});
        s.options.requesters_per_seed = 1;
        s.start();
        s.run();
        CHECK(s.error() == error_code());
        CHECK(s.store->bytes == content);
        CHECK(s.requests() == 3); // pieces 1 and 2 are nothing but padding
        CHECK(s.session->snapshot().bytes_received == 48);
        for (auto const& line : s.outside.net->log())
            CHECK(line.find("ranges") == line.npos);
    }
}

TEST_CASE("a URL in both lists is a file's, and is used once")
{
    script_scene* self = nullptr;
    script_scene s([&](request const& asked) { return self->good_answer(asked); });
    self = &s;
    s.name_seeds(scene::piece_length, {{"url-list", list_of_strings({"http://SEED/f"})}});
    s.must_be_right();
    CHECK(s.count_requests(true) == 0);
    CHECK(s.session->snapshot().seeds.size() == 1);
}

TEST_CASE("a mirror that the torrent names as a script is a file's all the same")
{
    script_scene* self = nullptr;
    script_scene s([&](request const& asked) { return self->good_answer(asked); });
    self = &s;
    s.add_seed_url("seed");
    s.must_be_right();
    CHECK(s.count_requests(true) == 0);
    CHECK(s.session->snapshot().seeds.size() == 1);
}
