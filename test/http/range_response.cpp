#include "http/range_response.hpp"

#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed;
using namespace webseed::http;
using std::chrono::seconds;

namespace {

constexpr std::uint64_t largest = UINT64_MAX;

/// What the head says to "give me 100 bytes from 1000 of a file of 5000".
struct judged
{
    response_facts facts;
    error_code error;
    std::uint64_t skip = 0;
    std::optional<std::uint64_t> length;
};

judged row_of(unsigned status, error_code error)
{
    judged row;
    row.facts.status = status;
    row.error = error;
    return row;
}

judged partial(std::string_view field, error_code error, std::optional<std::uint64_t> length = {})
{
    auto row = row_of(206, error);
    row.facts.content_range = field;
    row.length = length;
    return row;
}

void check(judged const& row, byte_range range = {1000, 100}, std::uint64_t file_size = 5000)
{
    CAPTURE(row.facts.status);
    CAPTURE(std::string(row.facts.content_range.value_or("-")));
    auto const plan = judge(row.facts, range, file_size);
    CHECK(plan.error == row.error);
    if (plan.error)
        return;
    CHECK(plan.skip == row.skip);
    CHECK(plan.length == row.length);
}

} // namespace

TEST_CASE("a Content-Range is read exactly, or not at all")
{
    CHECK(parse_content_range("bytes 0-0/1") == content_range{0, 0, 1});
    CHECK(parse_content_range("bytes 10-20/*") == content_range{10, 20, std::nullopt});
    CHECK(parse_content_range("Bytes 1-2/3") == content_range{1, 2, 3});
    CHECK(
        parse_content_range("bytes 0-18446744073709551614/18446744073709551615") ==
        content_range{0, largest - 1, largest});
    for (auto const* const field : {
             "",
             "bytes",
             "bytes ",
             "bytes */30",
             "bytes 0",
             "bytes 0-",
             "bytes 0-/3",
             "bytes -0/3",
             "bytes 0-1",
             "bytes 0-1/",
             "bytes 0-1/*x",
             "bytes 0-1/**",
             "bytes 0-1/2 ",
             "bytes 0-1/2,",
             "bytes 0-1/2, bytes 0-1/2",
             "bytes  0-1/2",
             " bytes 0-1/2",
             "bytes=0-1/2",
             "bytes 0 - 1/2",
             "bytes +0-1/2",
             "bytes 0-+1/2",
             "bytes -3-4/9",
             "bytes 0x0-1/2",
             "bytes 1-0/2",
             "bytes 0-1/1",
             "bytes 0-2/2",
             "bytes 5-9/9",
             "bytes 10-*/30",
             "bytes 0-18446744073709551616/*",
             "bytes 18446744073709551616-18446744073709551617/*",
             "bytes 0-1/18446744073709551616",
             "bytes 999999999999999999999999-0",
             "items 0-1/2",
             "multipart 0-1/2",
         })
    {
        CAPTURE(field);
        CHECK_FALSE(parse_content_range(field));
    }
}

