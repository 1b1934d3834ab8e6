#include <webseed/metainfo.hpp>

#include "support/printing.hpp"
#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

using namespace webseed;
using test::bytes_of;
using test::dictionary_of;
using test::encoded;
using test::list_of;
using test::list_of_strings;

namespace {

using keys = std::map<std::string, std::string>;

/// Two files, 30 bytes, two pieces of 16 and 14.
struct good_torrent
{
    keys info{
        {"name", encoded("root")},
        {"piece length", encoded(16)},
        {"pieces", encoded(std::string(20, 'A') + std::string(20, 'B'))},
    };
    std::vector<keys> files{
        {{"length", encoded(10)}, {"path", list_of_strings({"dir", "a"})}},
        {{"length", encoded(20)}, {"path", list_of_strings({"b"})}},
    };
    keys top;

    std::string text() const
    {
        auto all = top;
        auto inner = info;
        std::vector<std::string> entries;
        for (auto const& file : files)
            entries.push_back(dictionary_of(file));
        if (!inner.contains("files") && !inner.contains("length"))
            inner["files"] = list_of(entries);
        all.try_emplace("info", dictionary_of(inner));
        return dictionary_of(all);
    }

    void make_single_file()
    {
        info["length"] = encoded(30);
        files.clear();
    }
};

boost::system::result<metainfo> parse(std::string const& text, diagnostics* cause = nullptr)
{
    return metainfo::parse(bytes_of(text), {}, cause);
}

/// Parses what has to be good.
metainfo parse(good_torrent const& torrent)
{
    diagnostics cause;
    auto const parsed = parse(torrent.text(), &cause);
    REQUIRE_MESSAGE(parsed, cause.message);
    return *parsed;
}

struct mutation
{
    std::string what;
    std::function<void(good_torrent&)> apply;
    error_code error;
    char const* message;
};

void check_refused(std::span<mutation const> rows)
{
    for (auto const& row : rows)
    {
        CAPTURE(row.what);
        good_torrent torrent;
        row.apply(torrent);
        diagnostics cause;
        auto const parsed = parse(torrent.text(), &cause);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error() == row.error);
        CHECK_MESSAGE(cause.message.find(row.message) != std::string::npos, cause.message);
    }
}

auto set(char const* key, std::string value)
{
    return [=](good_torrent& torrent) { torrent.info[key] = value; };
}

auto erase(char const* key)
{
    return [=](good_torrent& torrent) { torrent.info.erase(key); };
}

auto set_in_file(std::size_t file, char const* key, std::string value)
{
    return [=](good_torrent& torrent) { torrent.files[file][key] = value; };
}

auto set_path(std::size_t file, std::vector<std::string> path)
{
    return set_in_file(file, "path", list_of_strings(path));
}

} // namespace

TEST_CASE("a list of files becomes files below a directory, one behind the other")
{
    auto const torrent = parse(good_torrent{});
    CHECK(torrent.name() == "root");
    CHECK(torrent.is_multi_file());
    CHECK(torrent.piece_length() == 16);
    CHECK(torrent.piece_count() == 2);
    CHECK(torrent.total_size() == 30);
    REQUIRE(torrent.files().size() == 2);
    CHECK(torrent.files()[0].path == "root/dir/a");
    CHECK(torrent.files()[1].path == "root/b");
    CHECK(torrent.files()[1].offset == 10);
    CHECK(torrent.files()[1].size == 20);
    CHECK(to_hex(torrent.piece_hashes()[1]) == to_hex(bytes_of(std::string(20, 'B'))));
    CHECK(torrent.warnings().empty());
}

TEST_CASE("a single file has the torrent's name as its path")
{
    good_torrent single;
    single.make_single_file();
    auto const torrent = parse(single);
    CHECK_FALSE(torrent.is_multi_file());
    REQUIRE(torrent.files().size() == 1);
    CHECK(torrent.files()[0].path == "root");
    CHECK(torrent.files()[0].size == 30);
}

TEST_CASE("the info-hash is taken over the bytes as they stand in the file")
{
    std::string const info = "d6:lengthi1e12:piece lengthi16e4:name1:n6:pieces20:aaaaaaaaaaaaaaaaaaaa1:xi7ee";
    auto const torrent = parse("d4:info" + info + "e");
    REQUIRE(torrent);
    CHECK(torrent->infohash_v1() == torrent::sha1_of(bytes_of(info)));
    CHECK_FALSE(torrent->infohash_v2());
    REQUIRE(torrent->warnings().size() == 1);
    CHECK(torrent->warnings()[0].find("unsorted") != std::string::npos);
}

