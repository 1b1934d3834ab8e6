#include "engine/lookahead.hpp"

#include "plan/seconds.hpp"

#include <algorithm>

namespace webseed::core {

namespace {

// Enough for a gigabit over 50 ms with two connections.
constexpr std::uint64_t ahead_size_max = 4u << 20;
// In seconds: what is asked for ahead nobody else can take over.
constexpr double ahead_time_max = 3;
// So much does a response say of how long the next one takes.
constexpr double news_weight = 0.25;

} // namespace

void lookahead::forget() noexcept
{
    under_way_ = 0;
    ends_.clear();
}

// Where what comes behind so many bytes begins.
std::uint64_t lookahead::behind(std::uint64_t position, std::uint64_t size) const noexcept
{
    auto const piece = to_number(layout_.piece_at(position + size - 1));
    auto const end = layout_.range_of(static_cast<piece_index>(piece)).end();
    if (position + size != end || piece + 1 == layout_.piece_count())
        return position + size;
    return layout_.range_of(static_cast<piece_index>(piece + 1)).offset;
}

// Bytes that come soon enough.
std::uint64_t lookahead::size_max() const noexcept
{
    if (byte_time_ * static_cast<double>(ahead_size_max) <= ahead_time_max)
        return ahead_size_max;
    return static_cast<std::uint64_t>(ahead_time_max / byte_time_);
}

void lookahead::look_at(seed_request const& wanted, std::uint64_t position) noexcept
{
    ends_.clear();
    if (under_way_ == 0)
        end_ = position + wanted.size();
}

std::vector<client_ahead>
lookahead::look(seed_request const& wanted, std::uint64_t position, std::uint64_t end, unsigned depth, time_point now)
{
    std::vector<client_ahead> made;
    look_at(wanted, position);
    auto count = std::max(1u, under_way_);
    depth = std::min(depth, depth_max_);
    // Some at a time, for they are written together.
    if (wanted.size() > part_size_max || depth < 2 || count > depth - std::max(1u, depth / 4))
        return made;
    made.reserve(depth - count);
    auto const& torrent = layout_.torrent();
    auto at = under_way_ == 0 ? behind(position, wanted.size()) : end_;
    auto const soon = size_max();
    while (at < end && count < depth && at - position < soon)
    {
        auto const next = next_request(layout_, seed_form::files, at, end - at);
        at = behind(at, next.size());
        if (next.is_pad())
            continue;
        if (next.size() > part_size_max || seed_.redirects().find(to_number(next.slice.file), now))
            break;
        made.push_back({url_of(next, seed_.url(), torrent), http_request_of(next, torrent)});
        ends_.push_back(at);
        ++count;
    }
    return made;
}

void lookahead::note(http::range_result const& response, planning::duration took) noexcept
{
    if (response.received != 0)
    {
        auto const time = planning::seconds(took) / static_cast<double>(response.received);
        byte_time_ += (byte_time_ == 0 ? 1 : news_weight) * (time - byte_time_);
    }
    if (response.sent_ahead != 0)
        end_ = ends_[response.sent_ahead - 1];
    ends_.clear();
    under_way_ = response.under_way;
}

} // namespace webseed::core
