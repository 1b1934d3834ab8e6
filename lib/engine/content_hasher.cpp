#include "engine/content_hasher.hpp"

#include <algorithm>
#include <utility>

namespace webseed::core {

void content_hasher::begin(std::uint64_t first, std::uint64_t last)
{
    auto const& content = parts_.content;
    piece_ = first;
    at_ = first * content.piece_length;
    end_ = std::min(last * content.piece_length, content.stream_size);
    enter_file_at(at_);
    begin_piece();
}

void content_hasher::enter_file_at(std::uint64_t offset)
{
    auto const& files = parts_.content.files;
    auto const behind = std::ranges::upper_bound(files, offset, {}, &torrent::content_file::offset);
    file_ = static_cast<std::size_t>(behind - files.begin()) - 1; // the first begins at 0
}

void content_hasher::begin_piece()
{
    auto const& content = parts_.content;
    piece_end_ = std::min(at_ + content.piece_length, content.stream_size);
    if (content.has_v2())
        height_ = file().size <= content.piece_length ? torrent::height_of_file(file().size)
                                                      : torrent::height_of(content.piece_length);
}

void content_hasher::end_piece()
{
    auto const piece = static_cast<std::size_t>(piece_++);
    if (parts_.content.has_v1())
        parts_.hashes.pieces[piece] = sha1_.finish();
    if (parts_.content.has_v2())
        parts_.hashes.nodes[piece] = merkle_.finish(height_);
}

error_code content_hasher::advance(std::uint64_t size, diagnostics& cause)
{
    http::buffer_lease const lease(parts_.buffers);
    for (std::uint64_t done = 0; done < size && at_ < end_;)
    {
        if (at_ >= file().offset + file().size)
        {
            done += skip_gap();
            continue;
        }
        auto const hashed = hash_some(lease.bytes(), cause);
        if (!hashed)
            return hashed.error();
        done += *hashed;
    }
    return is_done() ? leave_file(cause) : error_code();
}

std::uint64_t content_hasher::skip_gap()
{
    auto const& files = parts_.content.files;
    if (file_ + 1 < files.size() && files[file_ + 1].offset <= at_)
    {
        enter_file_at(at_);
        return 0;
    }
    auto const size = piece_end_ - at_;
    if (parts_.content.has_v1())
        sha1_.update_zeros(size);
    at_ = piece_end_;
    end_piece();
    if (at_ < end_)
    {
        enter_file_at(at_);
        begin_piece();
    }
    return size;
}

boost::system::result<std::uint64_t> content_hasher::hash_some(std::span<std::byte> buffer, diagnostics& cause)
{
    if (!handle_ || opened_ != file_)
    {
        if (auto const failed = leave_file(cause))
            return failed;
        auto opened = parts_.source.open_file(file_, cause);
        if (!opened)
            return opened.error();
        handle_ = std::move(*opened);
        opened_ = file_;
    }
    auto const end = std::min(file().offset + file().size, end_);
    buffer = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at_)));
    if (auto const failed = parts_.source.read(file_, handle_, at_ - file().offset, buffer, cause))
        return failed;
    feed(buffer);
    parts_.progress.add_hashed(buffer.size());
    return buffer.size();
}

void content_hasher::feed(std::span<std::byte const> bytes)
{
    while (!bytes.empty())
    {
        auto const part =
            bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), piece_end_ - at_)));
        bytes = bytes.subspan(part.size());
        if (parts_.content.has_v1())
            sha1_.update(part);
        if (parts_.content.has_v2())
            merkle_.update(part);
        at_ += part.size();
        if (at_ != piece_end_)
            continue;
        end_piece();
        if (at_ < end_)
        {
            enter_file_at(at_);
            begin_piece();
        }
    }
}

error_code content_hasher::leave_file(diagnostics& cause)
{
    auto const left = std::exchange(handle_, disk::descriptor());
    return left ? parts_.source.check(opened_, left, cause) : error_code();
}

} // namespace webseed::core
