#include "hostile/meeting.hpp"

#include "support/content.hpp"

#include <webseed/storage.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

namespace webseed::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

class watching_storage final : public storage
{
public:
    watching_storage(std::size_t wanted_size, written_bytes& written)
        : wanted_size_(wanted_size)
        , written_(written)
    {
        written_.bytes.assign(wanted_size, '\0');
    }

    asio::awaitable<boost::system::result<std::vector<byte_range>>> open(diagnostics&) override
    {
        co_return std::vector<byte_range>();
    }

    asio::awaitable<error_code> read(std::uint64_t offset, std::span<std::byte> buffer) override
    {
        std::memcpy(buffer.data(), written_.bytes.data() + offset, buffer.size());
        co_return error_code();
    }

    asio::awaitable<error_code> write(std::uint64_t offset, std::span<std::byte const> bytes) override
    {
        if (offset <= wanted_size_ && bytes.size() <= wanted_size_ - offset)
            std::memcpy(written_.bytes.data() + offset, bytes.data(), bytes.size());
        else
            ++written_.outside;
        co_return error_code();
    }

    asio::awaitable<error_code> close(diagnostics&) override { co_return error_code(); }

private:
    std::size_t wanted_size_;
    written_bytes& written_;
};

// The seed that an event is about, and what is said of it.
std::pair<std::string, error_code> news_of(event const& happened)
{
    auto read = [](auto const& told) -> std::pair<std::string, error_code> {
        using type = std::decay_t<decltype(told)>;
        if constexpr (std::is_same_v<type, piece_bad>)
            return {told.seed_url, errc::no_correct_data};
        else if constexpr (requires { told.error; })
            return {told.seed_url, told.error};
        else
            return {};
    };
    return std::visit(read, happened);
}

} // namespace

meeting::meeting(std::size_t size)
    : content(letters(size))
{
    engine_how.worker_executor = context_.get_executor();
    how.requesters_per_seed = 1;
    how.claim_size_first = 4 * piece_length;
    how.claim_size_max = 4 * piece_length;
    how.claim_size_min = piece_length;
    how.seed_failure_count_max = 3;
    how.seed_pause_max = 1ms;
    how.retry_after_max = 0s;
}

meeting::~meeting() = default;

origin& meeting::add(server answers, origin_options options)
{
    auto& added = add_bystander(std::move(answers), std::move(options));
    urls_.push_back(added.url());
    return added;
}

origin& meeting::add_bystander(server answers, origin_options options)
{
    return origins_.emplace_back(context_, std::move(answers), std::move(options));
}

origin& meeting::add_honest()
{
    return add(when([this] { return told_of(0).failed(); }, serve(content)));
}

origin& meeting::add_slow_honest()
{
    return add(drip(piece_length, 50ms, serve(content)));
}

error_code meeting::run()
{
    std::optional<error_code> ended;
    engine on(context_.get_executor(), engine_how);
    auto const torrent = torrent_with(content, piece_length);
    auto d = on.add(torrent, std::make_unique<watching_storage>(content.size(), written_), urls_, how);
    listen(d);
    d.async_run([&](error_code error) {
        ended = error;
        for (auto& each : origins_)
            each.close();
    });
    context_.run_for(3min);
    REQUIRE(ended);
    last_ = d.stats();
    cause_ = d.diagnosis();
    verified_ = d.verified_pieces();
    return *ended;
}

bool meeting::is_truthful() const noexcept
{
    for (std::size_t i = 0; i != verified_.size(); ++i)
    {
        auto const at = i * piece_length;
        if (verified_[i] && content.compare(at, piece_length, written_.bytes, at, piece_length) != 0)
            return false;
    }
    return written_.outside == 0;
}

void meeting::listen(download& to)
{
    to.async_next_event([this, &to](error_code error, event happened) {
        if (error)
            return;
        events_.push_back(std::move(happened));
        listen(to);
    });
}

error_code meeting::told_of(std::size_t seed) const
{
    for (auto const& each : events_)
        if (auto const [url, error] = news_of(each); url == urls_.at(seed))
            return error;
    return {};
}

namespace {

void check_alone(useless_kind const& kind, std::function<void(meeting&)> const& set_up)
{
    meeting alone;
    auto const& server = alone.add(kind.made(alone.content));
    set_up(alone);
    CHECK(alone.run() == kind.error);
    CHECK(alone.told_of(0) == kind.told);
    CHECK_FALSE(alone.cause().message.empty());
    CHECK(alone.is_truthful());
    CHECK(alone.last().bytes_received <= 3 * alone.content.size());
    CHECK(server.requests() <= 20); // a few failures, of a few hops each
}

void check_beside_honest(useless_kind const& kind, std::function<void(meeting&)> const& set_up, bool has_timeouts)
{
    meeting both;
    both.add(kind.made(both.content));
    if (has_timeouts)
        both.add_slow_honest();
    else
        both.add_honest();
    set_up(both);
    CHECK(both.run() == error_code());
    CHECK(both.has_content());
    CHECK(both.told_of(0) == kind.told);
    CHECK_FALSE(both.last().seeds.at(0).last_error.message.empty());
    CHECK(both.last().bytes_received <= 4 * both.content.size());
}

} // namespace

void check_useless(useless_kind const& kind, std::function<void(meeting&)> const& set_up, bool has_timeouts)
{
    CAPTURE(kind.what);
    check_alone(kind, set_up);
    check_beside_honest(kind, set_up, has_timeouts);
}

} // namespace webseed::test
