// torrent = "d" ... "4:info" info ... [url-list] [httpseeds] [piece layers] ... "e"
// info    = "d" ... name, piece length, ... "e", and
//           v1: pieces, and either length or files           v2: meta version 2, file tree           hybrid: all of it
//
// The info-hash is the digest of the bytes of `info` as they stand in the file, sorted or not.

#include <webseed/metainfo.hpp>

#include "bencode.hpp"
#include "clashes.hpp"
#include "digest.hpp"
#include "fields.hpp"
#include "file_list.hpp"
#include "links.hpp"
#include "piece_roots.hpp"
#include "url_list.hpp"
#include "v1_files.hpp"
#include "v2_files.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace webseed {

struct metainfo::data
{
    torrent::file_list content;
    std::optional<sha1_hash> infohash_v1;
    std::optional<sha256_hash> infohash_v2;
    std::uint64_t piece_length = 0;
    std::uint32_t piece_count = 0;
    std::vector<sha1_hash> hashes; // v1
    torrent::piece_roots roots;    // v2
    std::vector<std::string> web_seeds;
    std::vector<std::string> http_seeds;
    bool is_private = false;
    std::string comment;
    std::string created_by;
    std::optional<std::int64_t> creation_date;
    std::vector<std::string> warnings;
};

namespace {

namespace bencode = torrent::bencode;
using bencode::kind;
using torrent::fields;

constexpr std::uint64_t v2_piece_length_min = 16 * 1024;

class reader
{
public:
    reader(
        bencode::document const& document, metainfo_limits const& limits, diagnostics* cause, metainfo::data& torrent)
        : document_(document)
        , limits_(limits)
        , cause_(cause)
        , torrent_(torrent)
    {}

    error_code read()
    {
        if (!document_.root().is(kind::dictionary))
            return torrent::complain(cause_, errc::bencode_invalid, "byte 0: the torrent is not a dictionary");
        fields const root(document_.root(), {}, cause_);
        auto const info = root.require("info", kind::dictionary);
        if (!info)
            return info.error();
        info_ = *info;
        fields const keys(info_, "info", cause_);
        for (auto const step :
             {&reader::read_format, &reader::read_piece_length, &reader::read_name, &reader::read_files,
              &reader::read_piece_count, &reader::read_hashes})
        {
            if (auto const failed = (this->*step)(keys))
                return failed;
        }
        warn_of_names();
        if (auto const failed = torrent::resolve_clashes(torrent_.content, torrent_.warnings, cause_))
            return failed;
        torrent::resolve_links(torrent_.content, torrent_.warnings);
        read_rest();
        return {};
    }

private:
    /// Finds out which kind of torrent it is, before anything in it can be misread.
    error_code read_format(fields const& info)
    {
        auto const version = info.find("meta version", kind::integer);
        if (!version)
            return version.error();
        auto const number = *version ? version->integer() : 1;
        if (number > 2)
            return info.refuse(
                errc::torrent_unsupported, "meta version", "is newer than 2, the newest that is known here");
        if (number < 1)
            return info.refuse(errc::torrent_invalid, "meta version", "is less than 1");
        auto const pieces = info.find("pieces", kind::string);
        if (!pieces)
            return pieces.error();
        has_v2_ = number == 2;
        has_v1_ = !has_v2_ || *pieces || info_.find("files") || info_.find("length");
        // Other readers of v2 refuse what is not canonical, so nobody can have verified its info-hash.
        if (has_v2_ && !document_.is_canonical() && !is_canonical(info_))
            return info.refuse(errc::torrent_invalid, "has unsorted keys");
        if (!document_.is_canonical())
            torrent_.warnings.emplace_back("the torrent has unsorted keys or a newline behind its end");
        if (has_v1_)
            torrent_.infohash_v1 = torrent::sha1_of(info_.encoded());
        if (has_v2_)
            torrent_.infohash_v2 = torrent::sha256_of(info_.encoded());
        return {};
    }

    bool is_canonical(bencode::value value) const
    {
        auto const alone = bencode::document::parse(value.encoded(), {limits_.depth_max, limits_.item_count_max});
        return alone.value().is_canonical(); // it was read before, as a part of the torrent
    }

