#include "torrent/disk_name.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

using namespace webseed::torrent;

namespace {

struct row
{
    std::string raw;
    std::string name;
};

void check(std::vector<row> const& rows)
{
    for (auto const& [raw, name] : rows)
    {
        CAPTURE(raw);
        CHECK(disk_name(raw) == name);
    }
}

/// The strings of the list under "elements" in a line of JSON; `\uXXXX` below 0x100 is a byte, others are UTF-8.
std::vector<std::string> elements_of(std::string const& line, bool as_bytes)
{
    std::vector<std::string> elements;
    auto at = line.find('[', line.find("\"elements\"")) + 1;
    for (; line[at] != ']'; ++at)
    {
        if (line[at] != '"')
            continue;
        std::string text;
        for (++at; line[at] != '"'; ++at)
        {
            if (line[at] == '\\' && line[at + 1] == 'u')
            {
                text += static_cast<char>(std::stoul(line.substr(at + 2, 4), nullptr, 16));
                at += 5;
            }
            else if (line[at] == '\\')
                text += line[++at];
            else if (as_bytes && static_cast<unsigned char>(line[at]) >= 0xc0) // U+0080 to U+00FF
            {
                auto const high = static_cast<unsigned>(line[at]) & 3u;
                text += static_cast<char>(high << 6 | (static_cast<unsigned>(line[++at]) & 0x3fu));
            }
            else
                text += line[at];
        }
        elements.push_back(text);
    }
    return elements;
}

bool is_safe(std::string const& name)
{
    return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\") == name.npos &&
           disk_name(name) == name;
}

} // namespace

TEST_CASE("a plain name stays as it is, whatever language it is in, and however odd it looks")
{
    for (std::string const name :
         {"a",
          "file c.txt",
          "aux.c",
          "...",
          ". ",
          " .",
          "-rf",
          "abc.",
          "ABC~1",
          "C:",
          "a:b",
          "\"<>|?*",
          "%2e%2e",
          "\xc2\xa0",
          "\xc3\xa9",
          "\xe6\x97\xa5\xe6\x9c\xac",
          "\xf0\x9f\x98\x80",
          "\xed\x9f\xbf",
          "\xee\x80\x80",
          "\xf4\x8f\xbf\xbf",
          "\xc2\xb7",
          "\xe2\x80\x8d",
          "e\xcc\x81"})
    {
        CAPTURE(name);
        CHECK(disk_name(name) == name);
    }
}

TEST_CASE("what is no name becomes none")
{
    check({{"", ""}, {".", ""}, {"..", ""}, {"\xef\xbb\xbf", ""}, {"\xe2\x80\xae.", ""}, {".\xe2\x80\x8e.", ""}});
}

TEST_CASE("separators and control characters become underscores, each of them")
{
    check({
        {"a/b", "a_b"},
        {"/", "_"},
        {"//\\", "___"},
        {"\\c", "_c"},
        {"..\\..", ".._.."},
        {"a\nb\r\n", "a_b__"},
        {std::string(".\0.", 3), "._."},
        {std::string("\0", 1), "_"},
        {"\x01\x1f\x7f", "___"},
        {"\xc2\x80\xc2\x9f", "__"},
        {"\xc2\x85", "_"},
    });
}

TEST_CASE("a stretch of broken UTF-8 becomes one underscore")
{
    check({
        {"a\xff\xfe\xfd"
         "b",
         "a_b"},
        {"\x80", "_"},
        {"\xc3", "_"},                         // cut short
        {"\xe2\x82", "_"},                     // likewise
        {"\xe2\x82z", "_z"},                   // and what follows is whole
        {"\xf0\x9f\x98", "_"},                 //
        {"\xf0\x9f\x98\xc3\xa9", "_\xc3\xa9"}, //
        {"\xc0\xae\xc0\xae", "_"},             // overlong ".."
        {"\xc0\xaf", "_"},                     // overlong "/"
        {"\xc1\xbf", "_"},                     //
        {"\xe0\x80\xaf", "_"},                 //
        {"\xe0\x9f\xbf", "_"},                 //
        {"\xf0\x80\x80\xaf", "_"},             //
        {"\xf0\x8f\xbf\xbf", "_"},             //
        {"\xed\xa0\x80", "_"},                 // surrogates
        {"\xed\xbf\xbf", "_"},                 //
        {"\xf4\x90\x80\x80", "_"},             // beyond U+10FFFF
        {"\xf5\x80\x80\x80", "_"},             //
        {"\xf8\x88\x80\x80\x80", "_"},         // five bytes
        {"\xff.\xff", "_._"},
        {".\xff", "._"},
    });
}

TEST_CASE("marks that make a name look like another are left out")
{
    check({
        {"foo\xe2\x80\x8e"
         "bar",
         "foobar"},
        {"\xef\xbb\xbf"
         "foo",
         "foo"},
        {"gpj.\xe2\x80\xae"
         "exe",
         "gpj.exe"},
        {"\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad"
         "a",
         "a"},
        {"\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"
         "a",
         "a"},
        {"\xd8\x9c"
         "a",
         "a"},
    });
}

