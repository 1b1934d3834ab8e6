// Many small files: asked for ahead of their turn, where the server takes it; where it doesn't, nothing is lost.
#include "engine/embedded.hpp"
#include "support/answers.hpp"
#include "support/content.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t file_count = 200;

std::vector<made_file> many_files(std::size_t size = 20, std::size_t count = file_count)
{
    auto const text = letters(count * size);
    std::vector<made_file> files;
    for (std::size_t i = 0; i != count; ++i)
        files.push_back({"f" + std::to_string(1000 + i), text.substr(i * size, size)});
    return files;
}

/// A download of many files from one seed, whose server counts what it is asked.
struct many : embedded
{
    explicit many(std::vector<made_file> all = many_files(), std::uint64_t piece_length = 64)
        : embedded(std::move(all), piece_length)
        , right(delay(1ms, serving(files)))
    {}

    void serve(server answers)
    {
        add_seed("seed", [this, answers = std::move(answers)](request const& asked) {
            ++asked_count;
            ahead_count += asked.was_ahead ? 1 : 0;
            return answers(asked);
        });
    }

    /// It comes out right, and nothing is held against the seed.
    void check_right()
    {
        CHECK(run() == error_code());
        CHECK(holds.bytes == content());
        auto const seed = running.stats().seeds.at(0);
        CHECK(seed.failures == 0);
        CHECK(seed.pieces_bad == 0);
        CHECK(seed.state == seed_state::ready);
    }

    duration passed() { return outside.time->now() - begun; }

    server right;
    time_point begun = outside.time->now();
    std::uint64_t asked_count = 0;
    std::uint64_t ahead_count = 0;
};

server wrong_bytes(std::vector<made_file> files)
{
    for (auto& each : files)
        std::ranges::fill(each.content, '!');
    return serving(std::move(files));
}

} // namespace

TEST_CASE("small files are asked for ahead of their turn, each once")
{
    for (unsigned const requesters : {1u, 4u})
    {
        CAPTURE(requesters);
        many m;
        m.options.requesters_per_seed = requesters;
        m.serve(m.right);
        m.check_right();
        auto const seed = m.running.stats().seeds.at(0);
        CHECK(m.ahead_count > file_count / 2);
        CHECK(seed.connections <= requesters);
        CHECK(m.asked_count == seed.requests);
        CHECK(m.running.stats().bytes_received == m.content().size());
        // A file that lies in the claims of two is asked for in parts.
        CHECK(seed.requests <= file_count + file_count / 4);
    }
}

