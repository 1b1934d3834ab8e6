#include "fuzz/exchange.hpp"

#include "support/run.hpp"

#include <sanitizer/asan_interface.h>

#include <array>
#include <cstring>
#include <utility>

namespace webseed::test {

namespace asio = boost::asio;

// Reads what has arrived. A piece arrives when somebody waits for it.
class script_stream final : public stream
{
public:
    script_stream(script_network& net, script scripted)
        : net_(net)
        , script_(std::move(scripted))
    {
        ++net_.live_streams_;
        if (script_.pieces.empty())
            arrive_all();
    }
    ~script_stream() override { --net_.live_streams_; }

    boost::system::result<std::size_t> read_some(asio::mutable_buffer buffer) override
    {
        if (!net_.answer_.empty())
            arrive_all();
        require(buffer.size() != 0, "there is room to read into");
        auto const size = std::min(buffer.size(), arrived_ - read_);
        if (size != 0)
        {
            std::memcpy(buffer.data(), script_.bytes.data() + read_, size);
            read_ += size;
            return size;
        }
        if (!has_ended_ || script_.end == stream_end::silence)
            return error_code(asio::error::would_block);
        return error_code(
            script_.end == stream_end::orderly ? error_code(asio::error::eof)
                                               : error_code(asio::error::connection_reset));
    }

    asio::awaitable<error_code> wait_readable(time_point) override
    {
        if (arrived_ != read_)
            co_return error_code();
        if (arrived_ == script_.bytes.size())
        {
            has_ended_ = true;
            if (script_.end == stream_end::silence)
                co_return errc::stalled;
            co_return error_code();
        }
        arrived_ += std::min(script_.pieces[next_++ % script_.pieces.size()], script_.bytes.size() - arrived_);
        co_return error_code();
    }

    asio::awaitable<error_code> write(asio::const_buffer bytes, time_point) override
    {
        net_.sent_.append(static_cast<char const*>(bytes.data()), bytes.size());
        script_.bytes += net_.answer_;
        if (!net_.answer_.empty())
            arrive_all();
        co_return error_code();
    }

    void close() noexcept override {}

private:
    void arrive_all()
    {
        arrived_ = script_.bytes.size();
        has_ended_ = true;
    }

    script_network& net_;
    script script_;
    std::size_t read_ = 0;
    std::size_t arrived_ = 0;
    std::size_t next_ = 0;
    bool has_ended_ = false;
};

asio::awaitable<boost::system::result<std::unique_ptr<stream>>> script_network::connect(connect_request, std::string&)
{
    auto scripted = connects_++ == 0 ? first_ : script();
    co_return std::make_unique<script_stream>(*this, std::move(scripted));
}

void script_network::answer_with(std::string bytes)
{
    answer_ = std::move(bytes);
}

namespace {

// Time stands still: whoever waits for nothing is told so at once.
class still_clock final : public clock
{
public:
    time_point now() const noexcept override { return time_point(std::chrono::hours(1)); }
    asio::awaitable<void> sleep_until(time_point) override { co_return; }
    std::uint64_t random() noexcept override { return 0; }
};

// Buffers that are poisoned while nobody has borrowed them.
class poisoning_lender final : public http::buffer_lender
{
public:
    explicit poisoning_lender(std::size_t size)
        : size_(size)
    {
        for (auto const& buffer : buffers())
            __asan_poison_memory_region(buffer.get(), size_max);
    }
    poisoning_lender(poisoning_lender const&) = delete;
    poisoning_lender& operator=(poisoning_lender const&) = delete;
    ~poisoning_lender() override { require(is_lent_ == std::array<bool, 2>(), "all buffers were given back"); }

    std::span<std::byte> borrow() override
    {
        auto const index = is_lent_[0] ? 1u : 0u;
        require(!is_lent_[index], "two buffers are enough");
        is_lent_[index] = true;
        __asan_unpoison_memory_region(buffers()[index].get(), size_);
        return {buffers()[index].get(), size_};
    }
    void give_back(std::span<std::byte> buffer) noexcept override
    {
        auto const index = buffer.data() == buffers()[0].get() ? 0u : 1u;
        require(is_lent_[index] && buffer.data() == buffers()[index].get(), "what is given back was lent");
        is_lent_[index] = false;
        __asan_poison_memory_region(buffer.data(), size_);
    }

    static constexpr std::size_t size_min = 32 * 1024;
    static constexpr std::size_t size_max = 256 * 1024;

private:
    using storage_of_buffers = std::array<std::unique_ptr<std::byte[]>, 2>;
    static storage_of_buffers const& buffers()
    {
        static storage_of_buffers const made{
            std::make_unique<std::byte[]>(size_max), std::make_unique<std::byte[]>(size_max)};
        return made;
    }

    std::size_t size_;
    std::array<bool, 2> is_lent_{};
};

class string_sink final : public http::body_sink
{
public:
    asio::awaitable<error_code> accept(std::span<std::byte const> bytes) override
    {
        require(!bytes.empty(), "the sink gets something");
        text += text_of(bytes);
        co_return error_code();
    }

    std::string text;
};

http::connection_options options()
{
    http::connection_options made;
    made.user_agent = "fuzzer/1";
    made.connect_timeout = std::chrono::seconds(20);
    made.head_timeout = std::chrono::seconds(30);
    made.stall_timeout = std::chrono::seconds(20);
    return made;
}

http::range_request request_of(byte_range range, std::uint64_t file_size)
{
    http::range_request made;
    made.host_field = "seed";
    made.target = "/file";
    made.range = range;
    made.file_size = file_size;
    return made;
}

// A connection to a script, with all that it needs.
struct client
{
    client(script scripted, std::size_t buffer_size)
        : net(std::move(scripted))
        , buffers(buffer_size)
        , connection(net, time, buffers, endpoint{"http", "seed", 80}, options())
    {}

