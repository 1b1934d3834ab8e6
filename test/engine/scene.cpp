#include "engine/scene.hpp"

#include "support/content.hpp"
#include "support/session_parts.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>

namespace webseed::test {

asio::awaitable<boost::system::result<std::vector<byte_range>>> spy_storage::open(diagnostics&)
{
    ++opens;
    if (open_time != duration{})
        co_await time_->sleep_until(time_->now() + open_time);
    co_return stored;
}

asio::awaitable<error_code> spy_storage::read(std::uint64_t offset, std::span<std::byte> buffer)
{
    std::memcpy(buffer.data(), bytes.data() + offset, buffer.size());
    co_return error_code();
}

asio::awaitable<error_code> spy_storage::write(std::uint64_t offset, std::span<std::byte const> buffer)
{
    ++writes;
    auto const error = on_write(offset);
    if (error)
        co_return error;
    if (write_time != duration{})
        co_await time_->sleep_until(time_->now() + write_time);
    std::memcpy(bytes.data() + offset, buffer.data(), buffer.size());
    co_return error_code();
}

asio::awaitable<error_code> spy_storage::close(diagnostics&)
{
    ++closes;
    if (close_time != duration{})
        co_await time_->sleep_until(time_->now() + close_time);
    co_return error_code();
}

scene::scene(std::uint32_t pieces, std::uint64_t claim_pieces)
{
    content = letters(pieces * piece_length);
    torrent = torrent_with(content, piece_length);
    options.requesters_per_seed = 2;
    options.claim_size_first = claim_pieces * piece_length;
    options.claim_size_max = claim_pieces * piece_length;
    options.claim_size_min = claim_pieces * piece_length;
    options.seed_pause_max = std::chrono::seconds(1);
    storage_ = std::make_unique<spy_storage>(content.size(), outside.time);
    store = storage_.get();
}

scene::~scene()
{
    if (session && !ended_)
    {
        session->close(errc::closed);
        run();
    }
}

void scene::add_good_seed(std::string const& host)
{
    add_seed(host, [this](request const& asked) { return good_answer(asked); });
}

void scene::add_seed(std::string const& host, server answers)
{
    outside.net->serve(host, std::move(answers));
    add_seed_url(host);
}

void scene::add_seed_url(std::string const& host)
{
    auto const url = "http://" + host + "/f";
    if (session)
        session->add_seed(url);
    else
        urls_.push_back(url);
}

std::string scene::beginning_of_answer(request const& asked, std::size_t count) const
{
    auto const whole = range_response(asked, content);
    return whole.substr(0, whole.find("\r\n\r\n") + 4 + count);
}

void scene::start()
{
    auto parts = session_parts(outside, 2);
    parts.limit = core::make_limit(rate_max);
    session = std::make_shared<core::session>(parts, *torrent, std::move(storage_), urls_, options);
    session->start();
    asio::co_spawn(outside.context, session->wait_ended(), [this](std::exception_ptr) { ended_ = true; });
}

void scene::run()
{
    outside.run([this] { return ended_; });
    settle();
}

void scene::close()
{
    session->close(errc::closed);
}

std::string scene::picture()
{
    auto draw = [this](core::download_state& state) {
        std::string text;
        for (std::uint32_t i = 0; i != torrent->piece_count(); ++i)
        {
            auto const piece = static_cast<piece_index>(i);
            auto const& plan = state.plan();
            text += plan.is_verified(piece) ? 'V' : plan.is_claimed(piece) ? 'r' : plan.free().contains(i) ? '.' : '?';
        }
        return text;
    };
    return look(draw);
}

std::size_t scene::claim_count()
{
    return look([](core::download_state& state) { return state.plan().claim_count(); });
}

std::string scene::events()
{
    constexpr char const* names[] = {"file_finished", "piece_bad", "seed_paused", "seed_given_up", "file_missing"};
    std::string told;
    while (auto const happened = session->events().try_pop())
    {
        if (happened->index() >= std::size(names))
            continue;
        told += told.empty() ? "" : " ";
        told += names[happened->index()];
    }
    return told;
}

std::vector<std::string> scene::ranges() const
{
    std::vector<std::string> asked;
    for (auto const& line : outside.net->log())
    {
        auto const equals = line.find('=');
        asked.push_back(equals == std::string::npos ? "all" : line.substr(equals + 1));
    }
    return asked;
}

} // namespace webseed::test