TEST_CASE("a torrent that calls itself version 1 is one like those that say nothing")
{
    good_torrent torrent;
    torrent.info["meta version"] = encoded(1);
    CHECK_FALSE(parse(torrent).infohash_v2());
    CHECK(parse(torrent).piece_count() == 2);
}

TEST_CASE("names in UTF-8 win over those in another encoding")
{
    good_torrent torrent;
    torrent.info["name.utf-8"] = encoded("wurzel");
    torrent.files[0]["path.utf-8"] = list_of_strings({"\xc3\xa4"});
    CHECK(parse(torrent).name() == "wurzel");
    CHECK(parse(torrent).files()[0].path == "wurzel/\xc3\xa4");
}

TEST_CASE("padding is known by its attribute or by its name")
{
    struct
    {
        keys file;
        bool pad;
    } const rows[] = {
        {{{"attr", encoded("p")}}, true},
        {{{"attr", encoded("xp")}, {"path", list_of_strings({".pad", "20"})}}, true},
        {{{"attr", encoded("p")}, {"path", list_of_strings({"..", "20"})}}, true},
        {{{"path", list_of_strings({"_____padding_file_0_"})}}, true},
        {{{"path", list_of_strings({"dir", "_____padding_file_1_if you see this"})}}, true},
        {{{"path", list_of_strings({".____padding_file", "1"})}}, false},
        {{{"attr", encoded("xh")}, {"path", list_of_strings({"b"})}}, false},
    };
    for (auto const& row : rows)
    {
        good_torrent torrent;
        torrent.files[1] = row.file;
        torrent.files[1]["length"] = encoded(20);
        CAPTURE(torrent.text());
        auto const parsed = parse(torrent);
        CHECK(parsed.files()[1].pad == row.pad);
        CHECK(parsed.files()[1].path.empty() == row.pad);
        CHECK(parsed.files()[1].size == 20);
        CHECK(parsed.total_size() == 30);
    }
}

TEST_CASE("a torrent whose structure is wrong is refused with the field's name")
{
    auto const invalid = make_error_code(errc::torrent_invalid);
    auto const unsupported = make_error_code(errc::torrent_unsupported);
    mutation const rows[] = {
        {"info is a list", [](auto& t) { t.top["info"] = "le"; }, invalid, "info at byte 7: is not a dictionary"},
        {"no name", erase("name"), invalid, "info at byte 7: has no name"},
        {"name is a list", set("name", "le"), invalid, "info.name at byte"},
        {"utf-8 name is no string", set("name.utf-8", "i1e"), invalid, "info.name.utf-8 at byte"},
        {"no piece length", erase("piece length"), invalid, "has no piece length"},
        {"piece length is a string", set("piece length", "2:16"), invalid, "info.piece length at byte"},
        {"piece length is zero", set("piece length", "i0e"), invalid, "is not positive"},
        {"piece length is negative", set("piece length", "i-16e"), invalid, "is not positive"},
        {"no pieces", erase("pieces"), invalid, "has no pieces"},
        {"pieces is a list", set("pieces", "le"), invalid, "info.pieces at byte"},
        {"pieces is cut", set("pieces", encoded(std::string(39, 'A'))), invalid, "39 bytes is no multiple of 20"},
        {"a piece too few", set("pieces", encoded(std::string(20, 'A'))), invalid, "1 hashes, but the files have 2"},
        {"a piece too many", set("pieces", encoded(std::string(60, 'A'))), invalid, "3 hashes, but the files have 2"},
        {"huge pieces", set("piece length", encoded(INT64_MAX)), invalid, "2 hashes, but the files have 1"},
        {"tiny pieces", set("piece length", encoded(1)), invalid, "2 hashes, but the files have 30"},
        {"neither length nor files",
         [](auto& t) {
             t.info.erase("files");
             t.top["info"] = dictionary_of(t.info);
         },
         invalid, "has neither length nor files"},
        {"files is a dictionary", set("files", "de"), invalid, "info.files at byte"},
        {"no files", set("files", "le"), invalid, "info.files at byte 15: is empty"},
        {"files of integers", set("files", "li1ee"), invalid, "info.files[0] at byte 16: is not a dictionary"},
        {"length is a string", set("length", "2:30"), invalid, "info.length at byte"},
        {"length is negative", set("length", "i-30e"), invalid, "info.length at byte 16: is negative"},
        {"meta version is a string", set("meta version", "1:2"), invalid, "info.meta version at byte"},
        {"meta version is zero", set("meta version", "i0e"), invalid, "is less than 1"},
        {"v2, and pieces is a list",
         [](auto& t) {
             t.info["meta version"] = encoded(2);
             t.info["pieces"] = "le";
         },
         invalid, "info.pieces at byte"},
        {"newer, and broken otherwise",
         [](auto& t) {
             t.info = {{"meta version", encoded(3)}};
         },
         unsupported, "newer than 2"},
        {"both length and files",
         [](auto& t) {
             t.info.insert({{"length", "i30e"}, {"files", "le"}});
         },
         invalid, "has both length and files"},
    };
    check_refused(rows);
}

