// What a download does with its storage, from opening to closing it.
#include "support/content.hpp"
#include "support/origin.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <optional>

using namespace webseed;
using namespace webseed::test;
namespace asio = boost::asio;

namespace {

constexpr std::uint64_t piece_length = 16 * 1024;

// What was asked of a storage, and what it shall answer.
struct story
{
    std::string told;
    bool holds_all = false;
    error_code opening{};
    error_code reading{};
    error_code writing{};
    error_code completing{};
    error_code closing{};
};

class told_storage final : public storage
{
public:
    told_storage(metainfo const& torrent, story& kept)
        : size_(torrent.total_size())
        , memory_(make_memory_storage(torrent))
        , story_(kept)
    {}

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics& cause) override
    {
        story_.told += "open ";
        if (story_.opening)
            co_return story_.opening;
        auto held = co_await memory_->open(cause);
        if (story_.holds_all)
            held->assign(1, byte_range{0, size_});
        co_return held;
    }
    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        if (story_.reading)
            co_return story_.reading;
        co_return co_await memory_->read(offset, buffer);
    }
    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (story_.writing)
            co_return story_.writing;
        co_return co_await memory_->write(offset, bytes);
    }
    asio::awaitable<error_code> complete(diagnostics& cause) override
    {
        story_.told += "complete ";
        cause.message = story_.completing ? "completing" : "";
        co_return story_.completing;
    }
    asio::awaitable<error_code> close(diagnostics& cause) override
    {
        story_.told += "close ";
        cause.message = story_.closing ? "closing" : "";
        co_return story_.closing;
    }

private:
    std::uint64_t size_;
    std::unique_ptr<storage> memory_;
    story& story_;
};

struct ending
{
    error_code error;
    std::string message;
    stats last;
};

ending run(story& kept, bool has_seed)
{
    asio::io_context context{1};
    auto const content = letters(5 * piece_length);
    auto const torrent = torrent_with(content, piece_length);
    origin server(context, content);
    std::vector<std::string> mirrors;
    if (has_seed)
        mirrors.push_back(server.url());
    engine on(context.get_executor());
    auto d = on.add(torrent, std::make_unique<told_storage>(torrent, kept), mirrors);
    std::optional<error_code> result;
    d.async_run([&](error_code error) {
        result = error;
        server.close();
    });
    context.run();
    return {result.value(), d.diagnosis().message, d.stats()};
}

} // namespace

TEST_CASE("a storage is completed if all is verified, and closed whatever happened, unless it didn't open")
{
    struct
    {
        bool has_seed;
        error_code opening;
        error_code writing;
        error_code error;
        std::string told;
    } const rows[] = {
        {true, {}, {}, {}, "open complete close "},
        {false, {}, {}, errc::no_seeds, "open close "},
        {true, {}, errc::disk_full, errc::disk_full, "open close "},
        {true, errc::storage_failed, {}, errc::storage_failed, "open "},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.told);
        story kept;
        kept.opening = row.opening;
        kept.writing = row.writing;
        CHECK(run(kept, row.has_seed).error == row.error);
        CHECK(kept.told == row.told);
    }
}

TEST_CASE("a download whose storage can't be completed or closed has failed, and says where first")
{
    struct
    {
        error_code completing;
        error_code closing;
        error_code error;
        std::string message;
    } const rows[] = {
        {errc::disk_full, {}, errc::disk_full, "completing"},
        {{}, errc::storage_failed, errc::storage_failed, "closing"},
        {errc::disk_full, errc::storage_failed, errc::disk_full, "completing"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.message);
        story kept;
        kept.completing = row.completing;
        kept.closing = row.closing;
        auto const ended = run(kept, true);
        CHECK(ended.error == row.error);
        CHECK(ended.message == row.message);
        CHECK(kept.told == "open complete close ");
    }
}

TEST_CASE("what the storage says it has and can't read is fetched")
{
    for (auto const reading : {error_code(), error_code(errc::storage_failed)})
    {
        CAPTURE(reading.message());
        story kept;
        kept.holds_all = true; // zeros
        kept.reading = reading;
        auto const ended = run(kept, true);
        CHECK(ended.error == error_code());
        CHECK(ended.last.bytes_kept == 0);
        CHECK(ended.last.bytes_received == 5 * piece_length);
    }
}

TEST_CASE("once the engine says that it has stopped, every storage is closed")
{
    asio::io_context context{1};
    auto const content = letters(5 * piece_length);
    auto const torrent = torrent_with(content, piece_length);
    origin server(context, content);
    server.set_silent(true);
    engine on(context.get_executor());
    story kept;
    auto d = on.add(torrent, std::make_unique<told_storage>(torrent, kept), {server.url()});
    d.async_run([](error_code) {});
    while (server.requests() == 0)
        context.run_one();
    std::string told;
    on.async_stop([&](error_code) {
        told = kept.told;
        server.close();
    });
    context.run();
    CHECK(told == "open close ");
}
