// torrent = "d" ... "4:info" info ... ["8:url-list" (string / list of strings)] ... "e"
// info    = "d" ... name, piece length, pieces, and either length or files ... "e"
//
// The info-hash is the digest of the bytes of `info` as they stand in the file, sorted or not.

#include <webseed/metainfo.hpp>

#include "bencode.hpp"
#include "digest.hpp"
#include "fields.hpp"
#include "file_list.hpp"
#include "url_list.hpp"

#include <cstring>
#include <utility>

namespace webseed {

struct metainfo::data
{
    torrent::file_list content;
    std::optional<sha1_hash> infohash_v1;
    std::optional<sha256_hash> infohash_v2;
    std::uint64_t piece_length = 0;
    std::vector<sha1_hash> pieces;
    std::vector<std::string> web_seeds;
    std::vector<std::string> warnings;
};

namespace {

namespace bencode = torrent::bencode;
using bencode::kind;
using torrent::fields;

/// Finds out which kinds of torrent `info` describes, before anything in it can be misread. 0: v1 alone.
boost::system::result<std::int64_t> read_meta_version(fields const& info)
{
    auto const version = info.find("meta version", kind::integer);
    if (!version)
        return version.error();
    if (!*version)
        return 0;
    auto const number = version->integer();
    if (number > 2)
        return info.refuse(errc::torrent_unsupported, "meta version", "is newer than 2, the newest that is known here");
    if (number < 1)
        return info.refuse(errc::torrent_invalid, "meta version", "is less than 1");
    if (number == 1)
        return 0;
    auto const pieces = info.find("pieces", kind::string);
    if (pieces && !*pieces)
        return info.refuse(errc::torrent_unsupported, "is for v2 (BEP 52) alone, which is not supported yet");
    return number;
}

/// Other readers of v2 refuse what is not canonical, so nobody can have verified its info-hash.
bool is_canonical(bencode::value info, metainfo_limits const& limits)
{
    auto const alone = bencode::document::parse(info.encoded(), {limits.depth_max, limits.item_count_max});
    return alone.value().is_canonical(); // it was read before, as a part of the torrent
}

error_code read_pieces(fields const& info, metainfo_limits const& limits, metainfo::data& torrent)
{
    auto const length = info.require("piece length", kind::integer);
    if (!length)
        return length.error();
    if (length->integer() <= 0)
        return info.refuse(errc::torrent_invalid, "piece length", "is not positive");
    torrent.piece_length = static_cast<std::uint64_t>(length->integer());

    auto const pieces = info.require("pieces", kind::string);
    if (!pieces)
        return pieces.error();
    auto const hashes = pieces->string();
    constexpr auto hash_size = sizeof(sha1_hash);
    if (hashes.size() % hash_size != 0)
        return info.refuse(
            errc::torrent_invalid, "pieces", std::to_string(hashes.size()) + " bytes is no multiple of 20");
    auto const count = hashes.size() / hash_size;
    auto const total = torrent.content.total_size;
    auto const wanted = total / torrent.piece_length + (total % torrent.piece_length != 0 ? 1 : 0);
    if (count != wanted)
        return info.refuse(
            errc::torrent_invalid, "pieces",
            std::to_string(count) + " hashes, but the files have " + std::to_string(wanted) + " pieces");
    if (count > limits.piece_count_max)
        return info.refuse(errc::torrent_invalid, "pieces", "more pieces than allowed");
    torrent.pieces.resize(count);
    if (count > 0)
        std::memcpy(torrent.pieces.data(), hashes.data(), hashes.size());
    return {};
}

error_code read_torrent(
    bencode::document const& document, metainfo_limits const& limits, diagnostics* cause, metainfo::data& torrent)
{
    if (!document.root().is(kind::dictionary))
        return torrent::complain(cause, errc::bencode_invalid, "byte 0: the torrent is not a dictionary");
    fields const root(document.root(), {}, cause);
    auto const info = root.require("info", kind::dictionary);
    if (!info)
        return info.error();
    fields const info_fields(*info, "info", cause);
    auto const version = read_meta_version(info_fields);
    if (!version)
        return version.error();
    if (!document.is_canonical())
    {
        if (*version == 2 && !is_canonical(*info, limits))
            return info_fields.refuse(errc::torrent_invalid, "has unsorted keys");
        torrent.warnings.push_back("the torrent has unsorted keys or a newline behind its end");
    }

    auto content = torrent::read_file_list(*info, limits, torrent.warnings, cause);
    if (!content)
        return content.error();
    torrent.content = std::move(*content);
    if (auto const failed = read_pieces(info_fields, limits, torrent))
        return failed;
    torrent.infohash_v1 = torrent::sha1_of(info->encoded());
    if (*version == 2)
        torrent.infohash_v2 = torrent::sha256_of(info->encoded());
    torrent.web_seeds = torrent::read_url_list(document.root().find("url-list"), limits, torrent.warnings);
    return {};
}

} // namespace

std::string file_entry::joined_path() const
{
    std::string joined;
    for (auto const& name : path)
    {
        if (!joined.empty())
            joined += '/';
        joined += name;
    }
    return joined;
}

metainfo::metainfo(std::shared_ptr<data const> content) noexcept
    : data_(std::move(content))
{}

boost::system::result<metainfo>
metainfo::parse(std::span<std::byte const> bytes, metainfo_limits const& limits, diagnostics* cause)
{
    if (bytes.size() > limits.size_max)
        return torrent::complain(
            cause, errc::bencode_invalid, "the torrent has more than " + std::to_string(limits.size_max) + " bytes");
    auto const document = bencode::document::parse(bytes, {limits.depth_max, limits.item_count_max}, cause);
    if (!document)
        return document.error();
    auto content = std::make_shared<data>();
    if (auto const failed = read_torrent(*document, limits, cause, *content))
        return failed;
    return metainfo(std::move(content));
}

std::string const& metainfo::name() const noexcept
{
    return data_->content.name;
}

bool metainfo::is_multi_file() const noexcept
{
    return data_->content.multi_file;
}

std::optional<sha1_hash> const& metainfo::infohash_v1() const noexcept
{
    return data_->infohash_v1;
}

std::optional<sha256_hash> const& metainfo::infohash_v2() const noexcept
{
    return data_->infohash_v2;
}

std::uint64_t metainfo::piece_length() const noexcept
{
    return data_->piece_length;
}

std::uint32_t metainfo::piece_count() const noexcept
{
    return static_cast<std::uint32_t>(data_->pieces.size());
}

std::uint64_t metainfo::total_size() const noexcept
{
    return data_->content.total_size;
}

std::span<file_entry const> metainfo::files() const noexcept
{
    return data_->content.files;
}

sha1_hash const& metainfo::piece_hash(piece_index piece) const noexcept
{
    return data_->pieces[to_number(piece)];
}

std::span<std::string const> metainfo::web_seeds() const noexcept
{
    return data_->web_seeds;
}

std::span<std::string const> metainfo::warnings() const noexcept
{
    return data_->warnings;
}

} // namespace webseed