TEST_CASE("a file that is wrong is refused with its number")
{
    auto const invalid = make_error_code(errc::torrent_invalid);
    mutation const rows[] = {
        {"no length", [](auto& t) { t.files[1].erase("length"); }, invalid, "has no length"},
        {"length is a list", set_in_file(1, "length", "le"), invalid, "info.files[1].length at byte"},
        {"length is negative", set_in_file(0, "length", "i-1e"), invalid, "is negative"},
        {"sum overflows", set_in_file(1, "length", encoded(INT64_MAX)), invalid, "beyond 63 bits"},
        {"no path", [](auto& t) { t.files[1].erase("path"); }, invalid, "info.files[1] at byte"},
        {"path is a string", set_in_file(1, "path", "1:b"), invalid, "info.files[1].path at byte"},
        {"path is empty", set_in_file(1, "path", "le"), invalid, "has no path"},
        {"path of integers", set_in_file(1, "path", "l1:ai1ee"), invalid, "element 1 is not a string"},
        {"utf-8 path is a string", set_in_file(1, "path.utf-8", "1:b"), invalid, "path.utf-8 at byte"},
        {"path too deep", set_path(1, std::vector<std::string>(100, "d")), invalid, "deeper than allowed"},
        {"attributes are no string", set_in_file(1, "attr", "i1e"), invalid, "info.files[1].attr at byte"},
        {"a link with bytes", set_in_file(1, "attr", "1:l"), invalid, "symbolic link"},
        {"a pad without a length",
         [](auto& t) {
             t.files[1] = {{"attr", "1:p"}};
         },
         invalid, "info.files[1] at byte"},
    };
    check_refused(rows);
}

TEST_CASE("a name that means to leave the directory is refused, and one that two files have")
{
    auto const unsafe = make_error_code(errc::path_unsafe);
    mutation const rows[] = {
        {"name is ..", set("name", encoded("..")), unsafe, "info.name at byte"},
        {"name goes up", set("name", encoded("../a/b")), unsafe, "info.name at byte"},
        {"name goes up further on", set("name", encoded("a\\..")), unsafe, "leads out of the target directory"},
        {"utf-8 name is ..", set("name.utf-8", encoded("..")), unsafe, "info.name.utf-8 at byte"},
        {"element is ..", set_path(1, {"a", "..", "c"}), unsafe, "info.files[1].path at byte"},
        {"element goes up", set_path(1, {"a/../../b"}), unsafe, "leads out of the target directory"},
        {"two with one path", set_path(1, {"dir", "a"}), unsafe, "files 0 and 1 have the same path, root/dir/a"},
    };
    check_refused(rows);
}

TEST_CASE("the file that is refused is named in the diagnostics")
{
    good_torrent torrent;
    torrent.files[1]["length"] = encoded(-1);
    diagnostics cause;
    CHECK_FALSE(parse(torrent.text(), &cause));
    CHECK(cause.file == file_index{1});
}

TEST_CASE("names that only look dangerous are kept as they are")
{
    for (std::string const name : {"...", "..a", "a..", "C:", " ", "aux.c", "\xc3\xa4", "a b+c%20#?"})
    {
        CAPTURE(name);
        good_torrent torrent;
        torrent.files[1]["path"] = list_of_strings({name, std::string(255, 'x')});
        CHECK(parse(torrent).files()[1].path == "root/" + name + "/" + std::string(255, 'x'));
    }
}

TEST_CASE("what is no dictionary with an info is refused")
{
    CHECK(parse("4:spam").error() == errc::bencode_invalid);
    CHECK(parse("le").error() == errc::bencode_invalid);
    CHECK(parse("").error() == errc::bencode_invalid);
    CHECK(parse("de").error() == errc::torrent_invalid);
    CHECK(parse(good_torrent{}.text() + "e").error() == errc::bencode_invalid);
    CHECK(parse(good_torrent{}.text() + "\n"));
}

