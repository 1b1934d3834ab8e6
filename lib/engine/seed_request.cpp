#include "engine/seed_request.hpp"

#include "http/text.hpp"

#include <algorithm>

namespace webseed::core {

namespace {

// Whether a file of that name is a page of HTML, and so what else would be an excuse for not having it.
bool is_page(std::string_view name)
{
    constexpr std::string_view endings[] = {".html", ".htm", ".xhtml", ".xht", ".shtml"};
    return std::ranges::any_of(endings, [&](std::string_view ending) { return http::ends_with(name, ending); });
}

} // namespace

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

http::url url_of(seed_request const& wanted, http::seed_url const& url, metainfo const& torrent)
{
    if (wanted.form == seed_form::script)
        return url.of(wanted.query);
    return url.of(torrent, wanted.slice.file);
}

http::range_request http_request_of(seed_request const& wanted, metainfo const& torrent)
{
    http::range_request made;
    if (wanted.form == seed_form::script)
    {
        made.kind = http::answer_kind::exact;
        made.range = wanted.query.part;
        made.file_size = wanted.query.piece_size;
        made.is_all_asked = !wanted.is_part_asked();
        return made;
    }
    made.range = {wanted.slice.offset, wanted.slice.size};
    auto const& file = torrent.files()[to_number(wanted.slice.file)];
    made.file_size = file.size;
    made.is_page = is_page(file.path);
    return made;
}

} // namespace webseed::core