TEST_CASE("the last pieces, of which many take parts, cost no round trip for each of their files")
{
    constexpr std::size_t count = 2000;
    many m(many_files(2000, count), 250'000);
    m.options.requesters_per_seed = 16;
    m.serve(m.right);
    m.check_right();
    CHECK(m.asked_count - m.ahead_count < count / 8);
}

TEST_CASE("the only server gets it wrong among others only at the end: the pieces are fetched once more, without")
{
    constexpr std::size_t count = 2000;
    struct
    {
        std::uint64_t piece_length;
        std::uint64_t good;
    } const rows[] = {{250'000, 200},  {250'000, 1000}, {250'000, 1500},
                      {250'000, 1800}, {500'000, 300},  {500'000, 700}};
    for (auto const& row : rows)
    {
        CAPTURE(row.piece_length);
        CAPTURE(row.good);
        many m(many_files(2000, count), row.piece_length);
        m.options.requesters_per_seed = 16;
        auto wrong_count = 0;
        m.serve([&, least = row.good, wrong = delay(1ms, wrong_bytes(m.files))](request const& asked) {
            auto const is_wrong = m.asked_count > least && asked.was_ahead;
            wrong_count += is_wrong ? 1 : 0;
            return is_wrong ? wrong(asked) : m.right(asked);
        });
        m.check_right();
        CHECK(wrong_count > 0);
    }
}

TEST_CASE("a server that takes long for each answer is asked for little ahead, so that others can have the rest")
{
    many m(many_files(20'000), 16'384);
    m.options.requesters_per_seed = 16;
    m.serve(delay(1s, serving(m.files)));
    m.check_right();
    CHECK(m.passed() <= 20s); // 12.5 s if all were let in from the beginning
}

TEST_CASE("who wants no requests ahead, large parts, or headers for each request, sends none")
{
    many one;
    one.options.pipelined_requests_max = 1;
    one.serve(one.right);
    one.check_right();
    CHECK(one.ahead_count == 0);

    many large({{"a", letters(300'000)}, {"b", letters(300'000)}, {"c", letters(300'000)}}, 1 << 16);
    large.serve(large.right);
    large.check_right();
    CHECK(large.ahead_count == 0);

    many asked;
    asked.options.more_headers = [](header_question) -> asio::awaitable<std::vector<header_field>> {
        co_return std::vector<header_field>();
    };
    asked.serve(asked.right);
    asked.check_right();
    CHECK(asked.ahead_count == 0);
}

TEST_CASE("a server that can't take requests ahead is found out, and loses nothing but a moment")
{
    struct
    {
        std::string what;
        std::function<server(many&)> ahead;
    } const rows[] = {
        {"ends", [](many&) { return hang_up(); }},
        {"resets", [](many&) { return test::reset(); }},
        {"stops at the status", [](many&) { return raw("HTTP/1.1 200 OK\r\n"); }},
        {"is silent", [](many&) { return delay(1h, raw("late")); }},
        {"says nonsense", [](many&) { return raw("nonsense\r\n\r\n"); }},
        {"refuses", [](many&) { return status(400); }},
        {"breaks", [](many&) { return status(500); }},
        {"doesn't find", [](many&) { return status(404); }},
        {"leads away", [](many&) { return redirect_to("http://nobody/"); }},
        {"breaks off", [](many& m) { return truncate_after(7, serving(m.files)); }},
        {"sends other bytes", [](many& m) { return wrong_bytes(m.files); }},
        {"sends another range", [](many& m) { return wrong_range(m.content()); }},
        {"sends the first again", [](many& m) { return serve(m.files.front().content); }},
    };
    for (auto const& row : rows)
        for (unsigned const requesters : {1u, 4u})
        {
            CAPTURE(row.what);
            CAPTURE(requesters);
            many m;
            m.options.requesters_per_seed = requesters;
            m.serve(when_ahead(row.ahead(m), m.right));
            m.check_right();
            CHECK(m.ahead_count != 0);
            CHECK(m.ahead_count <= 16 * requesters);
            CHECK(m.passed() < 3s);
        }
}

TEST_CASE("wrong bytes of a piece that ends in padding are found out, too")
{
    std::vector<made_file> padded;
    for (auto& each : many_files())
    {
        padded.push_back(std::move(each));
        padded.push_back(padding(44)); // to the end of the piece
    }
    many m(padded);
    m.serve(when_ahead(wrong_bytes(m.files), m.right));
    m.check_right();
    CHECK(m.ahead_count != 0);
    CHECK(m.passed() < 3s);
}

TEST_CASE("a server that ends its connections after some responses is asked for no more on each")
{
    many m;
    m.options.requesters_per_seed = 1;
    std::map<std::uint64_t, int> counts;
    auto const last = with_field("Connection", "close", serving(m.files));
    m.serve([&](request const& asked) {
        if (++counts[asked.connection] < 20)
            return m.right(asked);
        auto steps = last(asked);
        steps.emplace_back(end_stream{});
        return steps;
    });
    m.check_right();
    auto const seed = m.running.stats().seeds.at(0);
    CHECK(seed.connections <= file_count / 20 + 5);
    // What was sent behind the last one of the first connection is sent again.
    CHECK(seed.requests <= file_count + file_count / 4 + 30);
    CHECK(m.ahead_count > file_count / 2);
}

TEST_CASE("after a refusal nothing more is sent ahead")
{
    many m;
    m.options.requesters_per_seed = 1;
    auto refused = false;
    std::uint64_t ahead_before = 0;
    m.serve([&](request const& asked) {
        if (!refused && m.ahead_count == 10)
        {
            refused = true;
            ahead_before = m.ahead_count;
            return status(503, {{"Retry-After", "5"}})(asked);
        }
        return m.right(asked);
    });
    CHECK(m.run() == error_code());
    CHECK(m.holds.bytes == m.content());
    CHECK(refused);
    CHECK(m.ahead_count <= ahead_before + 1); // which the server had already
    CHECK(m.passed() >= 5s);
}

TEST_CASE("wrong bytes are held against the seed when it sends them again without others")
{
    many m;
    m.options.requesters_per_seed = 1;
    auto wrong = m.files;
    wrong[100].content[3] = '!';
    m.serve(serving(wrong));
    m.add_good_seed("good");
    CHECK(m.run() == error_code());
    CHECK(m.holds.bytes == m.content());
    CHECK(m.running.stats().seeds.at(0).pieces_bad <= 1);
    CHECK(m.running.stats().seeds.at(1).pieces_bad == 0);

    many alone;
    alone.options.requesters_per_seed = 1;
    alone.serve(serving(wrong));
    CHECK(alone.run() == errc::no_correct_data);
    CHECK(alone.running.stats().seeds.at(0).pieces_bad == 1);
    CHECK(alone.running.stats().bytes_verified == alone.content().size() - 64);
}

TEST_CASE("a file that a seed hasn't got is left out, and the others are taken")
{
    many m;
    m.options.requesters_per_seed = 1;
    auto some = m.files;
    some.erase(some.begin() + 50);
    m.serve(serving(some));
    m.add_good_seed("good");
    CHECK(m.run() == error_code());
    CHECK(m.holds.bytes == m.content());
    CHECK(m.running.stats().seeds.at(0).pieces_bad == 0);
}

TEST_CASE("a limit of the rate holds for what was asked for ahead")
{
    many m(many_files(2000), 16384);
    m.options.rate_max = 100'000;
    m.serve(m.right);
    m.check_right();
    CHECK(m.passed() >= 3500ms);
    CHECK(m.passed() <= 5s);
}
