// Whatever parse() accepts keeps every promise of its header, and the layout maps it without a gap or an overlap.
#include "fuzz/allocations.hpp"
#include "fuzz/input.hpp"
#include "torrent/bencode.hpp"
#include "torrent/digest.hpp"
#include "torrent/layout.hpp"
#include "torrent/merkle.hpp"

#include <webseed/metainfo.hpp>

#include <array>
#include <bit>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <vector>

namespace webseed::test {

namespace {

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// By the table of RFC 3629: what the byte behind the first may be, then bytes from 80 to bf.
bool is_utf8(std::string_view text)
{
    struct row
    {
        unsigned first, last; // byte
        unsigned second_first, second_last;
        std::size_t size;
    };
    constexpr row rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    auto const is_between = [&](std::size_t i, unsigned first, unsigned last) {
        return i < text.size() && static_cast<unsigned char>(text[i]) >= first &&
               static_cast<unsigned char>(text[i]) <= last;
    };
    while (!text.empty())
    {
        auto const* const found =
            std::ranges::find_if(rows, [&](row const& each) { return is_between(0, each.first, each.last); });
        if (found == std::end(rows) || (found->size > 1 && !is_between(1, found->second_first, found->second_last)))
            return false;
        for (std::size_t i = 2; i < found->size; ++i)
            if (!is_between(i, 0x80, 0xbf))
                return false;
        text.remove_prefix(found->size);
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
    require(!torrent.files().empty() && torrent.files().size() <= limits.file_count_max, "there are files");
    require(torrent.is_multi_file() || torrent.files().size() == 1, "a single file is alone");
    auto const is_aligned = torrent.piece_hashes().empty();
    std::uint64_t total = 0;
    std::uint64_t end = 0;
    for (auto const& file : torrent.files())
    {
        if (auto const beyond = end % torrent.piece_length(); is_aligned && file.size != 0 && beyond != 0)
            end += torrent.piece_length() - beyond;
        require(file.offset == end, "files follow each other, in v2 from piece to piece");
        require(file.size <= std::numeric_limits<std::int64_t>::max() - end, "the end stays in 63 bits");
        total += file.size;
        end += file.size;
        if (file.pad)
            require(file.path.empty() && !is_aligned, "a pad has no path, and v2 has no pads");
        else
            check_path(torrent, file, limits);
    }
    require(torrent.total_size() == total && torrent.end_offset() == end, "the sums are right");
    check_places(torrent);
}

void check_link(metainfo const& torrent, file_entry const& file, std::string_view text)
{
    std::filesystem::path const target(text);
    require(file.link && file.size == 0, "only links lead somewhere, and have no bytes");
    require(target.is_relative() && !has_control(text) && is_utf8(text), "a link's target is a path from the link");
    auto const place = (std::filesystem::path(file.path).parent_path() / target).lexically_normal();
    require(!place.empty() && *place.begin() != ".." && *place.begin() != ".", "a link stays in the target directory");
    require(
        !torrent.is_multi_file() || *place.begin() == *std::filesystem::path(file.path).begin(),
        "a link stays in the torrent's directory");
}

void check_names(metainfo const& torrent)
{
    std::set<std::vector<std::string_view>> asked;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const& file = torrent.files()[i];
        auto const raw = torrent.raw_path(file_index{i});
        require(raw.empty() == file.pad, "a server can be asked for all but pads");
        require(file.pad || asked.insert(raw).second, "a server isn't asked for two files by one name");
        if (auto const target = torrent.link_target(file_index{i}); !target.empty())
            check_link(torrent, file, target);
        require(torrent.is_wanted(file_index{i}) == !file.pad, "all is wanted but pads");
    }
}

void check_pieces(metainfo const& torrent, metainfo_limits const& limits)
{
    require(torrent.piece_length() > 0, "pieces have a length");
    require(torrent.piece_count() <= limits.piece_count_max, "there are not more pieces than allowed");
    auto const whole = torrent.end_offset() / torrent.piece_length();
    auto const part = torrent.end_offset() % torrent.piece_length() != 0;
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
    auto const v1 = torrent.infohash_v1();
    auto const v2 = torrent.infohash_v2();
    require(v1 || v2, "there is an info-hash");
    require(!v1 || *v1 == torrent::sha1_of(info.encoded()), "the info-hash is that of the raw bytes");
    require(!v2 || *v2 == torrent::sha256_of(info.encoded()), "the info-hash is that of the raw bytes");
    auto const hashes = torrent.piece_hashes();
    require(hashes.size() == (v1 ? torrent.piece_count() : 0), "every piece has its hash");
    if (v1)
        require(text_of(std::as_bytes(hashes)) == info.find("pieces").string(), "every piece has its own hash");
}

/// The root over hashes of pieces, by plain halving.
sha256_hash top_of(std::vector<sha256_hash> nodes)
{
    for (; nodes.size() > 1; nodes.resize(nodes.size() / 2))
        for (std::size_t i = 0; i != nodes.size() / 2; ++i)
            nodes[i] = torrent::sha256_of(std::as_bytes(std::span(nodes).subspan(2 * i, 2)));
    return nodes.front();
}

void check_roots(metainfo const& torrent)
{
    auto zero = sha256_hash{};
    for (auto length = torrent.piece_length(); torrent.infohash_v2() && length > 16384; length /= 2)
    {
        std::array const both{zero, zero};
        zero = torrent::sha256_of(std::as_bytes(std::span(both)));
    }
    auto has_roots = false;
    auto lacks_roots = false;
    std::map<sha256_hash, sha256_hash const*> places;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const& file = torrent.files()[i];
        auto const roots = torrent.piece_roots(file_index{i});
        if (file.size == 0 || file.pad)
        {
            require(roots.empty(), "what has no bytes of its own has no roots");
            continue;
        }
        has_roots = has_roots || !roots.empty();
        lacks_roots = lacks_roots || roots.empty();
        if (roots.empty())
            continue;
        require(file.offset % torrent.piece_length() == 0, "a file with roots begins with a piece");
        require(roots.size() == (file.size - 1) / torrent.piece_length() + 1, "there is a root for each piece");
        std::vector<sha256_hash> nodes(roots.begin(), roots.end());
        nodes.resize(std::bit_ceil(nodes.size()), zero);
        auto const [place, is_new] = places.emplace(top_of(nodes), roots.data());
        require(place->second == roots.data(), "equal files have their roots in one place");
    }
    require(!has_roots || !lacks_roots, "all files have roots, or none");
    require(has_roots == torrent.infohash_v2().has_value() || !torrent.warnings().empty(), "v2 has roots");
    require(has_roots || torrent.infohash_v1(), "v2 alone has roots");
}

// All slices make up the stream, those of pads and of the nothing between files, too.
void check_gaps(torrent::layout const& layout)
{
    std::uint64_t at = 0;
    std::uint64_t data = 0;
    for (auto const& slice : layout.slices({0, layout.end_offset()}))
    {
        auto const& file = layout.torrent().files()[to_number(slice.file)];
        auto const is_nothing = slice.offset >= file.size;
        require(slice.size != 0 && file.offset + slice.offset == at, "slices follow each other");
        require(slice.pad == (file.pad || is_nothing), "nothing passes for a pad");
        at += slice.size;
        data += is_nothing ? 0 : slice.size;
    }
    require(at == layout.end_offset() && data == layout.torrent().total_size(), "slices make up the stream");
}

// Of half of the files: what is left out shares no piece with what is wanted.
void check_selection(metainfo const& torrent)
{
    std::vector<file_index> half;
    for (std::uint32_t i = 0; i < torrent.files().size(); i += 2)
        half.push_back(file_index{i});
    torrent::layout const layout(torrent.select(half));
    std::vector<bool> wanted(torrent.piece_count());
    auto is_all = true;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
    {
        auto const is_wanted = layout.torrent().is_wanted(file_index{i});
        require(is_wanted == (i % 2 == 0 && !torrent.files()[i].pad), "what is selected is wanted, but pads");
        is_all = is_all && (is_wanted || torrent.files()[i].pad || torrent.files()[i].size == 0);
        for (auto run = layout.pieces_of(file_index{i}); is_wanted && !run.empty(); ++run.first)
            wanted[run.first] = true;
    }
    for (auto run : layout.unwanted())
        for (; !run.empty(); ++run.first)
        {
            require(!wanted[run.first], "what is wanted isn't left out");
            wanted[run.first] = true;
        }
    require(is_all || std::ranges::find(wanted, false) == wanted.end(), "what isn't wanted is left out");
    for (auto const& [file, earlier] : layout.equal_files())
    {
        require(to_number(earlier) < to_number(file), "an equal file comes before");
        require(torrent.files()[to_number(file)].size == torrent.files()[to_number(earlier)].size, "and is as long");
        require(layout.torrent().is_wanted(file) && layout.torrent().is_wanted(earlier), "equal files are wanted ones");
    }
}

void check_layout(metainfo const& torrent)
{
    torrent::layout const layout(torrent);
    auto const piece_count = torrent.piece_count();
    auto const is_aligned = torrent.piece_hashes().empty();
    std::uint64_t size = 0;
    std::vector<torrent::piece_run> seen(torrent.files().size());
    std::uint64_t at = 0;
    std::uint64_t file = 0;
    std::uint64_t in_file = 0;
    for (std::uint32_t i = 0; i != piece_count; ++i)
    {
        auto const range = layout.range_of(piece_index{i});
        if (is_aligned)
            at = i * torrent.piece_length(); // behind the nothing
        require(range.offset == at && !range.empty(), "pieces follow each other");
        auto const is_whole = range.size == torrent.piece_length();
        require(is_whole || i + 1 == piece_count || is_aligned, "only the last piece is short");
        size += range.size;
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
        auto const is_end = file == torrent.files().size() || in_file == torrent.files()[file].size;
        require(is_whole || is_end || !is_aligned, "only the last piece of a file is short");
    }
    require(at == layout.end_offset(), "the pieces make up the torrent");
    require(size == torrent.total_size() && layout.size_of({0, piece_count}) == size, "pieces have all bytes");
    require(layout.range_of(torrent::piece_run{0, piece_count}) == byte_range{0, at}, "all pieces are all bytes");
    require(!layout.contains({0, at + 1}) && !layout.contains({at, 1}), "the layout contains nothing else");
    check_gaps(layout);
    for (std::uint32_t i = 0; i != seen.size(); ++i)
        require(layout.pieces_of(file_index{i}) == seen[i], "a file has the pieces that hold its slices");
}

// The same bytes with the root of each piece layer in the place of the 32 bytes that stand for it: the fuzzer can't
// guess hashes.
std::string with_roots(std::span<std::byte const> bytes)
{
    std::string text(text_of(bytes));
    auto const document = torrent::bencode::document::parse(bytes);
    auto const root = document ? document->root() : torrent::bencode::value();
    auto const length = root.find("info").find("piece length");
    using torrent::bencode::kind;
    if (!length.is(kind::integer) || length.integer() < 16384 ||
        !std::has_single_bit(static_cast<std::uint64_t>(length.integer())))
        return text;
    auto const height = torrent::height_of(static_cast<std::uint64_t>(length.integer()));
    for (auto layer = root.find("piece layers").first(); layer; layer = layer.next())
    {
        auto const hashes = layer.is(kind::string) ? layer.string() : std::string_view();
        if (layer.key().size() != sizeof(sha256_hash) || hashes.empty() || hashes.size() % sizeof(sha256_hash) != 0)
            continue;
        std::vector<sha256_hash> nodes(hashes.size() / sizeof(sha256_hash));
        std::ranges::copy(hashes, reinterpret_cast<char*>(nodes.data()));
        auto const computed = torrent::root_of_layer(nodes, height);
        for (auto at = text.find(layer.key()); at != text.npos; at = text.find(layer.key(), at + sizeof computed))
            text.replace(at, sizeof computed, text_of(computed));
    }
    return text;
}

boost::system::result<metainfo> check(std::span<std::byte const> bytes, metainfo_limits const& limits)
{
    diagnostics cause;
    boost::system::result<metainfo> parsed = error_code();
    {
        allocation_peak const peak;
        parsed = metainfo::parse(bytes, limits, &cause);
        // Of a tree, paths may be longer than the tree itself: see v2_files.cpp.
        require(peak.bytes() <= 160 * bytes.size() + 4 * 65536, "memory is bounded by the input");
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
    check_names(*parsed);
    check_hashes(*parsed, bytes);
    check_roots(*parsed);
    check_layout(*parsed);
    check_selection(*parsed);
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
    if (auto const text = with_roots(bytes); text != text_of(bytes))
        check(std::as_bytes(std::span(text)), {});
    if (parsed_tightly)
        require(
            parsed && parsed->infohash_v1() == parsed_tightly->infohash_v1() &&
                parsed->infohash_v2() == parsed_tightly->infohash_v2(),
            "limits only refuse");
}

} // namespace webseed::test