TEST_CASE("limits hold")
{
    auto const text = good_torrent{}.text();
    auto const refused = [&](auto change) {
        metainfo_limits limits;
        change(limits);
        return !metainfo::parse(bytes_of(text), limits);
    };
    CHECK(refused([&](auto& limits) { limits.size_max = text.size() - 1; }));
    CHECK(refused([](auto& limits) { limits.depth_max = 4; }));
    CHECK(refused([](auto& limits) { limits.item_count_max = 14; }));
    CHECK(refused([](auto& limits) { limits.file_count_max = 1; }));
    CHECK(refused([](auto& limits) { limits.piece_count_max = 1; }));
    CHECK(refused([](auto& limits) { limits.path_depth_max = 2; }));
    CHECK_FALSE(refused([&](auto& limits) { limits = {text.size(), 5, 15, 2, 2, 0, 0, 3}; }));
}

TEST_CASE("of the seeds, http and https URLs are kept, trimmed and once each")
{
    good_torrent torrent;
    torrent.top["url-list"] = list_of_strings({
        " http://one/ ",
        "https://two/a b",
        "http://one/",
        "",
        "/8/items/",
        "ftp://three/",
        "HtTpS://Four/x\r\n",
        "http://five/\r\nHost: six",
        "http://five/\x7f",
        std::string("http://seven/\0", 14),
        "http://" + std::string(9000, 'x'),
        "magnet:?xt=urn:btih:0",
        "http",
    });
    auto const parsed = parse(torrent);
    REQUIRE(parsed.web_seeds().size() == 3);
    CHECK(parsed.web_seeds()[0] == "http://one/");
    CHECK(parsed.web_seeds()[1] == "https://two/a b");
    CHECK(parsed.web_seeds()[2] == "HtTpS://Four/x");
    CHECK(parsed.warnings().size() == 9);
}

TEST_CASE("a url-list of any shape never fails the torrent")
{
    struct
    {
        std::string value;
        std::size_t seeds;
        std::size_t warnings;
    } const rows[] = {
        {encoded("http://h/"), 1, 0},
        {encoded(""), 0, 1},
        {"le", 0, 0},
        {"i1e", 0, 1},
        {"de", 0, 1},
        {"li1elee", 0, 2},
        {"l0:e", 0, 1},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.value);
        good_torrent torrent;
        torrent.top["url-list"] = row.value;
        auto const parsed = parse(torrent);
        CHECK(parsed.web_seeds().size() == row.seeds);
        CHECK(parsed.warnings().size() == row.warnings);
        good_torrent other;
        other.top["httpseeds"] = row.value;
        auto const parsed_other = parse(other);
        CHECK(parsed_other.http_seeds().size() == row.seeds);
        CHECK(parsed_other.warnings().size() == row.warnings);
        CHECK(parsed_other.web_seeds().empty());
    }
}

TEST_CASE("the two kinds of seeds are told apart, and so are the warnings about them")
{
    good_torrent torrent;
    torrent.top["url-list"] = list_of_strings({"http://one/", "ftp://one/"});
    torrent.top["httpseeds"] = list_of_strings({"http://two/seed.php", "http://one/", "http://two/seed.php", ""});
    auto const parsed = parse(torrent);
    REQUIRE(parsed.web_seeds().size() == 1);
    REQUIRE(parsed.http_seeds().size() == 1); // who is named as both is asked for files
    CHECK(parsed.http_seeds()[0] == "http://two/seed.php");
    REQUIRE(parsed.warnings().size() == 2);
    CHECK(parsed.warnings()[0].starts_with("url-list entry"));
    CHECK(parsed.warnings()[1].starts_with("httpseeds entry"));
}

TEST_CASE("neither seeds nor warnings grow without bound")
{
    good_torrent torrent;
    std::vector<std::string> urls(1000, "");
    for (int i = 0; i < 300; ++i)
        urls.push_back("http://h/" + std::to_string(i));
    torrent.top["url-list"] = list_of_strings(urls);
    auto const parsed = parse(torrent);
    CHECK(parsed.web_seeds().size() == 256);
    CHECK(parsed.warnings().size() == 64);
}

TEST_CASE("a hundred thousand files are read in a moment")
{
    good_torrent torrent;
    torrent.files.clear();
    for (int i = 0; i < 100'000; ++i)
        torrent.files.push_back({{"length", encoded(0)}, {"path", list_of_strings({"d", std::to_string(i)})}});
    torrent.files[5]["length"] = encoded(16);
    torrent.info["pieces"] = encoded(std::string(20, 'A'));
    CHECK(parse(torrent).files().size() == 100'000);
    torrent.files[77'777] = torrent.files[3];
    CHECK(parse(torrent.text()).error() == errc::path_unsafe);
}