    script_network net;
    still_clock time;
    poisoning_lender buffers;
    http::connection connection;
};

} // namespace

bool operator==(exchange_result const& a, exchange_result const& b)
{
    return a.first.error == b.first.error && a.first.status == b.first.status &&
           a.first.retry_after == b.first.retry_after && a.first.delivered == b.first.delivered &&
           a.first.received == b.first.received && a.first.connects == b.first.connects &&
           a.first.requests == b.first.requests && a.body == b.body && a.is_reused == b.is_reused;
}

bool mentions(std::string_view text, std::string_view word)
{
    auto const same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

exchange_result exchange(script const& scripted, http::range_request const& request, std::size_t buffer_size)
{
    exchange_result result;
    client one(scripted, buffer_size);
    string_sink sink;
    run(one.connection.fetch(request, sink, result.first));
    result.body = sink.text;
    require(result.first.connects == 1 && result.first.requests == 1, "a first request is sent once");
    require(result.first.delivered == result.body.size(), "what is delivered is counted");
    require(result.first.delivered <= request.range.size, "no more is delivered than was asked for");
    require(result.first.received <= scripted.bytes.size(), "no more is received than was sent");
    require(one.net.live_streams() == (one.connection.is_open() ? 1 : 0), "a stream that isn't reused is closed");

    std::string const right = "these are right";
    one.net.answer_with(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 15\r\nContent-Range: bytes 5-19/99\r\n\r\n" + right);
    sink.text.clear();
    http::range_result second;
    run(one.connection.fetch(request_of({5, right.size()}, 99), sink, second));
    require(!second.error && sink.text == right, "what a server says can't spoil the response behind it");
    result.is_reused = second.connects == 0;
    return result;
}

exchange_result exchange_both_ways(script const& scripted, http::range_request const& request)
{
    auto whole = scripted;
    whole.pieces.clear();
    auto const result = exchange(whole, request, poisoning_lender::size_max);
    auto with_cuts = exchange(scripted, request, poisoning_lender::size_min);
    if (!with_cuts.is_reused && mentions(scripted.bytes, "transfer-encoding"))
        with_cuts.is_reused = result.is_reused;
    if (with_cuts == result)
        return result;
    for (auto const& each : {result, with_cuts})
        std::fprintf(
            stderr, "%s, status %u, received %llu, delivered %llu: '%s', %s\n", each.first.error.message().c_str(),
            each.first.status, static_cast<unsigned long long>(each.first.received),
            static_cast<unsigned long long>(each.first.delivered), each.body.c_str(),
            each.is_reused ? "reused" : "not reused");
    require(false, "it doesn't matter where the bytes are cut");
    return result;
}

namespace {

// So many bytes of nothing, to come near the limits with a short input.
std::string filler(unsigned decision)
{
    return std::string(16 * 1024 - 256 + 2 * decision, 'x');
}

// The first byte 1 and the one behind it stand for a lot of filler. As text, each newline is a CR LF, and the last one
// isn't there, nor is a last line of a '.'.
std::string expanded(std::string_view text, bool is_text)
{
    std::string made;
    auto is_filled = false;
    if (is_text)
        text = without_last_newline(text);
    if (is_text && text.ends_with("\n."))
        text.remove_suffix(1);
    for (std::size_t i = 0; i != text.size(); ++i)
        if (text[i] == '\n' && is_text)
            made += "\r\n";
        else if (text[i] == '\1' && i + 1 != text.size() && !std::exchange(is_filled, true))
            made += filler(static_cast<unsigned char>(text[++i]));
        else
            made += text[i];
    return made;
}

} // namespace

http::range_request drawn_request(input& drawn)
{
    switch (drawn.number(0, 5))
    {
    case 0:
        return request_of({10, 20}, 100);
    case 1:
        return request_of({0, 100}, 100);
    case 2:
        return request_of({0, 20}, 100);
    case 3:
        return request_of({90, 10}, 100);
    case 4:
        return request_of({49'000, 20}, 50'000);
    default:
        return request_of({49'500, 500}, 50'000);
    }
}

exchange_plan drawn_exchange(std::span<std::byte const> bytes)
{
    constexpr std::size_t piece_count_max = 128;
    input drawn(bytes);
    input line(drawn.until("\n"));
    exchange_plan made;
    made.scripted.end = static_cast<stream_end>(line.number(0, 2));
    made.request = drawn_request(line);
    made.scripted.bytes = expanded(drawn.rest(), line.flag());
    auto const size_min = made.scripted.bytes.size() / piece_count_max + 1;
    while (!line.empty())
        made.scripted.pieces.push_back(size_min + line.number(0, 63));
    if (made.scripted.pieces.empty())
        made.scripted.pieces.push_back(size_min);
    return made;
}

std::string request_head_of(std::string const& host_field, std::string const& target)
{
    script nothing;
    nothing.end = stream_end::orderly;
    client one(std::move(nothing), poisoning_lender::size_min);
    string_sink sink;
    auto request = request_of({10, 20}, 100);
    request.host_field = host_field;
    request.target = target;
    http::range_result result;
    run(one.connection.fetch(request, sink, result));
    require(result.error == errc::body_truncated, "nothing is no response");
    return one.net.sent();
}

} // namespace webseed::test
