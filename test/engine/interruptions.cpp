// Responses that break off, or bring less than was asked for: gone on with at once, or a failure.
#include "engine/embedded.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

// One file, asked for in one go over one connection.
struct one_claim : embedded
{
    explicit one_claim(std::size_t size)
        : embedded({{"f", letters(size)}}, 16 * kib)
    {
        options.requesters_per_seed = 1;
        options.claim_size_first = options.claim_size_max = options.claim_size_min = 2 * size;
    }

    // The first `count` bytes of the right answer's body, and then what comes instead of the others.
    std::vector<step> beginning(request const& asked, std::size_t count, step end) const
    {
        auto const whole = range_response(asked, files[0].content);
        return {send_bytes{whole.substr(0, whole.find("\r\n\r\n") + 4 + count)}, end};
    }

    // A right answer to a question for less.
    std::vector<step> shorter(request const& asked, std::size_t count) const
    {
        auto const& content = files[0].content;
        auto const first = asked.range(content.size()).offset;
        auto const body = content.substr(first, std::min<std::size_t>(count, asked.range(content.size()).size));
        auto const field = "Content-Range: bytes " + std::to_string(first) + '-' +
                           std::to_string(first + body.size() - 1) + '/' + std::to_string(content.size()) + "\r\n";
        return {send_bytes{response("206 Partial Content", field, body)}};
    }

    seed_stats seed() const { return running.stats().seeds.at(0); }
    std::size_t pauses()
    {
        std::size_t count = 0;
        for (auto const& each : events())
            count += std::holds_alternative<seed_paused>(each);
        return count;
    }
};

} // namespace

TEST_CASE("a response that breaks off after a good part is gone on with where it broke, at once and without blame")
{
    struct
    {
        std::string way;
        step end;
    } const rows[] = {
        {"reset", reset_stream{}},
        {"closed", end_stream{}},
        {"stalled", pause_for{1h}},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.way);
        one_claim e(64 * kib);
        auto asked_for = std::vector<byte_range>();
        e.add_seed("host", [&](request const& asked) {
            asked_for.push_back(asked.range(64 * kib));
            return asked_for.size() == 1 ? e.beginning(asked, 20 * kib, row.end) : serving(e.files)(asked);
        });
        CHECK(e.run() == error_code());
        CHECK(e.holds.bytes == e.content());
        REQUIRE(asked_for.size() == 2);
        CHECK(asked_for[1].offset == 20 * kib);
        CHECK(e.seed().failures == 0);
        CHECK(e.seed().bytes_received == 64 * kib);
        CHECK(e.pauses() == 0);
    }
}

TEST_CASE("a response that breaks off after next to nothing is a failure")
{
    one_claim e(64 * kib);
    auto requests = 0;
    e.add_seed("host", [&](request const& asked) {
        return ++requests == 1 ? e.beginning(asked, 15 * kib, reset_stream{}) : serving(e.files)(asked);
    });
    CHECK(e.run() == error_code());
    CHECK(e.seed().failures == 1);
    CHECK(e.pauses() == 1);
}

TEST_CASE("a claim is gone on with a few times, and any number of times while each brings a lot")
{
    struct
    {
        std::size_t size;
        std::size_t step;
        std::uint64_t failures;
    } const rows[] = {
        {64 * kib, 16 * kib, 0},  // breaks off three times
        {128 * kib, 16 * kib, 1}, // four times
        {8 * mib, 1 * mib, 0},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.size);
        one_claim e(row.size);
        e.add_seed("host", [&](request const& asked) {
            return asked.range(row.size).size > row.step ? e.beginning(asked, row.step, reset_stream{})
                                                         : serving(e.files)(asked);
        });
        CHECK(e.run() == error_code());
        CHECK(e.holds.bytes == e.content());
        CHECK(e.seed().failures == row.failures);
        CHECK(e.pauses() == row.failures);
    }
}

TEST_CASE("a server that caps ranges is asked for the rest at once, however often, over the same connection")
{
    for (auto const most : {1 * kib, 8000ul, 20'000ul, 100 * kib, 512 * kib})
    {
        CAPTURE(most);
        constexpr auto size = 3 * mib + 100;
        one_claim e(size);
        e.options.seed_failure_count_max = 1;
        e.add_seed("host", [&](request const& asked) { return e.shorter(asked, most); });
        CHECK(e.run() == error_code());
        CHECK(e.holds.bytes == e.content());
        CHECK(e.seed().requests == (size + most - 1) / most);
        CHECK(e.seed().connections == 1);
        CHECK(e.seed().failures == 0);
        CHECK(e.pauses() == 0);
    }
}

TEST_CASE("a server whose answers end where its own blocks do may bring next to nothing once")
{
    one_claim e(256 * kib);
    e.options.seed_failure_count_max = 1;
    e.add_seed("host", [&](request const& asked) {
        constexpr auto block = 64 * kib;
        auto const first = asked.range(256 * kib).offset;
        auto const is_odd = first == 0;
        return e.shorter(asked, is_odd ? block - 10 : first % block == block - 10 ? 10 : block);
    });
    CHECK(e.run() == error_code());
    CHECK(e.holds.bytes == e.content());
    CHECK(e.seed().failures == 0);
}

TEST_CASE("a server that brings next to nothing again and again is told to do so")
{
    one_claim e(64 * kib);
    e.options.seed_failure_count_max = 1;
    e.add_seed("host", [&](request const& asked) { return e.shorter(asked, 1023); });
    CHECK(e.run() == errc::body_truncated);
    CHECK(e.seed().requests == 2);
    CHECK(e.running.diagnosis().message.find("1023 bytes of 64513") != std::string::npos);
}

TEST_CASE("a response that turns out to be no HTTP is a failure, however much it brought")
{
    one_claim e(64 * kib);
    e.options.seed_failure_count_max = 1;
    e.add_seed("host", [&](request const& asked) {
        auto const field = "Content-Range: bytes 0-65535/65536\r\nTransfer-Encoding: chunked\r\n\r\n";
        auto const chunk = "5000\r\n" + e.files[0].content.substr(asked.range(64 * kib).offset, 20 * kib) + "\r\n";
        return std::vector<step>{
            send_bytes{"HTTP/1.1 206 Partial Content\r\n" + std::string(field) + chunk + "not a chunk\r\n"}};
    });
    CHECK(e.run() != error_code());
    CHECK(e.seed().requests == 1);
    CHECK(e.seed().failures == 1);
    CHECK(e.running.stats().pieces_verified == 1);
}
