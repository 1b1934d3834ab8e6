#include "torrent/digest.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>

#include <stdexcept>
#include <utility>

using namespace webseed;
using namespace webseed::torrent;
using test::bytes_of;

namespace {

char const abc_sha1[] = "a9993e364706816aba3e25717850c26c9cd0d89d";
char const nothing_sha1[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

} // namespace

TEST_CASE("bytes are written as two lower-case hexadecimal digits each")
{
    CHECK(to_hex(bytes_of(std::string_view("\x00\x7f\xff\x1a", 4))) == "007fff1a");
    CHECK(to_hex({}) == "");
}

TEST_CASE("the digests of known messages come out")
{
    CHECK(to_hex(sha1_of(bytes_of("abc"))) == abc_sha1);
    CHECK(to_hex(sha1_of({})) == nothing_sha1);
    CHECK(to_hex(sha256_of(bytes_of("a"))) == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
}

TEST_CASE("a message may come in parts, and the next one starts fresh")
{
    sha1_digest digest;
    for (int message = 0; message < 3; ++message)
    {
        digest.update(bytes_of("a"));
        digest.update({});
        digest.update(bytes_of("bc"));
        CHECK(to_hex(digest.finish()) == abc_sha1);
    }
    CHECK(to_hex(digest.finish()) == nothing_sha1);
}

TEST_CASE("a running SHA-256 gives the same as one in a single call, message for message")
{
    sha256_digest digest;
    for (std::string_view const message : {"", "abc", "a message of some length, in two parts"})
    {
        CAPTURE(message);
        digest.update(bytes_of("wrong"));
        digest.restart();
        digest.update(bytes_of(message.substr(0, message.size() / 2)));
        digest.update(bytes_of(message.substr(message.size() / 2)));
        CHECK(digest.finish() == sha256_of(bytes_of(message)));
    }
}

TEST_CASE("a restart forgets the message so far")
{
    sha1_digest digest;
    digest.update(bytes_of("wrong"));
    digest.restart();
    digest.update(bytes_of("abc"));
    CHECK(to_hex(digest.finish()) == abc_sha1);
}

TEST_CASE("zeros count as that many zero bytes")
{
    for (std::size_t const count : {0u, 1u, 16383u, 16384u, 16385u, 100000u})
    {
        CAPTURE(count);
        std::vector<std::byte> const zeros(count);
        sha1_digest digest;
        digest.update(bytes_of("head"));
        digest.update_zeros(count);
        auto const hash = digest.finish();
        digest.update(bytes_of("head"));
        digest.update(zeros);
        CHECK(hash == digest.finish());
    }
}

TEST_CASE("where OpenSSL may not use an algorithm, that is an exception and no hash")
{
    struct rule
    {
        rule() { EVP_set_default_properties(nullptr, "provider=nobody"); }
        ~rule() { EVP_set_default_properties(nullptr, ""); }
    };
    {
        rule const forbidden;
        CHECK_THROWS_AS(sha1_digest(), std::runtime_error);
        CHECK_THROWS_AS(sha1_of({}), std::runtime_error);
        CHECK_THROWS_AS(sha256_digest(), std::runtime_error);
    }
    CHECK(to_hex(sha1_of({})) == nothing_sha1);
}

TEST_CASE("a digest that is moved goes on")
{
    sha1_digest digest;
    digest.update(bytes_of("ab"));
    sha1_digest other = std::move(digest);
    other.update(bytes_of("c"));
    CHECK(to_hex(other.finish()) == abc_sha1);
}
