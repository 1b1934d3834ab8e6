#include "piece_digest.hpp"

#include <algorithm>

namespace webseed::torrent {
namespace {

// Makes a digest the first time.
template <class Digest>
void start(std::optional<Digest>& digest)
{
    if (digest)
        digest->restart();
    else
        digest.emplace();
}

} // namespace

void piece_digest::begin(piece_index piece)
{
    piece_ = piece;
    auto const& torrent = pieces_.torrent();
    if (!torrent.piece_hashes().empty())
        start(v1_);
    if (!torrent.infohash_v2())
        return;
    start(v2_);
    auto const slice = pieces_.slice_at(pieces_.range_of(piece).offset, torrent.piece_length());
    auto const roots = torrent.piece_roots(slice.file);
    root_ = nullptr;
    data_left_ = 0;
    if (roots.empty()) // the hybrid has lost them
        return;
    auto const size = torrent.files()[to_number(slice.file)].size;
    root_ = &roots[slice.offset / torrent.piece_length()];
    height_ = size > torrent.piece_length() ? height_of(torrent.piece_length()) : height_of_file(size);
    data_left_ = slice.size;
}

void piece_digest::update(std::span<std::byte const> bytes)
{
    if (v1_)
        v1_->update(bytes);
    if (!v2_ || data_left_ == 0)
        return;
    auto const data = bytes.first(std::min<std::uint64_t>(bytes.size(), data_left_));
    v2_->update(data);
    data_left_ -= data.size();
}

void piece_digest::update_zeros(std::uint64_t count)
{
    if (v1_)
        v1_->update_zeros(count);
}

bool piece_digest::finish()
{
    bool is_right = data_left_ == 0 && (v1_ || root_ != nullptr);
    if (v1_)
        is_right = v1_->finish() == pieces_.torrent().piece_hashes()[to_number(piece_)] && is_right;
    if (v2_ && root_ != nullptr)
        is_right = is_right && v2_->finish(height_) == *root_;
    return is_right;
}

} // namespace webseed::torrent
