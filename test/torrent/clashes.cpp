#include "torrent/clashes.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>

using namespace webseed;
using test::test_file;
using test::torrent_of;
using paths = std::vector<std::string>;

namespace {

metainfo torrent_with(std::vector<paths> const& files)
{
    std::vector<test_file> list;
    for (auto const& path : files)
        list.push_back({path, 1});
    return torrent_of(list, 16384);
}

paths places_of(metainfo const& torrent)
{
    paths places;
    for (auto const& file : torrent.files())
        places.emplace_back(file.path);
    return places;
}

paths raw_path_of(metainfo const& torrent, std::uint32_t file)
{
    auto const elements = torrent.raw_path(file_index{file});
    return {elements.begin(), elements.end()};
}

std::size_t count_of_warnings(metainfo const& torrent, std::string_view with)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        torrent.warnings(), [&](std::string const& line) { return line.find(with) != line.npos; }));
}

/// No two in one place, and none where another needs a directory.
bool all_have_room(metainfo const& torrent)
{
    std::set<std::string_view> places;
    for (auto const& file : torrent.files())
        if (!file.pad && !places.insert(file.path).second)
            return false;
    return std::ranges::none_of(places, [&](std::string_view place) {
        for (auto slash = place.find('/'); slash != place.npos; slash = place.find('/', slash + 1))
            if (places.contains(place.substr(0, slash)))
                return true;
        return false;
    });
}

/// 252 bytes that end as told.
std::string long_name(std::string const& end)
{
    return std::string(252 - end.size(), 'x') + end;
}

} // namespace

TEST_CASE("names that become equal on the disk get numbers, the first one stays, and a server is asked by the raw ones")
{
    auto const torrent = torrent_with({{"bar.txt"}, {"bar\x01.txt"}, {"bar_.txt"}, {"bar\x02.txt"}, {"bar\x03.txt"}});
    CHECK(places_of(torrent) == paths{"t/bar.txt", "t/bar_.txt", "t/bar_.1.txt", "t/bar_.2.txt", "t/bar_.3.txt"});
    CHECK(raw_path_of(torrent, 0) == paths{"bar.txt"});
    CHECK(raw_path_of(torrent, 1) == paths{"bar\x01.txt"});
    CHECK(raw_path_of(torrent, 2) == paths{"bar_.txt"});
    CHECK(raw_path_of(torrent, 4) == paths{"bar\x03.txt"});
    CHECK(count_of_warnings(torrent, "its place is taken") == 3);
    CHECK(count_of_warnings(torrent, "file 3 is called t/bar_.2.txt") == 1);
}

TEST_CASE("a directory comes before a file of its name, whichever is listed first")
{
    for (auto const& files : std::vector<std::vector<paths>>{{{"a"}, {"a", "b"}}, {{"a", "b"}, {"a"}}})
    {
        auto const torrent = torrent_with(files);
        auto places = places_of(torrent);
        std::ranges::sort(places);
        CHECK(places == paths{"t/a.1", "t/a/b"});
        for (std::uint32_t i = 0; i != 2; ++i)
            CHECK(raw_path_of(torrent, i) == files[i]);
    }
    auto const deep = torrent_with({{"d", "e"}, {"d", "e", "f"}, {"d"}, {"d", "e", "f", "g"}, {"d!"}, {"d", "e!"}});
    CHECK(places_of(deep) == paths{"t/d/e.1", "t/d/e/f.1", "t/d.1", "t/d/e/f/g", "t/d!", "t/d/e!"});
    CHECK(raw_path_of(deep, 1) == paths{"d", "e", "f"});
}

TEST_CASE("a file where another one needs a directory is seen whatever stands between them in the alphabet")
{
    // Bytes before the separator's, behind it, and beyond ASCII; names that differ within eight bytes, and far behind.
    std::string const alike = "a name of more than eight bytes";
    for (auto const* const other : {"!", "-b", ".b", "0", "b", "\xc3\xa9"})
    {
        CAPTURE(other);
        for (auto const& name : {std::string("a"), alike})
        {
            auto const torrent = torrent_with({{name}, {name + other}, {name, "b"}});
            CHECK(places_of(torrent) == paths{"t/" + name + ".1", "t/" + name + other, "t/" + name + "/b"});
            CHECK(all_have_room(torrent));
        }
    }
}

TEST_CASE("a number that is taken already is passed over")
{
    auto const torrent =
        torrent_with({{"b.1.txt"}, {"b_.txt"}, {"b_.1.txt"}, {"b\n.txt"}, {"b\t.txt"}, {"b_.2.txt", "x"}});
    CHECK(all_have_room(torrent));
    CHECK(places_of(torrent)[3] == "t/b_.3.txt");
    CHECK(places_of(torrent)[4] == "t/b_.4.txt");
    // Who comes later has to give way to whom the number was given.
    auto const later = torrent_with({{"b_.txt"}, {"b\n.txt"}, {"b_.1.txt"}});
    CHECK(places_of(later) == paths{"t/b_.txt", "t/b_.1.txt", "t/b_.1.1.txt"});
    CHECK(raw_path_of(later, 2) == paths{"b_.1.txt"});
}

