#include "engine/check.hpp"

#include "torrent/piece_digest.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace webseed::core {

namespace asio = boost::asio;

namespace {

// Bytes hashed between two turns on the plan's strand.
constexpr std::uint64_t stretch_size = 4u << 20;
// Bytes after which a checker lets others on its worker run.
constexpr std::uint64_t yield_size = 1u << 20;

asio::awaitable<bool> is_right(
    download_parts const& parts, piece_index piece, torrent::piece_digest& digest, std::atomic<bool> const& is_closed)
{
    auto const range = parts.layout.range_of(piece);
    std::uint64_t since_yield = 0;
    digest.begin(piece);
    for (auto at = range.offset; at != range.end() && !is_closed;)
    {
        http::buffer_lease const lease(parts.buffers);
        auto const part = lease.bytes().first(std::min<std::uint64_t>(lease.bytes().size(), range.end() - at));
        auto const error = co_await parts.store.read(at, part);
        if (error)
            co_return false;
        digest.update(part);
        at += part.size();
        since_yield += part.size();
        if (since_yield >= yield_size)
        {
            since_yield = 0;
            co_await asio::post(asio::use_awaitable);
        }
    }
    co_return digest.finish();
}

} // namespace

std::vector<planning::piece_run> whole_pieces(torrent::layout const& layout, std::span<byte_range const> stored)
{
    std::vector<planning::piece_run> runs;
    auto const count = layout.piece_count();
    auto next = stored.begin();
    for (std::uint32_t i = 0; i != count && next != stored.end(); ++i)
    {
        auto const range = layout.range_of(static_cast<piece_index>(i));
        auto at = range.offset;
        auto holds_data = false;
        while (at < range.end())
        {
            while (next != stored.end() && next->end() <= at)
                ++next;
            auto const slice = layout.slice_at(at, range.end() - at);
            if (slice.pad)
                at += slice.size;
            else if (next != stored.end() && next->offset <= at)
            {
                at = std::min(next->end(), range.end());
                holds_data = true;
            }
            else
                break;
        }
        if (at < range.end() || !holds_data)
            continue;
        if (!runs.empty() && runs.back().last == i)
            runs.back().last = i + 1;
        else
            runs.push_back({i, i + 1});
    }
    return runs;
}

asio::awaitable<void> check_stored(download_parts const& parts, std::atomic<bool> const& is_closed)
{
    torrent::piece_digest digest(parts.layout);
    auto const count_max = std::max<std::uint64_t>(1, stretch_size / parts.layout.torrent().piece_length());
    for (;;)
    {
        auto take = [count_max](download_state& state) {
            return state.next_check(static_cast<std::uint32_t>(count_max));
        };
        auto const run = co_await parts.state.with(take);
        if (run.empty())
            co_return;
        std::vector<bool> good;
        for (auto piece = run.first; piece != run.last; ++piece)
        {
            auto const right = co_await is_right(parts, static_cast<piece_index>(piece), digest, is_closed);
            good.push_back(right);
        }
        auto tell = [run, good = std::move(good), now = parts.time.now()](download_state& state) {
            return state.checked(run, good, now);
        };
        auto const go_on = co_await parts.state.with(std::move(tell));
        if (!go_on)
            co_return;
    }
}

} // namespace webseed::core
