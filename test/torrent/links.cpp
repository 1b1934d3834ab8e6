#include "torrent/links.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>

using namespace webseed;
using test::dictionary_of;
using test::encoded;
using test::list_of_strings;
using names = std::vector<std::string>;

namespace {

struct file
{
    names path;
    names target{}; // none: no link
};

std::string entry_of(file const& each)
{
    if (each.target.empty())
        return dictionary_of({{"length", encoded(1)}, {"path", list_of_strings(each.path)}});
    return dictionary_of({
        {"attr", encoded("l")},
        {"path", list_of_strings(each.path)},
        {"symlink path", list_of_strings(each.target)},
    });
}

metainfo torrent_with(std::vector<file> files)
{
    files.push_back({{"end"}});
    names entries;
    for (auto const& each : files)
        entries.push_back(entry_of(each));
    auto const info = dictionary_of({
        {"files", test::list_of(entries)},
        {"name", encoded("t")},
        {"piece length", encoded(1 << 20)},
        {"pieces", encoded(std::string(20, 'A'))},
    });
    diagnostics cause;
    auto const torrent = metainfo::parse(test::bytes_of(dictionary_of({{"info", info}})), {}, &cause);
    REQUIRE_MESSAGE(torrent, cause.message);
    return *torrent;
}

std::string target_of(metainfo const& torrent, std::uint32_t index)
{
    return std::string(torrent.link_target(file_index{index}));
}

/// The targets of the links at the beginning of the list.
names targets_of(std::vector<file> const& files)
{
    auto const torrent = torrent_with(files);
    names targets;
    for (std::uint32_t i = 0; i != torrent.files().size() && torrent.files()[i].link; ++i)
        targets.push_back(target_of(torrent, i));
    return targets;
}

} // namespace

TEST_CASE("a link's target is told from the root of the torrent, and made relative to the link's directory")
{
    CHECK(
        targets_of({
            {{"l"}, {"a"}},
            {{"l2"}, {"d", "b"}},
            {{"d", "l"}, {"a"}},
            {{"d", "e", "l"}, {"d", "b"}},
            {{"d", "e", "l2"}, {"a"}},
            {{"de", "l"}, {"d", "b"}},
            {{"a"}},
            {{"d", "b"}},
        }) == names{"a", "d/b", "../a", "../b", "../../a", "../d/b"});
}

TEST_CASE("what isn't there from the root may be there from the link's own directory; the root comes first")
{
    CHECK(
        targets_of({
            {{"d", "l"}, {"b"}},
            {{"d", "l2"}, {"e", "c"}},
            {{"d", "l3"}, {"both"}},
            {{"d", "b"}},
            {{"d", "e", "c"}},
            {{"d", "both"}},
            {{"both"}},
        }) == names{"b", "e/c", "../both"});
}

TEST_CASE("a link may lead to a directory, also to the one that it lies in")
{
    CHECK(
        targets_of({
            {{"l"}, {"d"}},
            {{"l2"}, {"d", "e"}},
            {{"d", "e", "up"}, {"d"}},
            {{"d", "e", "here"}, {"d", "e"}},
            {{"d", "e", "f"}},
        }) == names{"d", "d/e", "../../d", "../e"});
}

TEST_CASE("a link may lead to a link, and through one")
{
    CHECK(
        targets_of({
            {{"l"}, {"l2"}},
            {{"l2"}, {"l3"}},
            {{"l3"}, {"d"}},
            {{"x", "through"}, {"l", "e", "f"}},
            {{"x", "not"}, {"l", "e", "missing"}},
            {{"d", "e", "f"}},
        }) == names{"l2", "l3", "d", "../l/e/f", ""});
}

TEST_CASE("a link through another one counts what that one will be, not what else it could have been")
{
    // x/choice leads to the root's c, where there is no f; that of its own directory has one.
    CHECK(
        targets_of({
            {{"x", "choice"}, {"c"}},
            {{"l"}, {"x", "choice", "f"}},
            {{"c", "other"}},
            {{"x", "c", "f"}},
        }) == names{"../c", ""});
}

TEST_CASE("links in circles lead nowhere")
{
    CHECK(targets_of({{{"l"}, {"l"}}}) == names{""});
    CHECK(targets_of({{{"l"}, {"l", "x"}}}) == names{""});
    CHECK(targets_of({{{"a"}, {"b"}}, {{"b"}, {"a"}}}) == names{"", ""});
    CHECK(targets_of({{{"a"}, {"b"}}, {{"b"}, {"c", "x"}}, {{"c"}, {"a", "y"}}}) == names{"", "", ""});
    // From the root in a circle, from its directory not.
    CHECK(targets_of({{{"d", "l"}, {"d", "l"}}, {{"d", "d", "l"}}}) == names{"d/l"});
}