    error_code read_piece_length(fields const& info)
    {
        auto const length = info.require("piece length", kind::integer);
        if (!length)
            return length.error();
        if (length->integer() <= 0)
            return info.refuse(errc::torrent_invalid, "piece length", "is not positive");
        torrent_.piece_length = static_cast<std::uint64_t>(length->integer());
        if (has_v2_ && (!std::has_single_bit(torrent_.piece_length) || torrent_.piece_length < v2_piece_length_min))
            return info.refuse(
                errc::torrent_invalid, "piece length", "is no power of two from 16384 on, as v2 needs it");
        return {};
    }

    error_code read_name(fields const& info)
    {
        auto name = info.find("name.utf-8", kind::string);
        if (name && !*name)
            name = has_v1_ ? info.require("name", kind::string) : info.find("name", kind::string);
        if (!name)
            return name.error();
        auto const otherwise = torrent_.infohash_v1 ? to_hex(*torrent_.infohash_v1) : to_hex(*torrent_.infohash_v2);
        auto const raw = *name ? name->string() : std::string_view(otherwise);
        if (auto const fault = torrent::file_list_builder(torrent_.content).set_name(raw, otherwise))
            return info.refuse(errc::path_unsafe, name->key(), fault);
        return {};
    }

    error_code read_files(fields const& info)
    {
        auto& content = torrent_.content;
        torrent::v2_reading how{limits_, cause_, torrent_.piece_length, has_v1_};
        if (!has_v1_)
        {
            if (auto const failed = torrent::read_v2_files(info_, how, content, roots_))
                return failed;
        }
        else if (auto const failed = torrent::read_v1_files(info_, limits_, cause_, content))
            return failed;
        if (content.total_size == 0)
            return info.refuse(errc::torrent_invalid, "has files without a single byte");
        if (!has_v1_ || !has_v2_)
            return {};
        tree_.name = content.name;
        tree_.root = content.root;
        tree_.multi_file = content.multi_file;
        if (auto const failed = torrent::read_v2_files(info_, how, tree_, roots_))
            return failed;
        return torrent::check_agreement(content, tree_, cause_);
    }

    error_code read_piece_count(fields const& info)
    {
        auto const end = torrent_.content.end_offset;
        auto const count = end / torrent_.piece_length + (end % torrent_.piece_length != 0 ? 1 : 0);
        auto const pieces = has_v1_ ? info.require("pieces", kind::string) : bencode::value();
        if (!pieces)
            return pieces.error();
        auto const size = *pieces ? pieces->string().size() : 0;
        if (size % sizeof(sha1_hash) != 0)
            return info.refuse(errc::torrent_invalid, "pieces", std::to_string(size) + " bytes is no multiple of 20");
        if (has_v1_ && size / sizeof(sha1_hash) != count)
            return info.refuse(
                errc::torrent_invalid, "pieces",
                std::to_string(size / sizeof(sha1_hash)) + " hashes, but the files have " + std::to_string(count) +
                    " pieces");
        if (count > limits_.piece_count_max)
            return info.refuse(errc::torrent_invalid, "piece length", "gives more pieces than allowed");
        torrent_.piece_count = static_cast<std::uint32_t>(count);
        torrent_.hashes.resize(has_v1_ ? count : 0);
        if (has_v1_)
            std::memcpy(torrent_.hashes.data(), pieces->string().data(), size);
        return {};
    }

    error_code read_hashes(fields const&)
    {
        if (!has_v2_)
            return {};
        auto const layers = document_.root().find("piece layers");
        auto const& files = has_v1_ ? tree_ : torrent_.content;
        auto const needs_layers = std::ranges::any_of(
            files.files, [this](file_entry const& file) { return file.size > torrent_.piece_length; });
        if (has_v1_ && !layers && needs_layers)
        {
            torrent_.warnings.emplace_back("the hashes of v2 (piece layers) are missing: v1's alone verify");
            return {};
        }
        auto read = torrent::piece_roots::read(layers, files, roots_, torrent_.piece_length, cause_);
        if (!read)
            return read.error();
        torrent_.roots = std::move(*read);
        if (has_v1_)
        {
            std::vector<std::uint32_t> places;
            for (std::uint32_t i = 0; i != torrent_.content.files.size(); ++i)
                if (!torrent_.content.files[i].pad)
                    places.push_back(i);
            torrent_.roots.spread(places, torrent_.content.files.size());
        }
        return {};
    }

    void warn_of_names()
    {
        auto const& content = torrent_.content;
        if (content.raw_paths.empty())
            return;
        auto const& first = content.files[content.raw_paths.begin()->first];
        torrent_.warnings.push_back(
            "names that are others on the disk: " + std::to_string(content.raw_paths.size()) + ", the first is " +
            std::string(first.path));
    }

