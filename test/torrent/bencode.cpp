#include "torrent/bencode.hpp"

#include "support/printing.hpp"
#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <limits>

#include <sys/mman.h>

using namespace webseed;
using namespace webseed::torrent;
using bencode::kind;
using test::bytes_of;

namespace {

std::string repeated(std::string_view text, std::size_t count)
{
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

} // namespace

TEST_CASE("every kind of value is read")
{
    std::string const text = "d4:dictd1:xi-3ee3:inti42e4:listl4:spami0ee6:string3:a\nbe";
    auto const document = bencode::document::parse(bytes_of(text));
    REQUIRE(document);
    CHECK(document->is_canonical());
    auto const root = document->root();
    CHECK(root.is(kind::dictionary));
    CHECK(root.size() == 4);
    CHECK(root.find("dict").find("x").integer() == -3);
    CHECK(root.find("int").integer() == 42);
    auto const list = root.find("list");
    CHECK(list.size() == 2);
    CHECK(list.first().string() == "spam");
    CHECK(list.first().next().integer() == 0);
    CHECK_FALSE(list.first().next().next());
    CHECK(root.find("string").string() == "a\nb");
    CHECK(root.find("string").key() == "string");
}

TEST_CASE("a value knows its place and its exact bytes")
{
    std::string const text = "d4:infod1:ai1ee4:resti2ee";
    auto const document = bencode::document::parse(bytes_of(text));
    REQUIRE(document);
    auto const info = document->root().find("info");
    CHECK(info.offset() == 7);
    CHECK(info.encoded().data() == bytes_of(text).data() + 7);
    CHECK(info.encoded().size() == std::string_view("d1:ai1ee").size());
}

TEST_CASE("what is not there is no value, of no kind and no size")
{
    auto const document = bencode::document::parse(bytes_of("d1:ai1ee"));
    REQUIRE(document);
    auto const missing = document->root().find("b");
    CHECK_FALSE(missing);
    CHECK_FALSE(missing.is(kind::integer));
    CHECK(missing.size() == 0);
    CHECK_FALSE(missing.first());
    CHECK_FALSE(missing.find("c"));
    CHECK_FALSE(document->root().find("a").find("c"));
}

TEST_CASE("integers reach from the least to the greatest of 64 bits")
{
    for (auto const number : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    {
        auto const text = test::encoded(number);
        auto const document = bencode::document::parse(bytes_of(text));
        REQUIRE(document);
        CHECK(document->root().integer() == number);
    }
}

TEST_CASE("what is loosely written is read, but not called canonical")
{
    std::string const rows[] = {"d1:bi1e1:ai2ee", "d2:abi1e2:aai2ee", "ld1:bi1e1:ai2eee", "le\n", "le\r\n"};
    for (auto const& row : rows)
    {
        CAPTURE(row);
        auto const document = bencode::document::parse(bytes_of(row));
        REQUIRE(document);
        CHECK_FALSE(document->is_canonical());
    }
}

TEST_CASE("what breaks a rule is refused, and the message says what and where")
{
    struct
    {
        std::string text;
        char const* message;
    } const rows[] = {
        {"", "byte 0: ends too early"},
        {"d", "byte 1: ends too early"},
        {"l", "byte 1: ends too early"},
        {"d1:a", "byte 4: ends too early"},
        {"d1:ae", "byte 4: neither"},
        {"d1:ai1e1:be", "byte 10: neither"},
        {"e", "byte 0: neither"},
        {"corruption!", "byte 0: neither"},
        {"-1:a", "byte 0: neither"},
        {"d9:abci1ee", "byte 1: a string longer than the rest"},
        {"di5e1:ae", "byte 1: a key that is no string"},
        {"d-1:ai1ee", "byte 1: a key that is no string"},
        {"i", "byte 0: an integer without digits"},
        {"i-", "byte 0: an integer without digits"},
        {"i-e", "byte 0: an integer without digits"},
        {"ie", "byte 0: an integer without digits"},
        {"i+1e", "byte 0: an integer without digits"},
        {"i-0e", "byte 0: an integer with a leading zero"},
        {"i03e", "byte 0: an integer with a leading zero"},
        {"i-03e", "byte 0: an integer with a leading zero"},
        {"i10", "byte 0: an integer that does not end"},
        {"i1.5e", "byte 0: an integer that does not end"},
        {"i9223372036854775808e", "byte 0: an integer beyond 64 bits"},
        {"i-9223372036854775809e", "byte 0: an integer beyond 64 bits"},
        {"3:ab", "byte 0: a string longer than the rest"},
        {"l18446744073709551615:abce", "byte 1: a string longer than the rest"},
        {"18446744073709551616:abc", "byte 0: a string longer than the rest"},
        {"03:abc", "byte 0: a string length with a leading zero"},
        {"3", "byte 0: a string length without ':'"},
        {"3abc", "byte 0: a string length without ':'"},
        {"i42ee", "byte 4: something behind"},
        {"le\n\n", "byte 2: something behind"},
        {"le\r", "byte 2: something behind"},
        {"d1:ai1e1:ai2ee", "byte 13: a dictionary that ends here has a key twice"},
        {"d1:ai1e1:bi2e1:ai3ee", "byte 19: a dictionary that ends here has a key twice"},
        {repeated("l", 100), "byte 64: nested deeper"},
        {repeated("d1:a", 1'000'000), "byte 256: nested deeper"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.text.substr(0, 40));
        diagnostics cause;
        auto const document = bencode::document::parse(bytes_of(row.text), {}, &cause);
        REQUIRE_FALSE(document);
        CHECK(document.error() == errc::bencode_invalid);
        CHECK_MESSAGE(cause.message.find(row.message) != std::string::npos, cause.message);
    }
}

TEST_CASE("what has no place within 32 bits is refused before it is read")
{
    constexpr std::size_t size = (std::size_t{1} << 32) + 1;
    auto* const unreadable = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(unreadable != MAP_FAILED);
    diagnostics cause;
    CHECK_FALSE(bencode::document::parse({static_cast<std::byte const*>(unreadable), size}, {}, &cause));
    CHECK(cause.message == "byte 0: more than 4 GiB");
    ::munmap(unreadable, size);
}

TEST_CASE("nesting and the count of values are bounded exactly")
{
    auto const nested = repeated("l", 64) + repeated("e", 64);
    CHECK(bencode::document::parse(bytes_of(nested)));
    CHECK_FALSE(bencode::document::parse(bytes_of("l" + nested + "e")));

    std::string const four = "li1ei2ei3ee";
    CHECK(bencode::document::parse(bytes_of(four), {.depth_max = 1, .item_count_max = 4}));
    CHECK_FALSE(bencode::document::parse(bytes_of(four), {.depth_max = 1, .item_count_max = 3}));
}

TEST_CASE("an unsorted dictionary of many keys is searched for doubles in one go")
{
    std::string text = "d";
    for (int i = 200'000; i > 0; --i)
        text += test::encoded(std::to_string(i)) + "le";
    CHECK(bencode::document::parse(bytes_of(text + "e")));
    CHECK_FALSE(bencode::document::parse(bytes_of(text + "6:200000lee")));
}
