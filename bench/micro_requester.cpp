// What a requester's turn costs: the engine as it is shipped, with a network that answers from memory at once, and a
// storage in memory. Each claim is one piece, so that a turn is: ask the plan, send a request, read a head, take the
// bytes, hash, store, tell the plan.
#include <webseed/engine.hpp>
#include <webseed/network.hpp>
#include <webseed/storage.hpp>

#include <boost/asio/io_context.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace webseed;
namespace asio = boost::asio;

// Of the content, all zeros. The hash is of so many of them.
constexpr std::uint64_t piece_length = 16 << 10;
constexpr std::string_view piece_hash =
    "\x89\x72\x56\xb6\x70\x9e\x1a\x4d\xa9\xda\xba\x92\xb6\xbd\xe3\x9c\xcf\xcc\xd8\xc1";

metainfo torrent_of(std::uint64_t piece_count)
{
    std::string text = "d4:infod6:lengthi" + std::to_string(piece_count * piece_length) + "e4:name1:f12:piece lengthi" +
                       std::to_string(piece_length) + "e6:pieces" + std::to_string(20 * piece_count) + ":";
    for (std::uint64_t i = 0; i != piece_count; ++i)
        text += piece_hash;
    text += "e8:url-list14:http://memory/e";
    return metainfo::parse(std::as_bytes(std::span(text))).value();
}

class memory_stream final : public stream
{
public:
    explicit memory_stream(std::uint64_t size)
        : size_(size)
    {}

    boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
    {
        auto const from_head = std::min(buffer.size(), head_.size());
        std::memcpy(buffer.data(), head_.data(), from_head);
        head_.erase(0, from_head);
        auto const from_body = std::min<std::uint64_t>(buffer.size() - from_head, body_);
        std::memset(static_cast<std::byte*>(buffer.data()) + from_head, 0, from_body);
        body_ -= from_body;
        if (from_head + from_body == 0)
            return error_code(asio::error::would_block);
        return from_head + from_body;
    }

    // Nobody waits for what wasn't asked for.
    asio::awaitable<error_code> wait_readable(time_point) override
    {
        if (head_.empty() && body_ == 0)
            co_return errc::stalled;
        co_return error_code();
    }

    asio::awaitable<error_code> write(asio::const_buffer bytes, time_point) override
    {
        std::string_view const request(static_cast<char const*>(bytes.data()), bytes.size());
        constexpr std::string_view name = "Range: bytes=";
        auto const field = request.find(name);
        if (field == request.npos)
            co_return errc::stalled;
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        auto const* const end = request.data() + request.size();
        auto const parsed = std::from_chars(request.data() + field + name.size(), end, first);
        std::from_chars(parsed.ptr + 1, end, last);
        body_ = last + 1 - first;
        head_ = "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(body_) +
                "\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                std::to_string(size_) + "\r\n\r\n";
        co_return error_code();
    }

    void close() noexcept override {}

private:
    std::uint64_t size_;
    std::string head_;
    std::uint64_t body_ = 0;
};

class memory_network final : public network
{
public:
    explicit memory_network(std::uint64_t size)
        : size_(size)
    {}

    asio::awaitable<boost::system::result<std::unique_ptr<stream>>> connect(connect_request, std::string&) override
    {
        std::unique_ptr<stream> made = std::make_unique<memory_stream>(size_);
        co_return made;
    }

private:
    std::uint64_t size_;
};

/// @param state  its argument: requesters.
void requester_turn(benchmark::State& state)
{
    constexpr std::int64_t turns = 2000;
    auto const torrent = torrent_of(turns);
    for (auto _ : state)
    {
        asio::io_context context{1};
        engine_options settings;
        settings.worker_executor = context.get_executor();
        settings.net = std::make_shared<memory_network>(torrent.total_size());
        engine on(context.get_executor(), settings);
        download_options options;
        options.requesters_per_seed = static_cast<unsigned>(state.range(0));
        options.claim_size_first = options.claim_size_min = options.claim_size_max = piece_length;
        auto one = on.add(torrent, make_memory_storage(torrent), {}, options);
        error_code ended = errc::internal;
        one.async_run([&ended](error_code error) { ended = error; });
        context.run();
        if (ended)
            state.SkipWithError(one.diagnosis().message.c_str());
    }
    state.SetItemsProcessed(state.iterations() * turns);
}

BENCHMARK(requester_turn)->Arg(1)->Arg(16)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