TEST_CASE("a name of more than 255 bytes loses the end of its stem, and no half of a character stays")
{
    std::string const filler(300, 'x');
    CHECK(disk_name(filler.substr(0, 255)) == filler.substr(0, 255));
    CHECK(disk_name(filler.substr(0, 256)) == filler.substr(0, 255));
    CHECK(disk_name(filler + ".txt") == filler.substr(0, 251) + ".txt");
    CHECK(disk_name(filler.substr(0, 251) + ".txt") == filler.substr(0, 251) + ".txt");
    CHECK(disk_name(filler + ".tar.gz") == filler.substr(0, 252) + ".gz");
    // Too long for an extension.
    CHECK(disk_name("a." + filler) == "a." + filler.substr(0, 253));
    CHECK(disk_name(filler + "." + filler.substr(0, 31)) == filler.substr(0, 223) + "." + filler.substr(0, 31));
    CHECK(disk_name(filler + "." + filler.substr(0, 32)) == filler.substr(0, 255));
    CHECK(disk_name("." + filler) == "." + filler.substr(0, 254));
    CHECK(disk_name(std::string(300, '.')) == std::string(255, '.'));

    std::string smileys;
    for (int i = 0; i != 80; ++i)
        smileys += "\xf0\x9f\x98\x80";
    CHECK(disk_name(smileys) == smileys.substr(0, 252));
    CHECK(disk_name("a" + smileys) == "a" + smileys.substr(0, 252));
    CHECK(disk_name("abc" + smileys) == "abc" + smileys.substr(0, 252));
    CHECK(disk_name(smileys + ".jpg") == smileys.substr(0, 248) + ".jpg");
    // What is long only until it is made safe.
    CHECK(disk_name(std::string(1000, '\xff') + "a") == "_a");
}

TEST_CASE("a part that means the directory above is found, also between separators of either kind")
{
    for (auto const* const raw : {"..", "../a", "a/..", "a/../b", "..\\a", "a\\..", "/..", "/../", "a\\../b", "//.."})
    {
        CAPTURE(raw);
        CHECK(is_traversal(raw));
    }
    for (auto const* const raw : {"", ".", "...", "a..", "..a", "a/..b", "a../b", "/", "\\", ". .", "%2e%2e"})
    {
        CAPTURE(raw);
        CHECK_FALSE(is_traversal(raw));
    }
}

TEST_CASE("a number stands before the extension")
{
    CHECK(numbered_name("bar.txt", 1) == "bar.1.txt");
    CHECK(numbered_name("bar", 12) == "bar.12");
    CHECK(numbered_name(".profile", 3) == ".profile.3");
    CHECK(numbered_name("a.tar.gz", 1) == "a.tar.1.gz");
    CHECK(numbered_name("bar.", 1) == "bar.1.");
    CHECK(numbered_name("_", 1) == "_.1");
}

TEST_CASE("a numbered name has at most 255 bytes, and differs for each number")
{
    std::string const filler(255, 'x');
    std::string smileys = "abc";
    for (int i = 0; i != 63; ++i)
        smileys += "\xf0\x9f\x98\x80";
    for (auto const& name :
         {filler, filler.substr(0, 251) + ".txt", filler.substr(0, 223) + "." + std::string(31, 'y'), smileys,
          std::string(255, '.')})
        for (unsigned const number : {1u, 9u, 10u, 99'999u, 4'294'967'295u})
        {
            CAPTURE(name);
            auto const numbered = numbered_name(name, number);
            CHECK(numbered.size() <= 255);
            CHECK(is_safe(numbered));
            CHECK(numbered.find("." + std::to_string(number)) != numbered.npos);
            CHECK(numbered_name(name, number - 1) != numbered);
        }
}

TEST_CASE("names that are cut alike with one number are cut alike with each")
{
    auto const a = std::string(240, 'x') + std::string(15, 'a');
    auto const b = std::string(240, 'x') + std::string(15, 'b');
    for (unsigned const number : {1u, 10u, 100u, 1000u, 1'000'000u})
        CHECK((numbered_name(a, 0) == numbered_name(b, 0)) == (numbered_name(a, number) == numbered_name(b, number)));
}

TEST_CASE("corpus: what reaches the disk has no empty, '.', '..' or separator-bearing element, and is UTF-8")
{
    auto const* const directory = std::getenv("WEBSEED_CORPUS");
    if (directory == nullptr)
    {
        MESSAGE("skipped: WEBSEED_CORPUS is not set");
        return;
    }
    std::ifstream cases(std::string(directory) + "/paths/sanitise_cases.jsonl");
    auto count = 0;
    for (std::string line; std::getline(cases, line); ++count)
    {
        CAPTURE(line);
        auto const elements = elements_of(line, line.find("latin-1") != line.npos);
        REQUIRE_FALSE(elements.empty());
        for (auto const& element : elements)
            if (auto const name = disk_name(element); !name.empty())
                CHECK(is_safe(name));
        if (elements.front().starts_with("filename"))
            CHECK(disk_name(elements.front()) == "filename_");
        if (elements.front().starts_with("foo"))
            CHECK(disk_name(elements.front()) == "foobar");
    }
    CHECK(count >= 13);
}
