// Real torrents of other projects, if WEBSEED_CORPUS names the directory that holds them.

#include <webseed/metainfo.hpp>

#include "support/printing.hpp"
#include "support/torrents.hpp"
#include "torrent/bencode.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>

using namespace webseed;

namespace {

/// A line of INDEX.tsv by the names of its columns.
using row = std::map<std::string, std::string>;

std::vector<std::string> cells_of(std::string const& line)
{
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, '\t');)
        cells.push_back(cell);
    return cells;
}

/// Calls `visit` with each row that `wanted` picks and the bytes of its file. Without a corpus: says so.
void for_each_row(std::function<bool(row const&)> wanted, std::function<void(row const&, std::string const&)> visit)
{
    auto const directory = std::getenv("WEBSEED_CORPUS");
    if (directory == nullptr)
    {
        MESSAGE("skipped: WEBSEED_CORPUS is not set");
        return;
    }
    std::ifstream index(std::string(directory) + "/INDEX.tsv");
    std::string line;
    REQUIRE(std::getline(index, line));
    auto const names = cells_of(line);
    std::size_t count = 0;
    while (std::getline(index, line))
    {
        row cells;
        auto const values = cells_of(line);
        for (std::size_t i = 0; i < values.size() && i < names.size(); ++i)
            cells[names[i]] = values[i];
        if (!wanted(cells))
            continue;
        std::ifstream file(std::string(directory) + "/" + cells["file"], std::ios::binary);
        REQUIRE(file);
        visit(cells, {std::istreambuf_iterator<char>(file), {}});
        ++count;
    }
    CHECK(count > 0);
}

/// Rows that others take and that are refused here, by rules that README.md tells.
std::map<std::string, std::string> const refused_by_rule{
    {"malformed/libtorrent/duplicate_files.torrent", "have the same path"},
    {"malformed/libtorrent/empty_path_multi.torrent", "have the same path"},
    {"malformed/libtorrent/hidden_parent_path.torrent", "leads out of the target directory"},
    {"malformed/libtorrent/slash_path3.torrent", "leads out of the target directory"},
    {"malformed/libtorrent/symlink1.torrent", "symbolic link"},
    {"malformed/monotorrent/inline-v2-exact-piece.torrent", "unsorted keys"},
    {"malformed/monotorrent/inline-v2-single-1024.torrent", "byte"},
};

bool is_torrent(row const& cells)
{
    return cells.at("kind").starts_with("torrent-");
}

std::string hex_of(auto const& hash)
{
    return hash ? to_hex(*hash) : std::string();
}

/// The seeds of a row, a JSON list of strings without escapes, that anybody could use.
std::vector<std::string> seeds_of(std::string const& cell)
{
    std::vector<std::string> urls;
    for (auto begin = cell.find('"'); begin != cell.npos;)
    {
        auto const end = cell.find('"', begin + 1);
        auto const url = cell.substr(begin + 1, end - begin - 1);
        if (url.starts_with("http") && std::ranges::find(urls, url) == urls.end())
            urls.push_back(url);
        begin = cell.find('"', end + 1);
    }
    return urls;
}

} // namespace

TEST_CASE("corpus: what is good, and what is tolerated or mended, is read as stated")
{
    for_each_row(
        [](row const& cells) {
            return is_torrent(cells) && cells.at("expected").starts_with("ok") &&
                   !refused_by_rule.contains(cells.at("file"));
        },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            diagnostics cause;
            auto const torrent = metainfo::parse(test::bytes_of(bytes), {}, &cause);
            REQUIRE_MESSAGE(torrent, cause.message);
            CHECK(hex_of(torrent->infohash_v1()) == cells.at("infohash_v1"));
            CHECK(hex_of(torrent->infohash_v2()) == cells.at("infohash_v2"));
            CHECK(std::to_string(torrent->piece_length()) == cells.at("piece_length"));
            CHECK(std::to_string(torrent->piece_count()) == cells.at("num_pieces"));
            CHECK(std::to_string(torrent->files().size()) == cells.at("num_files"));
            CHECK(std::to_string(torrent->total_size()) == cells.at("total_size"));
            CHECK(std::to_string(std::ranges::count_if(torrent->files(), &file_entry::pad)) == cells.at("pad_files"));
            auto const seeds = seeds_of(cells.at("url_list"));
            CHECK(std::ranges::equal(torrent->web_seeds(), seeds));
            CHECK(std::ranges::equal(torrent->http_seeds(), seeds_of(cells.at("httpseeds"))));
        });
}

TEST_CASE("corpus: what is bad is refused with a reason, and so is what a rule of ours says")
{
    for_each_row(
        [](row const& cells) {
            return is_torrent(cells) &&
                   (cells.at("expected").starts_with("error:") || refused_by_rule.contains(cells.at("file")));
        },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            diagnostics cause;
            CHECK_FALSE(metainfo::parse(test::bytes_of(bytes), {}, &cause));
            CHECK_FALSE(cause.message.empty());
            auto const rule = refused_by_rule.find(cells.at("file"));
            if (rule != refused_by_rule.end())
                CHECK(cause.message.find(rule->second) != std::string::npos);
        });
}

TEST_CASE("corpus: what fuzzers found elsewhere is read or refused")
{
    for_each_row(
        [](row const& cells) { return cells.at("kind") == "fuzz"; },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            auto const torrent = metainfo::parse(test::bytes_of(bytes));
            CHECK_FALSE(torrent);
        });
}
