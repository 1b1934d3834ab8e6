// Whatever parse() accepts keeps every promise of its header, and the layout maps it without a gap or an overlap.
#include "fuzz/allocations.hpp"
#include "fuzz/input.hpp"
#include "torrent/bencode.hpp"
#include "torrent/digest.hpp"
#include "torrent/layout.hpp"

#include <webseed/metainfo.hpp>

#include <filesystem>
#include <limits>
#include <set>
#include <vector>

namespace webseed::test {

namespace {

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_utf8(std::string_view text)
{
    auto const codes = std::filesystem::path(text).u8string();
    std::mbstate_t state{};
    for (std::size_t at = 0; at != codes.size();)
    {
        char16_t unused{};
        auto const size =
            std::mbrtoc16(&unused, reinterpret_cast<char const*>(codes.data()) + at, codes.size() - at, &state);
        if (size == static_cast<std::size_t>(-1) || size == static_cast<std::size_t>(-2))
            return false;
        at += size == static_cast<std::size_t>(-3) ? 0 : size;
    }
    return true;
}

bool is_safe(std::string_view name)
{
    return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
           name.find_first_of("/\\") == name.npos && !has_control(name) && is_utf8(name);
}

void check_path(metainfo const& torrent, file_entry const& file, metainfo_limits const& limits)
{
    std::vector<std::string_view> names;
    for (auto rest = file.path; !rest.empty(); rest.remove_prefix(std::min(names.back().size() + 1, rest.size())))
        names.push_back(rest.substr(0, rest.find('/')));
    require(torrent.is_multi_file() ? names.size() > 1 : names.size() == 1, "only a list has paths below it");
    require(names.size() <= limits.path_depth_max + 1, "a path is no deeper than allowed");
    require(std::ranges::all_of(names, is_safe), "all names are safe");
    std::filesystem::path const path(file.path);
    require(path.is_relative() && path.lexically_normal() == path, "a path has no way up and no way round");
}

// No file lies where another one lies, or needs a directory.
void check_places(metainfo const& torrent)
{
    std::set<std::string_view> places;
    for (auto const& file : torrent.files())
        if (!file.pad)
            require(places.insert(file.path).second, "no two files have the same path");
    for (auto const& place : places)
        for (auto slash = place.find('/'); slash != place.npos; slash = place.find('/', slash + 1))
            require(!places.contains(place.substr(0, slash)), "no file is the directory of another");
}

void check_files(metainfo const& torrent, metainfo_limits const& limits)
{
    require(is_safe(torrent.name()), "the name is safe");
    require(!torrent.files().empty() && torrent.files().size() <= limits.file_count_max, "there are files");
    require(torrent.is_multi_file() || torrent.files().size() == 1, "a single file is alone");
    std::uint64_t total = 0;
    for (auto const& file : torrent.files())
    {
        require(file.offset == total, "files follow each other");
        require(file.size <= std::numeric_limits<std::int64_t>::max() - total, "the sum stays in 63 bits");
        total += file.size;
        if (file.pad)
            require(file.path.empty(), "a pad has no path");
        else
            check_path(torrent, file, limits);
    }
    require(torrent.total_size() == total, "the sum is right");
    check_places(torrent);
}

void check_pieces(metainfo const& torrent, metainfo_limits const& limits)
{
    require(torrent.piece_length() > 0, "pieces have a length");
    require(torrent.piece_count() <= limits.piece_count_max, "there are not more pieces than allowed");
    auto const whole = torrent.total_size() / torrent.piece_length();
    auto const part = torrent.total_size() % torrent.piece_length() != 0;
    require(torrent.piece_count() == whole + (part ? 1 : 0), "the pieces make up the files");
}

void check_told(metainfo const& torrent, metainfo_limits const& limits)
{
    std::set<std::string_view> known;
    require(torrent.web_seeds().size() <= limits.seed_count_max, "there are not more seeds than allowed");
    require(torrent.http_seeds().size() <= limits.seed_count_max, "nor of the other kind");
    for (auto const& url : torrent.web_seeds())
    {
        require(known.insert(url).second, "no seed is there twice");
        require(url.size() <= limits.seed_url_size_max && !has_control(url), "a seed's URL is short and printable");
        require(!url.starts_with(' ') && !url.ends_with(' '), "a seed's URL is trimmed");
        std::string scheme(url.substr(0, url.find(':')));
        std::ranges::transform(scheme, scheme.begin(), [](char c) { return static_cast<char>(c | 0x20); });
        require(scheme == "http" || scheme == "https", "a seed's URL is for HTTP");
    }
    for (auto const& line : torrent.warnings())
        require(!line.empty() && !has_control(line), "a warning is one line");
}

void check_hashes(metainfo const& torrent, std::span<std::byte const> bytes)
{
    auto const document = torrent::bencode::document::parse(bytes);
    auto const info = document->root().find("info");
    require(torrent.infohash_v1() == torrent::sha1_of(info.encoded()), "the info-hash is that of the raw bytes");
    auto const pieces = info.find("pieces").string();
    require(pieces.size() == torrent.piece_count() * sizeof(sha1_hash), "every piece has its hash");
    for (std::uint32_t i = 0; i != torrent.piece_count(); ++i)
        require(
            text_of(torrent.piece_hash(piece_index{i})) == pieces.substr(i * sizeof(sha1_hash), sizeof(sha1_hash)),
            "every piece has its own hash");
}

void check_layout(metainfo const& torrent)
{
    torrent::layout const layout(torrent);
    auto const piece_count = torrent.piece_count();
    std::vector<torrent::piece_run> seen(torrent.files().size());
    std::uint64_t at = 0;
    std::uint64_t file = 0;
    std::uint64_t in_file = 0;
    for (std::uint32_t i = 0; i != piece_count; ++i)
    {
        auto const range = layout.range_of(piece_index{i});
        require(range.offset == at && !range.empty(), "pieces follow each other");
        require(range.size == torrent.piece_length() || i + 1 == piece_count, "only the last piece is short");
        require(layout.contains(range), "the layout contains its pieces");
        require(to_number(layout.piece_at(range.offset)) == i, "the first byte of a piece is in it");
        require(to_number(layout.piece_at(range.end() - 1)) == i, "the last byte of a piece is in it");
        for (auto const& slice : layout.slices(range))
        {
            while (in_file == torrent.files()[file].size) // done, or empty
            {
                ++file;
                in_file = 0;
            }
            auto const& entry = torrent.files()[file];
            require(to_number(slice.file) == file && slice.offset == in_file, "slices follow each other");
            require(slice.size > 0 && slice.size <= entry.size - in_file, "a slice lies in its file");
            require(slice.pad == entry.pad, "a slice knows whether it's padding");
            require(entry.offset + slice.offset == at, "a slice lies where its file says");
            in_file += slice.size;
            at += slice.size;
            seen[file] = {seen[file].empty() ? i : seen[file].first, i + 1};
        }
        require(at == range.end(), "the slices make up the piece");
    }
    require(at == layout.total_size(), "the pieces make up the torrent");
    require(layout.range_of(torrent::piece_run{0, piece_count}) == byte_range{0, at}, "all pieces are all bytes");
    require(!layout.contains({0, at + 1}) && !layout.contains({at, 1}), "the layout contains nothing else");
    for (std::uint32_t i = 0; i != seen.size(); ++i)
        require(layout.pieces_of(file_index{i}) == seen[i], "a file has the pieces that hold its slices");
}

boost::system::result<metainfo> check(std::span<std::byte const> bytes, metainfo_limits const& limits)
{
    diagnostics cause;
    boost::system::result<metainfo> parsed = error_code();
    {
        allocation_peak const peak;
        parsed = metainfo::parse(bytes, limits, &cause);
        require(peak.bytes() <= 64 * bytes.size() + 65536, "memory is bounded by the input");
    }
    require(metainfo::parse(bytes, limits).has_value() == parsed.has_value(), "it's the same without a cause");
    if (!parsed)
    {
        auto const error = parsed.error();
        require(
            error == errc::bencode_invalid || error == errc::torrent_invalid || error == errc::torrent_unsupported ||
                error == errc::path_unsafe,
            "a refusal is one of those promised");
        require(!cause.message.empty() && !has_control(cause.message), "a refusal has a cause of one line");
        return parsed;
    }
    check_files(*parsed, limits);
    check_pieces(*parsed, limits);
    check_told(*parsed, limits);
    check_hashes(*parsed, bytes);
    check_layout(*parsed);
    return parsed;
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    [[maybe_unused]] static auto const ready = torrent::sha1_of({}); // OpenSSL's own memory isn't the torrent's
    auto const parsed = check(bytes, {});
    metainfo_limits tight;
    tight.size_max = 1024;
    tight.depth_max = 4;
    tight.item_count_max = 48;
    tight.file_count_max = 3;
    tight.piece_count_max = 4;
    tight.seed_count_max = 2;
    tight.seed_url_size_max = 24;
    tight.path_depth_max = 3;
    auto const parsed_tightly = check(bytes, tight);
    if (parsed_tightly)
        require(parsed && parsed->infohash_v1() == parsed_tightly->infohash_v1(), "limits only refuse");
}

} // namespace webseed::test
