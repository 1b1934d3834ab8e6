// Magnet links from other projects' tests, if WEBSEED_CORPUS names the directory that holds them.
#include <webseed/magnet.hpp>

#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <boost/json/src.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

using namespace webseed;
namespace json = boost::json;

namespace {

/// What is expected there, and what becomes of it here.
struct deviation
{
    bool is_read = false;
    char const* why = "";
};

/// By what is expected there, and what the link ends with.
std::map<std::pair<std::string, std::string>, deviation> const deviations{
    {{"error:unknown-parameter", "&ab=foo"}, {true, "what is unknown is skipped"}},
    {{"error:repeated-parameter", "&dn=Foo&dn=Foo"}, {true, "the first name counts"}},
    {{"error:repeated-parameter", "&as=http%3A%2F%2Fbar.foo%2Fbaz.torrent"}, {true, "all sources count"}},
    {{"error:invalid-url", "&tr=not+a+URL"}, {true, "trackers are not used"}},
    {{"error:two-hashes", "&dn=bittorrent-v2-test"}, {true, "they are equal"}},
    {{"ok:other-scheme", "d2474e86c95b19b8bcfdb92bc12c9d44667cfa36"}, {false, "stream-magnet: is another scheme"}},
    {{"ok:urn-sha1-as-btih", "MZXW6YTB"}, {false, "the SHA-1 of a file is not that of a torrent"}},
    {{"template", "&so=0,2,4,6-8"}, {false, "placeholders are not a link"}},
};

deviation const* deviation_of(std::string const& expected, std::string const& uri)
{
    for (auto const& [key, value] : deviations)
        if (key.first == expected && uri.ends_with(key.second))
            return &value;
    return nullptr;
}

json::array array_of(std::vector<std::string> const& strings)
{
    json::array made;
    for (auto const& string : strings)
        made.emplace_back(string);
    return made;
}

json::array array_of(std::vector<file_range> const& ranges)
{
    json::array made;
    for (auto const range : ranges)
        for (auto i = range.first; i != range.end; ++i)
            made.emplace_back(i);
    return made;
}

void check_fields(magnet_link const& link, json::object const& fields)
{
    std::map<std::string, json::value> const found{
        {"btih", link.infohash_v1 ? json::value(to_hex(*link.infohash_v1)) : json::value()},
        {"btmh", link.infohash_v2 ? json::value(to_hex(*link.infohash_v2)) : json::value()},
        {"dn", json::value(link.name)},
        {"ws", array_of(link.web_seeds)},
        {"xs", array_of(link.exact_sources)},
        {"as", array_of(link.acceptable_sources)},
        {"so", array_of(link.selection)},
    };
    for (auto const& [name, value] : found)
    {
        auto const* const expected = fields.if_contains(name);
        CAPTURE(name);
        if (expected)
            CHECK(json::serialize(value) == json::serialize(*expected));
    }
}

} // namespace

TEST_CASE("corpus: magnet links are read or refused as others do")
{
    auto const directory = std::getenv("WEBSEED_CORPUS");
    if (directory == nullptr)
    {
        MESSAGE("skipped: WEBSEED_CORPUS is not set");
        return;
    }
    std::ifstream file(std::string(directory) + "/magnets.jsonl");
    std::size_t count = 0;
    std::set<deviation const*> met;
    for (std::string line; std::getline(file, line); ++count)
    {
        CAPTURE(line);
        auto const row = json::parse(line).as_object();
        std::string const uri(row.at("uri").as_string());
        std::string const expected(row.at("expected").as_string());
        auto const* const other = deviation_of(expected, uri);
        met.insert(other);
        diagnostics cause;
        auto const link = magnet_link::parse(uri, {}, &cause);
        CHECK_MESSAGE(link.has_value() == (other ? other->is_read : expected == "ok"), cause.message);
        CHECK(link.has_value() == cause.message.empty());
        if (link)
            check_fields(*link, row.at("fields").as_object());
    }
    CHECK(count > 0);
    met.erase(nullptr);
    CHECK(met.size() == deviations.size());
}
