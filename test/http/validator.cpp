#include "http/validator.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed::http;

namespace {

constexpr std::string_view modified = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view later = "Sun, 06 Nov 1994 08:49:38 GMT";

response_facts facts_of(std::optional<std::string_view> etag, std::optional<std::string_view> last_modified)
{
    response_facts facts;
    facts.status = 206;
    facts.etag = etag;
    facts.last_modified = last_modified;
    return facts;
}

} // namespace

TEST_CASE("a file's version is told by a strong ETag, or else by when it was modified")
{
    CHECK(validator_of(facts_of("\"a\"", modified)) == "\"a\"");
    CHECK(validator_of(facts_of("\"\"", modified)) == "\"\"");
    CHECK(validator_of(facts_of("\"a/b;c'\xff\"", {})) == "\"a/b;c'\xff\"");
    CHECK(validator_of(facts_of("\"" + std::string(510, 'x') + "\"", {})).size() == 512);
    CHECK(validator_of(facts_of({}, modified)) == modified);
    CHECK(validator_of(facts_of({}, {})) == "");
    std::string const large = "\"" + std::string(511, 'x') + "\"";
    for (std::string_view const etag :
         {"W/\"a\"", "w/\"a\"", "a", "\"a", "a\"", "\"", "", "\"a\"b\"", "\"a b\"", "\"a\tb\"", "\x7f", "\"\x7f\"",
          large.c_str()})
    {
        CAPTURE(std::string(etag));
        CHECK(validator_of(facts_of(etag, modified)) == modified);
        CHECK(validator_of(facts_of(etag, {})) == "");
        CHECK(validator_of(facts_of(etag, "yesterday")) == "");
    }
}

TEST_CASE("a file that was modified in the second of the answer may be modified again in it")
{
    auto facts = facts_of({}, modified);
    facts.date = modified;
    CHECK(validator_of(facts) == "");
    facts.date = later;
    CHECK(validator_of(facts) == modified);
    facts.date = "soon";
    CHECK(validator_of(facts) == modified);
}

TEST_CASE("another validator of the same kind is another version, and so is a whole file where a part was asked for")
{
    struct row
    {
        response_facts facts;
        std::string_view validator;
        bool is_other_part;
        bool is_other_whole;
    };
    for (auto const& row : {
             row{facts_of("\"a\"", modified), "", false, false},
             row{facts_of("\"a\"", modified), "\"a\"", false, false},
             row{facts_of("\"b\"", modified), "\"a\"", true, true},
             row{facts_of("\"A\"", modified), "\"a\"", true, true},
             row{facts_of("W/\"b\"", modified), "\"a\"", false, true},
             row{facts_of({}, modified), "\"a\"", false, true},
             row{facts_of({}, {}), "\"a\"", false, true},
             row{facts_of("\"b\"", modified), modified, false, false},
             row{facts_of("\"b\"", later), modified, true, true},
             row{facts_of("\"b\"", {}), modified, false, true},
             row{facts_of({}, "yesterday"), modified, false, true},
         })
    {
        CAPTURE(std::string(row.facts.etag.value_or("none")));
        CAPTURE(std::string(row.validator));
        auto facts = row.facts;
        CHECK(is_other_version(facts, row.validator, true) == row.is_other_part);
        CHECK(is_other_version(facts, row.validator, false) == row.is_other_part);
        facts.status = 200;
        CHECK(is_other_version(facts, row.validator, true) == row.is_other_whole);
        CHECK(is_other_version(facts, row.validator, false) == row.is_other_part);
    }
}