TEST_CASE("a link that leads nowhere, or out of the torrent, is left out, with one warning for all")
{
    auto const torrent = torrent_with({
        {{"missing"}, {"nothing"}},
        {{"up"}, {"..", "end"}},
        {{"middle"}, {"d", "..", "end"}},
        {{"slashes"}, {"../../end"}},
        {{"backslashes"}, {"..\\end"}},
        {{"absolute"}, {"/etc/passwd"}},
        {{"absolute too"}, {"", "etc", "passwd"}},
        {{"beyond a file"}, {"end", "x"}},
        {{"a part of a name"}, {"en"}},
        {{"itself by dots"}, {"."}},
        {{"nothing"}, {""}},
    });
    for (std::uint32_t i = 0; i != 11; ++i)
    {
        CAPTURE(i);
        CHECK(torrent.files()[i].link);
        CHECK(target_of(torrent, i) == "");
    }
    REQUIRE(torrent.warnings().size() == 1);
    CHECK(torrent.warnings()[0].ends_with(": 11"));
    CHECK(target_of(torrent, 11) == ""); // no link
}

TEST_CASE("a target is made safe as names are")
{
    CHECK(
        targets_of({
            {{"l"}, {"a\n"}},
            {{"l2"}, {"", "d", ".", "b"}},
            {{"l3"}, {"d/b"}},
            {{"a\n"}},
            {{"d", "b"}},
        }) == names{"a_", "d/b", ""});
}

TEST_CASE("a single file that is a link leads nowhere")
{
    auto const text = dictionary_of(
        {{"info", dictionary_of({
                      {"attr", encoded("l")},
                      {"length", encoded(0)},
                      {"name", encoded("l")},
                      {"piece length", encoded(16)},
                      {"pieces", encoded("")},
                      {"symlink path", list_of_strings({"etc", "passwd"})},
                  })}});
    CHECK_FALSE(metainfo::parse(test::bytes_of(text)));
}

TEST_CASE("a link that is in the way of a directory is moved, and nothing lies behind it")
{
    auto const torrent = torrent_with({{{"d"}, {"e"}}, {{"d", "x"}}, {{"e", "y"}}});
    CHECK(torrent.files()[0].path == "t/d.1");
    CHECK(target_of(torrent, 0) == "e");
}

TEST_CASE("whatever the links, each target lies in the torrent when it is followed name by name")
{
    names const words{"a", "b", "c", "..", ".", "", "/", "a/b", "t", "../t"};
    std::uint64_t state = 1;
    auto const below = [&state](std::size_t count) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::size_t>(state >> 33) % count;
    };
    for (int round = 0; round != 300; ++round)
    {
        std::map<names, names> files;
        for (auto count = 1 + below(8); count != 0; --count)
        {
            names path;
            for (auto depth = 1 + below(3); depth != 0; --depth)
                path.push_back(words[below(3)]);
            names target;
            for (auto depth = below(4); depth != 0; --depth)
                target.push_back(words[below(words.size())]);
            files[path] = target;
        }
        std::vector<file> list;
        for (auto const& [path, target] : files)
            list.push_back({path, target});
        auto const torrent = torrent_with(list);
        for (std::uint32_t i = 0; i != torrent.files().size(); ++i)
        {
            std::filesystem::path const target(target_of(torrent, i));
            auto const place = std::filesystem::path(torrent.files()[i].path).parent_path() / target;
            CAPTURE(place);
            CHECK(target.is_relative());
            CHECK(*place.lexically_normal().begin() == "t");
        }
    }
}

TEST_CASE("knots of links take no longer than their size, and honest links beside them are kept")
{
    // Each of the knot leads through two others; each of the chain to the next one.
    std::vector<file> files;
    constexpr std::size_t count = 20'000;
    auto const name = [](char kind, std::size_t i) { return kind + std::to_string(100'000 + i % count); };
    for (std::size_t i = 0; i != count; ++i)
        files.push_back({{name('a', i)}, {name('a', 2 * i + 1), name('a', 2 * i + 2), "x"}});
    for (std::size_t i = 0; i != count; ++i)
        files.push_back({{name('b', i)}, {name('b', i + 1)}});
    for (std::size_t i = 0; i != count; ++i)
        files.push_back({{name('c', i)}, {"end"}});
    auto const start = std::chrono::steady_clock::now();
    auto const torrent = torrent_with(files);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20)); // 0.2 s
    for (std::uint32_t i = 0; i != 3 * count; ++i)
        if (target_of(torrent, i) != (i < 2 * count ? "" : "end"))
            FAIL(i);
}

TEST_CASE("a chain of links is followed as far as systems do")
{
    std::vector<file> files;
    for (int i = 0; i != 40; ++i)
        files.push_back({{"l" + std::to_string(i)}, {i == 39 ? "end" : "l" + std::to_string(i + 1)}});
    auto const targets = targets_of(files);
    CHECK(targets.front() == "l1");
    CHECK(targets.back() == "end");
}