    /// What stands outside `info`, or doesn't matter: nothing in it fails the torrent.
    void read_rest()
    {
        auto const root = document_.root();
        torrent_.web_seeds = torrent::read_url_list("url-list", root.find("url-list"), limits_, torrent_.warnings);
        torrent_.http_seeds = torrent::read_url_list("httpseeds", root.find("httpseeds"), limits_, torrent_.warnings);
        std::erase_if(torrent_.http_seeds, [this](std::string const& url) {
            return std::ranges::find(torrent_.web_seeds, url) != torrent_.web_seeds.end();
        });
        auto const text_of = [root](std::string_view key) {
            auto const value = root.find(key);
            return value.is(kind::string) ? std::string(value.string()) : std::string();
        };
        torrent_.comment = text_of("comment");
        torrent_.created_by = text_of("created by");
        if (auto const date = root.find("creation date"); date.is(kind::integer))
            torrent_.creation_date = date.integer();
        auto const flag = info_.find("private");
        torrent_.is_private = flag.is(kind::integer) && flag.integer() != 0;
    }

    bencode::document const& document_;
    metainfo_limits const& limits_;
    diagnostics* cause_;
    metainfo::data& torrent_;
    bencode::value info_;
    bool has_v1_ = false;
    bool has_v2_ = false;
    torrent::file_list tree_;             // of a hybrid
    std::vector<std::string_view> roots_; // of the files of v2
};

} // namespace

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
    if (auto const failed = reader(*document, limits, cause, *content).read())
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
    return data_->piece_count;
}

std::uint64_t metainfo::total_size() const noexcept
{
    return data_->content.total_size;
}

std::uint64_t metainfo::end_offset() const noexcept
{
    return data_->content.end_offset;
}

std::span<file_entry const> metainfo::files() const noexcept
{
    return data_->content.files;
}

std::span<sha1_hash const> metainfo::piece_hashes() const noexcept
{
    return data_->hashes;
}

std::span<sha256_hash const> metainfo::piece_roots(file_index file) const noexcept
{
    return data_->roots.empty() ? std::span<sha256_hash const>() : data_->roots.of(to_number(file));
}

std::vector<std::string_view> metainfo::raw_path(file_index file) const
{
    auto const& content = data_->content;
    if (auto const found = content.raw_paths.find(to_number(file)); found != content.raw_paths.end())
        return {found->second.begin(), found->second.end()};
    std::vector<std::string_view> elements;
    auto rest = content.files[to_number(file)].path;
    if (content.multi_file && !rest.empty())
        rest.remove_prefix(content.root.size() + 1);
    elements.reserve(static_cast<std::size_t>(std::ranges::count(rest, '/')) + 1);
    while (!rest.empty())
    {
        auto const end = std::min(rest.find('/'), rest.size());
        elements.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return elements;
}

std::string_view metainfo::link_target(file_index file) const noexcept
{
    auto const& targets = data_->content.link_targets;
    auto const found = targets.find(to_number(file));
    return found == targets.end() ? std::string_view() : found->second;
}

std::span<std::string const> metainfo::web_seeds() const noexcept
{
    return data_->web_seeds;
}

std::span<std::string const> metainfo::http_seeds() const noexcept
{
    return data_->http_seeds;
}

bool metainfo::is_private() const noexcept
{
    return data_->is_private;
}

std::string const& metainfo::comment() const noexcept
{
    return data_->comment;
}

std::string const& metainfo::created_by() const noexcept
{
    return data_->created_by;
}

std::optional<std::int64_t> metainfo::creation_date() const noexcept
{
    return data_->creation_date;
}

std::span<std::string const> metainfo::warnings() const noexcept
{
    return data_->warnings;
}

metainfo metainfo::select(std::span<file_index const> files) const
{
    auto wanted = std::make_shared<std::vector<bool>>(data_->content.files.size());
    for (auto const file : files)
        if (to_number(file) < wanted->size())
            (*wanted)[to_number(file)] = true;
    auto selected = *this;
    selected.selection_ = std::move(wanted);
    return selected;
}

bool metainfo::is_wanted(file_index file) const noexcept
{
    return !data_->content.files[to_number(file)].pad && (!selection_ || (*selection_)[to_number(file)]);
}

} // namespace webseed