TEST_CASE("a Retry-After is a number of seconds, at most a century, or nothing")
{
    CHECK(parse_retry_after("0") == seconds(0));
    CHECK(parse_retry_after("120") == seconds(120));
    CHECK(parse_retry_after("00007") == seconds(7));
    for (auto const* const field :
         {"3153600001", "1000000000000000000", "18446744073709551616", "999999999999999999999999999999999999"})
    {
        CAPTURE(field);
        CHECK(parse_retry_after(field) == seconds(3'153'600'000));
    }
    for (auto const* const field :
         {"", " ", "-1", "+1", "1.5", "1e18", "1 ", " 1", "1,2", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"})
    {
        CAPTURE(field);
        CHECK_FALSE(parse_retry_after(field));
    }
}

TEST_CASE("a Retry-After that is a date is measured against the server's own")
{
    constexpr std::string_view now = "Sun, 06 Nov 1994 08:49:37 GMT";
    constexpr std::string_view later = "Sun, 06 Nov 1994 08:51:37 GMT";
    CHECK(parse_retry_after(later, now) == seconds(120));
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:51:37 GMT", now) == seconds(120));
    CHECK(parse_retry_after(now, now) == seconds(0));
    CHECK(parse_retry_after(now, later) == seconds(0));
    CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == seconds(3'153'600'000));
    CHECK(parse_retry_after("7", now) == seconds(7));
    CHECK(parse_retry_after("7", "soon") == seconds(7));
    CHECK_FALSE(parse_retry_after(later));
    CHECK_FALSE(parse_retry_after(later, "soon"));
    CHECK_FALSE(parse_retry_after("soon", now));
}

TEST_CASE("a 503's body is a number of seconds, with white space around it, or nothing")
{
    CHECK(parse_wait("30") == seconds(30));
    CHECK(parse_wait(" 30\r\n") == seconds(30));
    CHECK(parse_wait("\t\n0 ") == seconds(0));
    CHECK(parse_wait("99999999999999999999999999999999999999999999999999999999999999999") == seconds(3'153'600'000));
    for (auto const* const body : {"", " ", "\r\n", "-1", "30 s", "3 0", "1.5", "<html>", "soon"})
    {
        CAPTURE(body);
        CHECK_FALSE(parse_wait(body));
    }
}

TEST_CASE("a part that is asked for in a way of its own comes alone, or with all that it is a part of")
{
    auto const facts = [](std::optional<std::uint64_t> length) {
        response_facts made;
        made.status = 200;
        made.content_length = length;
        return made;
    };
    byte_range const part{30, 20};
    for (auto const is_all_asked : {false, true})
    {
        CAPTURE(is_all_asked);
        auto const all = judge_exact(facts(100), part, 100, is_all_asked);
        CHECK_FALSE(all.error);
        CHECK(all.skip == 30);
        CHECK(all.length == 100);
        CHECK(judge_exact(facts(99), part, 100, is_all_asked).error == errc::range_mismatch);
        CHECK(judge_exact(facts(101), part, 100, is_all_asked).error == errc::range_mismatch);
        auto const alone = judge_exact(facts(20), part, 100, is_all_asked);
        CHECK(alone.error == (is_all_asked ? error_code(errc::range_mismatch) : error_code()));
        CHECK(alone.skip == 0);
        auto const unknown = judge_exact(facts(std::nullopt), part, 100, is_all_asked);
        CHECK_FALSE(unknown.error);
        CHECK(unknown.skip == (is_all_asked ? 30 : 0));
    }
}

TEST_CASE("a whole body must come with a 200, as long as asked or as allowed")
{
    struct row
    {
        response_facts facts;
        error_code exact;
        error_code document;
    };
    auto const facts = [](unsigned status, std::optional<std::uint64_t> length) {
        response_facts made;
        made.status = status;
        made.content_length = length;
        return made;
    };
    auto encoded = facts(200, 100);
    encoded.content_encoding = "gzip";
    auto chunked = facts(200, std::nullopt);
    chunked.transfer_encoding = "chunked";
    auto deflated = chunked;
    deflated.transfer_encoding = "deflate, chunked";
    auto partial_answer = facts(206, 100);
    partial_answer.content_range = "bytes 0-99/100";
    for (auto const& row : {
             row{facts(200, 100), {}, {}},
             row{facts(200, std::nullopt), {}, {}},
             row{chunked, {}, {}},
             row{facts(200, 99), errc::range_mismatch, {}},
             row{facts(200, 0), errc::range_mismatch, {}},
             row{facts(200, 101), errc::range_mismatch, errc::document_too_large},
             row{facts(200, largest), errc::range_mismatch, errc::document_too_large},
             row{encoded, errc::encoding_refused, errc::encoding_refused},
             row{deflated, errc::encoding_refused, errc::encoding_refused},
             row{partial_answer, errc::status_unexpected, errc::status_unexpected},
             row{facts(404, 100), errc::not_found, errc::not_found},
             row{facts(503, 2), errc::overloaded, errc::overloaded},
         })
    {
        CAPTURE(row.facts.status);
        CAPTURE(row.facts.content_length.value_or(7777));
        auto const exact = judge_exact(row.facts, {0, 100});
        CHECK(exact.error == row.exact);
        CHECK(exact.length == (row.exact ? std::nullopt : row.facts.content_length));
        CHECK(exact.skip == 0);
        auto const document = judge_document(row.facts, 100);
        CHECK(document.error == row.document);
        CHECK(document.length == (row.document ? std::nullopt : row.facts.content_length));
        CHECK(document.skip == 0);
    }
}

TEST_CASE("a 206 must begin with the range and stay in it, in a file of the right size")
{
    check(partial("bytes 1000-1099/5000", {}, 100));
    check(partial("bytes 1000-1099/*", {}, 100));
    check(partial("bytes 1000-1000/5000", {}, 1));
    for (auto const* const field : {
             "bytes 999-1099/5000",
             "bytes 1001-1099/5000",
             "bytes 0-4999/5000",
             "bytes 1000-1100/5000",
             "bytes 1000-4999/5000",
             "bytes 1000-18446744073709551615/*",
             "bytes 1000-1099/4999",
             "bytes 1000-1099/5001",
             "bytes 0-99/100",
             "bytes 18446744073709551614-18446744073709551615/*",
         })
        check(partial(field, errc::range_mismatch));
    for (auto const* const field : {"", "?", "bytes 1000-999/5000", "bytes */5000", "bytes 1000-1099/1050"})
        check(partial(field, errc::response_invalid));
    check(row_of(206, errc::response_invalid));
}

TEST_CASE("a 206 whose lengths contradict each other is refused")
{
    for (std::uint64_t const length : {0u, 99u, 101u, 5000u})
    {
        CAPTURE(length);
        auto row = partial("bytes 1000-1099/5000", errc::response_invalid);
        row.facts.content_length = length;
        check(row);
    }
    auto row = partial("bytes 1000-1099/5000", {}, 100);
    row.facts.content_length = 100;
    check(row);
}

TEST_CASE("a 206 of several parts was not asked for")
{
    for (auto const* const type : {"multipart/byteranges; boundary=x", "Multipart/ByteRanges"})
    {
        auto row = partial("bytes 1000-1099/5000", errc::response_invalid);
        row.facts.content_type = type;
        check(row);
    }
    auto row = partial("bytes 1000-1099/5000", {}, 100);
    row.facts.content_type = "multipart/related"; // a saved page, as a file of its own
    check(row);
}

TEST_CASE("a 200 will do if the range begins near the start of a file of the right size")
{
    auto row = row_of(200, {});
    row.skip = 1000;
    check(row);
    row.facts.content_length = row.length = 5000;
    check(row);
    row.error = errc::range_mismatch;
    for (std::uint64_t const length : {std::uint64_t{0}, std::uint64_t{4999}, std::uint64_t{5001}, largest})
    {
        CAPTURE(length);
        row.facts.content_length = length;
        check(row);
    }

    auto near = row_of(200, {});
    near.skip = skip_size_max;
    check(near, {skip_size_max, 1}, 1u << 20);
    check(row_of(200, errc::range_ignored), {skip_size_max + 1, 1}, 1u << 20);
    check(row_of(200, errc::range_ignored), {largest - 2, 1}, largest);
    CHECK(judge(near.facts, {10, 1}, 5000, false, 9).error == errc::range_ignored);
    CHECK(judge(near.facts, {10, 1}, 5000, false, 10).skip == 10);
    CHECK(judge(near.facts, {largest - 2, 1}, largest, false, largest).skip == largest - 2);
}

TEST_CASE("a page of HTML is not taken for the file")
{
    struct row
    {
        std::string_view type;
        std::optional<std::uint64_t> length;
        bool is_page;
        error_code error;
    };
    for (auto const& row : {
             row{"text/html", 5000, false, {}}, // whatever it is called, it has the size
             row{"text/html", 5000, true, {}},
             row{"text/html", std::nullopt, true, {}},
             row{"text/html", std::nullopt, false, errc::page_instead},
             row{"Text/HTML; charset=utf-8", std::nullopt, false, errc::page_instead},
             row{"application/xhtml+xml", std::nullopt, false, errc::page_instead},
             row{"text/html", 4999, false, errc::page_instead},
             row{"text/html", 4999, true, errc::page_instead},
             row{"application/xhtml+xml", 0, false, errc::page_instead},
             row{"text/plain", std::nullopt, false, {}},
             row{"text/plain", 4999, false, errc::range_mismatch},
             row{"?", std::nullopt, false, {}},
         })
    {
        CAPTURE(std::string(row.type));
        response_facts facts;
        facts.status = 200;
        facts.content_type = row.type;
        facts.content_length = row.length;
        CHECK(judge(facts, {0, 100}, 5000, row.is_page).error == row.error);
        auto const far = row.error ? row.error : error_code(errc::range_ignored);
        CHECK(judge(facts, {skip_size_max + 1, 100}, 5000, row.is_page).error == far);
    }
    auto part = partial("bytes 1000-1099/5000", {}, 100);
    part.facts.content_type = "text/html";
    check(part);
}

TEST_CASE("statuses have a meaning")
{
    struct row
    {
        unsigned status;
        errc error;
    };
    for (auto const row : {
             row{404, errc::not_found},         row{410, errc::not_found},         row{416, errc::not_found},
             row{451, errc::not_found},         row{401, errc::unauthorized},      row{403, errc::unauthorized},
             row{407, errc::unauthorized},      row{429, errc::overloaded},        row{503, errc::overloaded},
             row{500, errc::status_unexpected}, row{502, errc::status_unexpected}, row{201, errc::status_unexpected},
             row{204, errc::status_unexpected}, row{301, errc::status_unexpected}, row{304, errc::status_unexpected},
             row{400, errc::status_unexpected}, row{408, errc::status_unexpected}, row{999, errc::status_unexpected},
             row{0, errc::status_unexpected},
         })
    {
        auto judged_row = row_of(row.status, row.error);
        judged_row.facts.content_range = "bytes 1000-1099/5000";
        check(judged_row);
        judged_row.facts.content_encoding = "gzip"; // of the error page
        check(judged_row);
    }
}

TEST_CASE("a body in any coding but none is refused")
{
    struct row
    {
        std::string_view coding;
        bool is_good;
    };
    for (auto const row :
         {row{"identity", true}, row{"Identity", true}, row{"gzip", false}, row{"compress", false}, row{"br", false},
          row{"identity, gzip", false}, row{"none", false}, row{"?", false}, row{"", false}})
    {
        CAPTURE(std::string(row.coding));
        auto whole = row_of(200, row.is_good ? error_code() : error_code(errc::encoding_refused));
        whole.skip = 1000;
        whole.facts.content_encoding = row.coding;
        check(whole);
        auto part = partial("bytes 1000-1099/5000", whole.error, 100);
        part.facts.content_encoding = row.coding;
        check(part);
    }
    for (auto const row :
         {row{"chunked", true}, row{"Chunked", true}, row{"gzip, chunked", false}, row{"gzip", false},
          row{"chunked, chunked", false}, row{"identity", false}, row{"?", false}})
    {
        CAPTURE(std::string(row.coding));
        auto part =
            partial("bytes 1000-1099/5000", row.is_good ? error_code() : error_code(errc::encoding_refused), 100);
        part.facts.transfer_encoding = row.coding;
        check(part);
    }
}
