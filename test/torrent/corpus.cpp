// Real torrents of other projects, if WEBSEED_CORPUS names the directory that holds them.

#include <webseed/metainfo.hpp>

#include "support/printing.hpp"
#include "support/torrents.hpp"
#include "torrent/bencode.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
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

bool is_good(row const& cells)
{
    return cells.at("expected") == "ok" || cells.at("expected") == "ok:tolerated";
}

void check_parsed(row const& cells, std::string const& bytes)
{
    CAPTURE(cells.at("file"));
    diagnostics cause;
    auto const torrent = metainfo::parse(test::bytes_of(bytes), {}, &cause);
    REQUIRE_MESSAGE(torrent, cause.message);
    CHECK(to_hex(*torrent->infohash_v1()) == cells.at("infohash_v1"));
    CHECK(std::to_string(torrent->piece_length()) == cells.at("piece_length"));
    CHECK(std::to_string(torrent->piece_count()) == cells.at("num_pieces"));
    CHECK(std::to_string(torrent->files().size()) == cells.at("num_files"));
    CHECK(std::to_string(torrent->total_size()) == cells.at("total_size"));
    if (cells.at("kind") == "torrent-hybrid")
        CHECK(to_hex(*torrent->infohash_v2()) == cells.at("infohash_v2"));
}

} // namespace

TEST_CASE("corpus: good v1 and hybrid torrents are read as stated")
{
    // A link that claims to have bytes: where the bytes behind it lie is not certain, so it is refused here.
    std::set<std::string> const refused{"malformed/libtorrent/symlink1.torrent"};
    for_each_row(
        [&](row const& cells) {
            auto const& kind = cells.at("kind");
            return (kind == "torrent-v1" || kind == "torrent-hybrid") && is_good(cells) &&
                   !refused.contains(cells.at("file"));
        },
        check_parsed);
}

TEST_CASE("corpus: bad v1 torrents are refused")
{
    for_each_row(
        [](row const& cells) {
            // Torrents of nothing but empty files do no harm.
            auto const& kind = cells.at("kind");
            return (kind == "torrent-v1" || kind == "torrent-none") && cells.at("expected").starts_with("error:") &&
                   cells.at("expected") != "error:zero-size";
        },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            diagnostics cause;
            CHECK_FALSE(metainfo::parse(test::bytes_of(bytes), {}, &cause));
            CHECK_FALSE(cause.message.empty());
        });
}

TEST_CASE("corpus: torrents whose names others mend are read or refused, never with an unsafe name")
{
    for_each_row(
        [](row const& cells) { return cells.at("kind") == "torrent-v1" && cells.at("expected") == "ok:sanitised"; },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            auto const torrent = metainfo::parse(test::bytes_of(bytes));
            if (!torrent)
                CHECK(torrent.error() == errc::path_unsafe);
            else
                check_parsed(cells, bytes);
        });
}

TEST_CASE("corpus: torrents for v2 alone are refused as not supported yet")
{
    for_each_row(
        [](row const& cells) { return cells.at("kind") == "torrent-v2"; },
        [](row const& cells, std::string const& bytes) {
            CAPTURE(cells.at("file"));
            auto const torrent = metainfo::parse(test::bytes_of(bytes));
            REQUIRE_FALSE(torrent);
            if (cells.at("expected") == "ok")
                CHECK(torrent.error() == errc::torrent_unsupported);
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
