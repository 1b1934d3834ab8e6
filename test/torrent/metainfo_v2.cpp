// What makes a torrent one of v2 or a hybrid, and how the two halves of a hybrid have to agree.
#include <webseed/metainfo.hpp>

#include "support/content.hpp"
#include "support/printing.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace webseed;
using test::bytes_of;
using test::dictionary_of;
using test::encoded;
using test::hybrid_parts_of;
using test::letters;
using test::list_of;
using test::list_of_strings;
using test::parsed;
using test::v2_file;
using test::v2_parts;
using test::v2_parts_of;

namespace {

std::vector<v2_file> two_files()
{
    return {{{"a"}, letters(40'000)}, {{"b"}, "b"}};
}

/// Files, empty ones and a link in between.
std::vector<v2_file> mixed_files()
{
    return {
        {{"a"}, letters(40'000)},
        {{"d", "b"}, letters(16384)},
        {{"d", "c"}, "c", {{"attr", encoded("x")}}},
        {{"d", "e"}, ""},
        {{"d", "l"}, "", {{"attr", encoded("l")}, {"symlink path", list_of_strings({"a"})}}},
        {{"f"}, letters(40'000)},
    };
}

void check_refused(v2_parts const& parts, errc error, std::string const& message)
{
    CAPTURE(message);
    diagnostics cause;
    auto const torrent = metainfo::parse(bytes_of(parts.text()), {}, &cause);
    REQUIRE_FALSE(torrent);
    CHECK(torrent.error() == error);
    CHECK_MESSAGE(cause.message.find(message) != std::string::npos, cause.message);
}

/// The entries of a v1 list with a change, as the value of `files`.
std::string
changed_list(std::vector<v2_file> const& files, std::function<void(std::vector<test::bencoded_keys>&)> change)
{
    auto entries = test::padded_list_of(files, 16384).first;
    change(entries);
    std::vector<std::string> texts;
    for (auto const& entry : entries)
        texts.push_back(dictionary_of(entry));
    return list_of(texts);
}

/// A hybrid of mixed_files() whose v1 list was changed, with as many hashes as it needs.
v2_parts with_changed_list(std::function<void(std::vector<test::bencoded_keys>&)> change, std::uint64_t total = 131'072)
{
    auto parts = hybrid_parts_of(mixed_files());
    parts.info["files"] = changed_list(mixed_files(), std::move(change));
    parts.info["pieces"] = encoded(std::string((total + 16383) / 16384 * 20, 'A'));
    return parts;
}

} // namespace

TEST_CASE("a newer meta version is refused before anything else is looked at, an older one than the first is none")
{
    for (auto const& parts : {v2_parts_of(two_files()), hybrid_parts_of(two_files())})
    {
        auto wrong = parts;
        wrong.info["meta version"] = encoded(3);
        check_refused(wrong, errc::torrent_unsupported, "is newer than 2");
        wrong.info["piece length"] = encoded("nonsense");
        wrong.info["file tree"] = encoded(1);
        wrong.info["name"] = encoded("..");
        check_refused(wrong, errc::torrent_unsupported, "is newer than 2");
        for (auto const number : {0, -1, -2})
        {
            wrong.info["meta version"] = encoded(number);
            check_refused(wrong, errc::torrent_invalid, "is less than 1");
        }
        wrong.info["meta version"] = encoded("2");
        check_refused(wrong, errc::torrent_invalid, "meta version");
    }
}

TEST_CASE("meta version 1, like none, means v1, whatever stands beside it")
{
    auto hybrid = hybrid_parts_of(two_files());
    hybrid.info["meta version"] = encoded(1);
    auto const torrent = parsed(hybrid);
    CHECK(torrent.infohash_v1());
    CHECK_FALSE(torrent.infohash_v2());
    CHECK(torrent.piece_roots(file_index{0}).empty());
    auto v2 = v2_parts_of(two_files());
    v2.info.erase("meta version");
    check_refused(v2, errc::torrent_invalid, "has neither length nor files");
}

TEST_CASE("the piece length of v2 is a power of two from 16384 on")
{
    for (std::int64_t const length : {0, -16384, 1, 8192, 16383, 16385, 24576, 49152})
    {
        auto parts = v2_parts_of(two_files());
        parts.info["piece length"] = encoded(length);
        check_refused(parts, errc::torrent_invalid, "info.piece length");
        auto hybrid = hybrid_parts_of(two_files());
        hybrid.info["piece length"] = encoded(length);
        check_refused(hybrid, errc::torrent_invalid, "info.piece length");
    }
    CHECK(parsed(v2_parts_of(two_files(), 1u << 20)).piece_count() == 2);
    auto largest = v2_parts_of({{{"a"}, "a"}, {{"b"}, ""}});
    largest.info["piece length"] = encoded(std::int64_t(1) << 62);
    CHECK(parsed(largest).piece_count() == 1);
    auto beyond = v2_parts_of(two_files(), 65536);
    beyond.info["piece length"] = encoded(std::int64_t(1) << 62);
    CHECK(parsed(beyond).end_offset() == (std::uint64_t(1) << 62) + 1);
    CHECK(parsed(beyond).piece_count() == 2);
}

TEST_CASE("a v2 torrent whose info has unsorted keys is refused; outside of it they are tolerated")
{
    auto const parts = v2_parts_of(two_files());
    auto const info = dictionary_of(parts.info);
    auto const layers = encoded("piece layers") + dictionary_of(parts.layers);
    auto const refused = [](std::string const& text) {
        diagnostics cause;
        auto const torrent = metainfo::parse(bytes_of(text), {}, &cause);
        return !torrent && cause.message.find("has unsorted keys") != std::string::npos;
    };
    auto const unsorted = "d" + encoded("name") + encoded("t") + info.substr(1);
    CHECK_FALSE(metainfo::parse(bytes_of("d4:info" + unsorted + layers + "e"))); // `name` twice
    auto moved = parts.info;
    moved.erase("name");
    auto const moved_text = "d" + encoded("name") + encoded("t") + dictionary_of(moved).substr(1);
    CHECK(refused("d4:info" + moved_text + layers + "e"));
    auto deep = parts.info;
    deep["x"] = "d1:bi1e1:ai1ee";
    CHECK(refused("d4:info" + dictionary_of(deep) + layers + "e"));

    auto const torrent = metainfo::parse(bytes_of("d" + layers + "4:info" + info + "e"));
    REQUIRE(torrent);
    CHECK(torrent->warnings().size() == 1);
    auto const with_newline = metainfo::parse(bytes_of(parts.text() + "\n"));
    REQUIRE(with_newline);
    CHECK(with_newline->warnings().size() == 1);
    CHECK(with_newline->infohash_v2() == parsed(parts).infohash_v2());
}

TEST_CASE("a hybrid has both hashes, and the pads of v1 between files that v2 knows without")
{
    auto const parts = hybrid_parts_of(mixed_files());
    auto const torrent = parsed(parts);
    auto const info = dictionary_of(parts.info);
    CHECK(torrent.infohash_v1() == torrent::sha1_of(bytes_of(info)));
    CHECK(torrent.infohash_v2() == torrent::sha256_of(bytes_of(info)));
    CHECK(torrent.warnings().empty());
    CHECK(torrent.piece_hashes().size() == torrent.piece_count());
    CHECK(torrent.end_offset() == torrent.total_size());
    REQUIRE(torrent.files().size() == 8);
    CHECK(torrent.files()[1].pad);
    CHECK(torrent.files()[6].pad);
    CHECK(torrent.files()[3].executable);
    CHECK(torrent.link_target(file_index{5}) == "../a");
    auto const roots = [&](std::uint32_t file) { return torrent.piece_roots(file_index{file}); };
    CHECK(roots(0).size() == 3);
    CHECK(roots(1).empty());
    CHECK(roots(2).size() == 1);
    CHECK(roots(4).empty());
    CHECK(roots(6).empty());
    CHECK(roots(7).data() == roots(0).data());
    for (std::uint32_t i = 0; i != 8; ++i)
        if (auto const& file = torrent.files()[i]; !file.pad && file.size != 0)
            CHECK(file.offset % 16384 == 0);
}

TEST_CASE("a hybrid of a single file has no padding, and its name is the key in the tree")
{
    auto const torrent = parsed(hybrid_parts_of({{{"one"}, letters(40'000)}}));
    CHECK_FALSE(torrent.is_multi_file());
    CHECK(torrent.files()[0].path == "one");
    CHECK(torrent.piece_roots(file_index{0}).size() == 3);
    auto other = hybrid_parts_of({{{"one"}, letters(40'000)}});
    other.info["name"] = encoded("two");
    check_refused(other, errc::torrent_invalid, "contradicts itself");
}

TEST_CASE("a hybrid may end in padding, with or without pieces of its own")
{
    for (std::uint64_t const pad : {16384u - 7232u, 16384u - 7232u + 16384u})
    {
        auto const add_pad = [pad](auto& entries) {
            entries.push_back({{"attr", encoded("p")}, {"length", encoded(pad)}, {"path", list_of_strings({"p"})}});
        };
        auto const torrent = parsed(with_changed_list(add_pad, 131'072 - 16384 + 7232 + pad));
        CHECK(torrent.files().size() == 9);
        CHECK(torrent.piece_count() >= 8);
    }
}

TEST_CASE("a hybrid whose lists differ in a name, a length, the order, a place, a file or a link is refused")
{
    using list = std::vector<test::bencoded_keys>;
    struct row
    {
        char const* what;
        std::function<void(list&)> change;
        std::uint64_t total = 131'072;
    };
    for (auto const& row : std::vector<row>{
             {"a name",
              [](list& all) {
                  all[2]["path"] = list_of_strings({"d", "x"});
              }},
             {"a directory's name",
              [](list& all) {
                  all[2]["path"] = list_of_strings({"x", "b"});
              }},
             {"a name that is the same on the disk",
              [](list& all) {
                  all[2]["path"] = list_of_strings({"d", "", "b"});
              }},
             {"a path.utf-8",
              [](list& all) {
                  all[2]["path.utf-8"] = list_of_strings({"d", "x"});
              }},
             {"a length, evened out by its pad",
              [](list& all) {
                  all[0]["length"] = encoded(39'999);
                  all[1]["length"] = encoded(49'152 - 39'999);
              }},
             {"a length of 0",
              [](list& all) {
                  all[0]["length"] = encoded(0);
                  all[1]["length"] = encoded(49'152);
              }},
             {"the order", [](list& all) { std::swap(all[4], all[5]); }},
             {"the order of all", [](list& all) { std::rotate(all.begin(), all.begin() + 2, all.end()); }},
             {"no padding", [](list& all) { all.erase(all.begin() + 1); }, 131'072 - 16384},
             {"a byte of padding less", [](list& all) { all[1]["length"] = encoded(9151); }},
             {"a piece of padding more", [](list& all) { all[1]["length"] = encoded(9152 + 16384); }, 131'072 + 16384},
             {"a file less", [](list& all) { all.erase(all.begin() + 4); }},
             {"the last file", [](list& all) { all.pop_back(); }, 81'920 + 1},
             {"a file more",
              [](list& all) {
                  all.push_back({{"length", encoded(0)}, {"path", list_of_strings({"z"})}});
              }},
             {"a file that passes for padding", [](list& all) { all[4]["attr"] = encoded("p"); }},
             {"a link that is none", [](list& all) { all[5].erase("attr"); }},
             {"a file that is a link", [](list& all) { all[4]["attr"] = encoded("l"); }},
             {"where a link leads", [](list& all) { all[5]["symlink path"] = list_of_strings({"f"}); }},
             {"where a link leads: nowhere", [](list& all) { all[5].erase("symlink path"); }},
         })
    {
        CAPTURE(row.what);
        auto const text = with_changed_list(row.change, row.total).text();
        diagnostics cause;
        auto const torrent = metainfo::parse(bytes_of(text), {}, &cause);
        REQUIRE_FALSE(torrent);
        CHECK(torrent.error() == errc::torrent_invalid);
        CHECK_MESSAGE(cause.message.find("contradicts itself") != std::string::npos, cause.message);
    }
}

TEST_CASE("a hybrid that lacks a half is refused")
{
    for (auto const* const key : {"file tree", "files", "pieces"})
    {
        auto parts = hybrid_parts_of(two_files());
        parts.info.erase(key);
        CAPTURE(key);
        CHECK_FALSE(metainfo::parse(bytes_of(parts.text())));
    }
    auto both = hybrid_parts_of(two_files());
    both.info["length"] = encoded(1);
    check_refused(both, errc::torrent_invalid, "has both length and files");
    // A single file of v1, a directory of v2.
    auto single = hybrid_parts_of({{{"one"}, "1"}});
    single.info["file tree"] = v2_parts_of({{{"d", "one"}, "1"}}).info["file tree"];
    check_refused(single, errc::torrent_invalid, "contradicts itself");
}

TEST_CASE("a hybrid without piece layers is verified by v1 alone, and says so")
{
    auto parts = hybrid_parts_of(two_files());
    parts.layers.clear();
    auto const torrent = parsed(parts);
    REQUIRE(torrent.warnings().size() == 1);
    CHECK(torrent.warnings()[0].find("piece layers") != std::string::npos);
    CHECK(torrent.infohash_v2());
    CHECK(torrent.piece_roots(file_index{0}).empty());
    CHECK(torrent.piece_roots(file_index{2}).empty());
    // Where no file has more than a piece, none are missing.
    auto const small = parsed(hybrid_parts_of({{{"a"}, "a"}, {{"b"}, letters(16384)}}));
    CHECK(small.warnings().empty());
    CHECK(small.piece_roots(file_index{0}).size() == 1);
}

TEST_CASE("a hybrid with wrong piece layers is refused")
{
    auto parts = hybrid_parts_of(two_files());
    auto const root = parts.layers.begin()->first;
    parts.layers[root] = encoded(std::string(96, 'X'));
    check_refused(parts, errc::torrent_invalid, "doesn't hash to its root");
    parts.layers[root] = encoded(std::string(64, 'X'));
    check_refused(parts, errc::torrent_invalid, "its file needs 96");
    parts.layers[root] = encoded(1);
    check_refused(parts, errc::torrent_invalid, "is not a string");
    parts.layers.clear();
    parts.layers[std::string(32, 'X')] = encoded(std::string(96, 'X'));
    check_refused(parts, errc::torrent_invalid, "piece layers has none for t/a");
    parts.layers.clear();
    parts.top["piece layers"] = encoded(1);
    check_refused(parts, errc::torrent_invalid, "is not a dictionary");
}

TEST_CASE("files of a hybrid whose places are taken are moved alike for both halves")
{
    auto const torrent = parsed(hybrid_parts_of({{{"a\x01"}, "1"}, {{"a\x02"}, "22"}}));
    CHECK(torrent.files()[0].path == "t/a_");
    CHECK(torrent.files()[2].path == "t/a_.1");
    CHECK(torrent.raw_path(file_index{2}) == std::vector<std::string_view>{"a\x02"});
}

TEST_CASE("without a selection all files are wanted but pads; with one, those that it names")
{
    auto const torrent = parsed(hybrid_parts_of(two_files()));
    auto const picture = [](metainfo const& each) {
        std::string text;
        for (std::uint32_t i = 0; i != each.files().size(); ++i)
            text += each.is_wanted(file_index{i}) ? 'w' : '.';
        return text;
    };
    CHECK(picture(torrent) == "w.w");
    CHECK(picture(torrent.select(std::vector{file_index{2}})) == "..w");
    CHECK(picture(torrent.select(std::vector{file_index{1}, file_index{0}, file_index{99}})) == "w..");
    CHECK(picture(torrent.select({})) == "...");
    CHECK(picture(torrent.select({}).select(std::vector{file_index{0}})) == "w..");
    CHECK(picture(torrent) == "w.w");
}
