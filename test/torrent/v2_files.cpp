#include "torrent/v2_files.hpp"

#include "support/content.hpp"
#include "support/printing.hpp"
#include "support/v2_torrents.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>

using namespace webseed;
using test::bytes_of;
using test::dictionary_of;
using test::encoded;
using test::letters;
using test::list_of_strings;
using test::parsed;
using test::v2_file;
using test::v2_parts;
using test::v2_parts_of;
using names = std::vector<std::string>;

namespace {

/// Five files in order: "a" of 3 pieces, the last of them short; "d/b" of exactly one; "d/c" of a byte; "d/e" empty;
/// "f" of exactly two.
std::vector<v2_file> five_files()
{
    return {
        {{"a"}, letters(40'000)}, {{"d", "b"}, letters(16384)}, {{"d", "c"}, "c"},
        {{"d", "e"}, ""},         {{"f"}, letters(32768)},
    };
}

/// "t/a 0+40000 3": path, range, hashes.
std::string line_of(metainfo const& torrent, std::uint32_t index)
{
    auto const& file = torrent.files()[index];
    return std::string(file.path) + " " + std::to_string(file.offset) + "+" + std::to_string(file.size) + " " +
           std::to_string(torrent.piece_roots(file_index{index}).size());
}

names picture(metainfo const& torrent)
{
    names lines;
    for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
        lines.push_back(line_of(torrent, i));
    return lines;
}

std::string file_text(test::bencoded_keys entry)
{
    return dictionary_of({{"", dictionary_of(entry)}});
}

std::string good_file()
{
    return file_text({{"length", encoded(1)}, {"pieces root", encoded(std::string(32, 'R'))}});
}

/// A torrent with this file tree.
v2_parts with_tree(std::string tree)
{
    auto parts = v2_parts_of({{{"a"}, "a"}});
    parts.info["file tree"] = std::move(tree);
    return parts;
}

v2_parts with_entries(std::map<std::string, std::string> const& entries)
{
    return with_tree(dictionary_of(entries));
}

void check_refused(v2_parts const& parts, errc error, std::string const& message)
{
    CAPTURE(message);
    diagnostics cause;
    auto const torrent = metainfo::parse(bytes_of(parts.text()), {}, &cause);
    REQUIRE_FALSE(torrent);
    CHECK(torrent.error() == error);
    CHECK_MESSAGE(cause.message.find(message) != std::string::npos, cause.message);
    CHECK_FALSE(metainfo::parse(bytes_of(parts.text())));
}

void check_invalid(v2_parts const& parts, std::string const& message)
{
    check_refused(parts, errc::torrent_invalid, message);
}

std::string repeated(std::string const& text, int count)
{
    std::string all;
    for (; count != 0; --count)
        all += text;
    return all;
}

} // namespace

TEST_CASE("the files of a tree come depth first, each that has bytes with pieces of its own")
{
    auto const torrent = parsed(v2_parts_of(five_files()));
    CHECK(
        picture(torrent) ==
        names{"t/a 0+40000 3", "t/d/b 49152+16384 1", "t/d/c 65536+1 1", "t/d/e 65537+0 0", "t/f 81920+32768 2"});
    CHECK(torrent.is_multi_file());
    CHECK(torrent.piece_count() == 7);
    CHECK(torrent.total_size() == 40'000 + 16384 + 1 + 32768);
    CHECK(torrent.end_offset() == 81920 + 32768);
    CHECK(torrent.piece_hashes().empty());
    CHECK_FALSE(torrent.infohash_v1());
    CHECK(torrent.infohash_v2() == torrent::sha256_of(bytes_of(dictionary_of(v2_parts_of(five_files()).info))));
    CHECK(torrent.warnings().empty());
    CHECK(torrent.raw_path(file_index{1}) == std::vector<std::string_view>{"d", "b"});
}

TEST_CASE("empty files at the end leave the end where it is, and empty ones before a file its place")
{
    auto const torrent = parsed(v2_parts_of({{{"a"}, ""}, {{"b"}, "b"}, {{"c"}, ""}, {{"d"}, "dd"}, {{"e"}, ""}}));
    CHECK(picture(torrent) == names{"t/a 0+0 0", "t/b 0+1 1", "t/c 1+0 0", "t/d 16384+2 1", "t/e 16386+0 0"});
    CHECK(torrent.end_offset() == 16386);
    CHECK(torrent.piece_count() == 2);
}

TEST_CASE("one file at the root is a single file, called as in the tree")
{
    auto const torrent = parsed(v2_parts_of({{{"one"}, letters(20'000)}}));
    CHECK_FALSE(torrent.is_multi_file());
    CHECK(torrent.name() == "t");
    CHECK(torrent.files()[0].path == "one");
    CHECK(torrent.raw_path(file_index{0}) == std::vector<std::string_view>{"one"});
    auto const odd = parsed(v2_parts_of({{{"o\nne"}, "1"}}));
    CHECK(odd.files()[0].path == "o_ne");
    CHECK(odd.raw_path(file_index{0}) == std::vector<std::string_view>{"o\nne"});
}

TEST_CASE("one directory at the root, like several files, lies below the name")
{
    auto const torrent = parsed(v2_parts_of({{{"d", "one"}, "1"}}));
    CHECK(torrent.is_multi_file());
    CHECK(torrent.files()[0].path == "t/d/one");
    CHECK(torrent.raw_path(file_index{0}) == std::vector<std::string_view>{"d", "one"});
}

TEST_CASE("a v2 torrent needs no name: then its info-hash is the directory's")
{
    auto parts = v2_parts_of({{{"a"}, "a"}, {{"b"}, "b"}});
    parts.info.erase("name");
    auto const torrent = parsed(parts);
    CHECK(torrent.files()[0].path == to_hex(*torrent.infohash_v2()) + "/a");
    parts.info["name"] = encoded("");
    CHECK(parsed(parts).files()[0].path == to_hex(*parsed(parts).infohash_v2()) + "/a");
    parts.info["name"] = encoded("..");
    check_refused(parts, errc::path_unsafe, "info.name");
    parts.info["name"] = encoded(1);
    check_invalid(parts, "info.name");
}

TEST_CASE("attributes of a file in the tree are read")
{
    auto const torrent = parsed(v2_parts_of({
        {{"a"}, "a", {{"attr", encoded("xh?")}}},
        {{"b"}, "b", {{"attr", encoded("")}}},
        {{"l"}, "", {{"attr", encoded("l")}, {"symlink path", list_of_strings({"a"})}}},
    }));
    CHECK(torrent.files()[0].executable);
    CHECK(torrent.files()[0].hidden);
    CHECK_FALSE(torrent.files()[1].executable);
    CHECK(torrent.files()[2].link);
    CHECK(torrent.link_target(file_index{2}) == "a");
}

TEST_CASE("a link in the tree needs no length")
{
    auto const link = file_text({{"attr", encoded("l")}, {"symlink path", list_of_strings({"a"})}});
    auto const torrent = parsed(with_entries({{"a", good_file()}, {"l", link}}));
    CHECK(torrent.files()[1].link);
    CHECK(torrent.files()[1].size == 0);
    auto const long_link = file_text({{"attr", encoded("l")}, {"length", encoded(1)}});
    check_invalid(with_entries({{"a", good_file()}, {"l", long_link}}), "symbolic link");
}

TEST_CASE("what a file in the tree must not be is refused, with its path")
{
    struct row
    {
        test::bencoded_keys entry;
        char const* message;
    };
    auto const root = encoded(std::string(32, 'R'));
    for (auto const& row : std::vector<row>{
             {{{"pieces root", root}}, "has no length"},
             {{{"length", encoded("1")}, {"pieces root", root}}, "length"},
             {{{"length", encoded(-1)}, {"pieces root", root}}, "is negative"},
             {{{"length", encoded(1)}}, "has no pieces root"},
             {{{"length", encoded(1)}, {"pieces root", encoded(1)}}, "pieces root"},
             {{{"length", encoded(1)}, {"pieces root", encoded("")}}, "is not 32 bytes"},
             {{{"length", encoded(1)}, {"pieces root", encoded(std::string(31, 'R'))}}, "is not 32 bytes"},
             {{{"length", encoded(1)}, {"pieces root", encoded(std::string(33, 'R'))}}, "is not 32 bytes"},
             {{{"length", encoded(1)}, {"pieces root", encoded(std::string(32, '\0'))}}, "is all zeros"},
             {{{"attr", encoded("p")}, {"length", encoded(1)}, {"pieces root", root}}, "padding"},
             {{{"attr", encoded(1)}, {"length", encoded(1)}, {"pieces root", root}}, "attr"},
             {{{"attr", encoded("l")}, {"symlink path", encoded("a")}}, "symlink path"},
             {{{"attr", encoded("l")}, {"symlink path", test::list_of({encoded(1)})}}, "symlink path"},
         })
    {
        auto const parts = with_entries({{"good", good_file()}, {"z", dictionary_of({{"y", file_text(row.entry)}})}});
        check_invalid(parts, row.message);
        check_invalid(parts, "info.file tree/z/y");
    }
}

TEST_CASE("what a tree must not be is refused")
{
    auto const inner = dictionary_of({{"length", encoded(1)}, {"pieces root", encoded(std::string(32, 'R'))}});
    check_invalid(with_tree(encoded(1)), "info.file tree");
    check_invalid(with_tree("le"), "info.file tree");
    check_invalid(with_tree("de"), "is empty");
    check_invalid(with_entries({{"d", "de"}}), "without a single byte");
    check_invalid(with_entries({{"d", file_text({{"length", encoded(0)}})}}), "without a single byte");
    check_invalid(with_entries({{"", inner}}), "a file and a directory in one");
    check_invalid(with_entries({{"", inner}, {"a", good_file()}}), "a file and a directory in one");
    check_invalid(with_entries({{"d", dictionary_of({{"", inner}, {"x", good_file()}})}}), "a file and a directory");
    check_invalid(
        with_entries({{"d", dictionary_of({{"", inner}, {"length", encoded(1)}})}}), "a file and a directory");
    check_invalid(with_entries({{"d", inner}}), "is neither a file nor a directory"); // the empty key is left out
    check_invalid(with_entries({{"d", encoded(1)}}), "is neither");
    check_invalid(with_entries({{"d", encoded("text")}}), "is neither");
    check_invalid(with_entries({{"d", "le"}}), "is neither");
    check_invalid(with_entries({{"d", "li1ee"}}), "is neither");
    check_invalid(with_entries({{"d", dictionary_of({{"", encoded(1)}})}}), "is not a dictionary");
    check_invalid(with_entries({{"d", dictionary_of({{"", "le"}})}}), "is not a dictionary");
    auto none = v2_parts_of({{{"a"}, "a"}});
    none.info.erase("file tree");
    check_invalid(none, "has no file tree");
}

TEST_CASE("empty directories are passed over")
{
    auto const torrent = parsed(with_entries({{"a", "de"}, {"b", good_file()}, {"c", dictionary_of({{"d", "de"}})}}));
    CHECK(picture(torrent) == names{"t/b 0+1 1"});
}

TEST_CASE("a tree is only so deep")
{
    metainfo_limits limits;
    limits.path_depth_max = 5;
    auto const deep = [](int depth) { return with_tree(repeated("d1:x", depth) + good_file() + repeated("e", depth)); };
    CHECK(metainfo::parse(bytes_of(deep(4).text()), limits));
    diagnostics cause;
    CHECK_FALSE(metainfo::parse(bytes_of(deep(5).text()), limits, &cause));
    CHECK(cause.message.find("is deeper than allowed") != std::string::npos);
    // Deeper than any document may be: refused without recursion.
    CHECK(metainfo::parse(bytes_of(deep(100'000).text())).error() == errc::bencode_invalid);
}

TEST_CASE("hostile names in the tree are made safe or refused, and no complaint repeats them as they are")
{
    auto const torrent = parsed(v2_parts_of({{{"a/b"}, "1"}, {{"a\\b"}, "22"}, {{"c\xff"}, "333"}}));
    CHECK(torrent.files()[0].path == "t/a_b");
    CHECK(torrent.files()[1].path == "t/a_b.1");
    CHECK(torrent.files()[2].path == "t/c_");
    CHECK(torrent.raw_path(file_index{1}) == std::vector<std::string_view>{"a\\b"});
    for (auto const* const name : {"..", "../x", "..\\x"})
        check_refused(with_entries({{name, good_file()}, {"z", good_file()}}), errc::path_unsafe, "target directory");
    diagnostics cause;
    auto const evil = with_entries({{"line\n\x1b[31m" + std::string(1000, 'x'), encoded(1)}, {"z", good_file()}});
    CHECK_FALSE(metainfo::parse(bytes_of(evil.text()), {}, &cause));
    CHECK(cause.message.find("line__[31m") != std::string::npos);
    CHECK(cause.message.size() < 400);
}

TEST_CASE("sums beyond 63 bits are refused, of lengths and of the gaps between files")
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    auto const sized = [](std::int64_t size, char root) {
        return file_text({{"length", encoded(size)}, {"pieces root", encoded(std::string(32, root))}});
    };
    check_invalid(with_entries({{"a", sized(most, 'A')}, {"b", sized(1, 'B')}}), "beyond 63 bits");
    check_invalid(with_entries({{"a", sized(most - 16384, 'A')}, {"b", sized(20'000, 'B')}}), "beyond 63 bits");
    check_invalid(with_entries({{"a", sized(most, 'A')}}), "more pieces than allowed");
}

TEST_CASE("more files or pieces than allowed are refused before anything is made for them")
{
    metainfo_limits limits;
    limits.file_count_max = 5;
    limits.piece_count_max = 7;
    auto const text = v2_parts_of(five_files()).text();
    CHECK(metainfo::parse(bytes_of(text), limits));
    limits.file_count_max = 4;
    CHECK_FALSE(metainfo::parse(bytes_of(text), limits));
    limits.file_count_max = 5;
    limits.piece_count_max = 6;
    CHECK_FALSE(metainfo::parse(bytes_of(text), limits));
}

TEST_CASE("many equal files with one layer have no more pieces than allowed, however small the torrent")
{
    auto const content = letters(1'600'000); // 98 pieces
    std::vector<v2_file> files;
    for (int i = 0; i != 100; ++i)
        files.push_back({{std::to_string(1000 + i)}, i == 0 ? content : ""});
    auto parts = v2_parts_of(files);
    auto const entry =
        file_text({{"length", encoded(content.size())}, {"pieces root", encoded(test::pieces_root_of(content))}});
    test::bencoded_keys tree;
    for (auto const& file : files)
        tree[file.path.front()] = entry;
    parts.info["file tree"] = dictionary_of(tree);
    CHECK(parts.text().size() < 20'000);
    auto const torrent = parsed(parts);
    CHECK(torrent.piece_count() == 9800);
    auto const first = torrent.piece_roots(file_index{0});
    for (std::uint32_t i = 1; i != 100; ++i)
        CHECK(torrent.piece_roots(file_index{i}).data() == first.data());
    metainfo_limits limits;
    limits.piece_count_max = 9799;
    diagnostics cause;
    CHECK_FALSE(metainfo::parse(bytes_of(parts.text()), limits, &cause));
    CHECK(cause.message.find("more pieces than allowed") != std::string::npos);
}

TEST_CASE("a long path to many files is refused before it is written out for each of them")
{
    // 60 names of 250 bytes, twenty thousand times: 300 MB from less than one.
    std::string files = "d";
    for (int i = 0; i != 20'000; ++i)
        files += encoded(std::to_string(100'000 + i)) + file_text({{"length", encoded(0)}});
    files += "e";
    auto const name = encoded(std::string(250, 'x'));
    auto const start = std::chrono::steady_clock::now();
    check_invalid(
        with_tree(repeated("d" + name, 55) + files + repeated("e", 55)),
        "the paths of all files are longer than allowed");
    // And one name of a megabyte.
    auto const long_name = encoded(std::string(1'000'000, '\xff'));
    check_refused(with_tree("d" + long_name + files + "e"), errc::path_unsafe, "longer than 4096 bytes");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20)); // 0.5 s
}