TEST_CASE("two files with the same path in the torrent are refused, in whatever company")
{
    for (auto const& files : std::vector<std::vector<paths>>{
             {{"a"}, {"a"}},
             {{"a"}, {"b"}, {"a"}},
             {{"a\x01"}, {"a\x02"}, {"a_"}, {"a\x01"}},
             {{"a_"}, {"a\x02"}, {"a_"}},
             {{"a"}, {"a", "b"}, {"a"}},
             {{"d", ""}, {"d", ""}},
             {{""}, {""}},
         })
    {
        std::string list;
        std::vector<std::string> entries;
        for (auto const& path : files)
            entries.push_back(
                test::dictionary_of({{"length", test::encoded(1)}, {"path", test::list_of_strings(path)}}));
        auto const info = test::dictionary_of({
            {"files", test::list_of(entries)},
            {"name", test::encoded("t")},
            {"piece length", test::encoded(16384)},
            {"pieces", test::encoded(std::string(20, 'A'))},
        });
        diagnostics cause;
        auto const torrent = metainfo::parse(test::bytes_of(test::dictionary_of({{"info", info}})), {}, &cause);
        CHECK(torrent.error() == errc::path_unsafe);
        CHECK(cause.message.find("have the same path") != std::string::npos);
        CHECK(cause.file.has_value());
    }
}

TEST_CASE("paths that differ in elements that are no names are different ones for a server, and get different places")
{
    auto const torrent = torrent_with({{"a", "b"}, {"a", "", "b"}, {"a", ".", "b"}, {""}, {"_"}, {"."}});
    CHECK(places_of(torrent) == paths{"t/a/b", "t/a/b.1", "t/a/b.2", "t/_", "t/_.1", "t/_.2"});
    CHECK(raw_path_of(torrent, 1) == paths{"a", "", "b"});
    CHECK(raw_path_of(torrent, 2) == paths{"a", ".", "b"});
    CHECK(raw_path_of(torrent, 3) == paths{""});
    CHECK(raw_path_of(torrent, 4) == paths{"_"});
    CHECK(raw_path_of(torrent, 5) == paths{"."});
}

TEST_CASE("directories that become equal are one, and only files in the same place get numbers")
{
    auto const torrent = torrent_with({{"d\x01", "a"}, {"d\x02", "b"}, {"d\x03", "a"}, {"d_"}});
    CHECK(places_of(torrent) == paths{"t/d_/a", "t/d_/b", "t/d_/a.1", "t/d_.1"});
    CHECK(raw_path_of(torrent, 1) == paths{"d\x02", "b"});
}

TEST_CASE("names that differ by case alone are kept, with a warning")
{
    auto const torrent = torrent_with({{"README"}, {"readme"}, {"d", "x"}});
    CHECK(places_of(torrent) == paths{"t/README", "t/readme", "t/d/x"});
    CHECK(count_of_warnings(torrent, "differ by case alone") == 1);
    CHECK(torrent_with({{"README"}, {"readme.txt"}}).warnings().empty());
}

TEST_CASE("padding has no place, so it clashes with nothing")
{
    auto const torrent = torrent_of({{{"a"}, 1}, {{}, 3}, {{"b"}, 1}, {{}, 3}, {{".pad", "3"}, 1}}, 4);
    CHECK(places_of(torrent) == paths{"t/a", "", "t/b", "", "t/.pad/3"});
    CHECK(raw_path_of(torrent, 1).empty());
    CHECK(torrent.warnings().empty());
}

TEST_CASE("a hundred thousand clashes take a moment, and not as many warnings")
{
    // As different as three bytes without meaning can be.
    std::vector<test_file> files;
    for (unsigned i = 0; i != 100'000; ++i)
    {
        std::string name = "n";
        for (auto rest = i; name.size() != 5; rest /= 25)
            name += static_cast<char>(1 + rest % 25);
        files.push_back({{name + ".txt"}, 1});
    }
    auto const start = std::chrono::steady_clock::now();
    auto const torrent = torrent_of(files, 16384);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20)); // 0.3 s
    CHECK(all_have_room(torrent));
    CHECK(torrent.files().back().path == "t/n____.99999.txt");
    CHECK(torrent.warnings().size() < 20);
}

TEST_CASE("long names that lose what differs when they get numbers don't try each number that the others have")
{
    std::vector<test_file> files;
    for (int i = 0; i != 20'000; ++i)
    {
        files.push_back({{long_name(std::to_string(i % 10) + std::to_string(100'000 + i)) + "_"}, 1});
        files.push_back({{long_name(std::to_string(i % 10) + std::to_string(100'000 + i)) + "\n"}, 1});
    }
    auto const start = std::chrono::steady_clock::now();
    auto const torrent = torrent_of(files, 16384);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20)); // 0.3 s; else 200 million tries
    CHECK(all_have_room(torrent));
}
