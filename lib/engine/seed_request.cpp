#include "engine/seed_request.hpp"

#include <algorithm>

namespace webseed::core {

seed_request next_request(torrent::layout const& layout, seed_form form, std::uint64_t position, std::uint64_t size_max)
{
    seed_request wanted;
    wanted.form = seed_form::files;
    wanted.slice = layout.slice_at(position, size_max);
    if (form == seed_form::files)
        return wanted;
    auto const piece = layout.piece_at(position);
    auto const range = layout.range_of(piece);
    auto const left = std::min(range.end() - position, size_max);
    if (wanted.slice.pad && wanted.slice.size >= left)
    {
        wanted.slice.size = left; // so that the next piece is asked for as a whole
        return wanted;
    }
    wanted.form = seed_form::script;
    wanted.query.infohash = layout.torrent().infohash_v1().value();
    wanted.query.piece = piece;
    wanted.query.part = {position - range.offset, left};
    wanted.query.piece_size = range.size;
    return wanted;
}

http::range_request http_request_of(seed_request const& wanted, http::seed_url const& url, metainfo const& torrent)
{
    http::range_request made;
    made.host_field = url.host_field();
    if (wanted.form == seed_form::script)
    {
        made.kind = http::answer_kind::exact;
        made.target = url.target_of(wanted.query);
        made.range = {0, wanted.query.part.size};
        return made;
    }
    auto const& file = torrent.files()[to_number(wanted.slice.file)];
    made.target = url.target_of(torrent, wanted.slice.file);
    made.range = {wanted.slice.offset, wanted.slice.size};
    made.file_size = file.size;
    return made;
}

std::string url_of(seed_request const& wanted, http::seed_url const& url, metainfo const& torrent)
{
    if (wanted.form == seed_form::script)
        return url.url_of(wanted.query);
    return url.url_of(torrent, wanted.slice.file);
}

} // namespace webseed::core
