#include "torrent/bencode_writer.hpp"

#include "torrent/bencode.hpp"

#include "support/torrents.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace webseed;
using namespace webseed::torrent;

TEST_CASE("values of every kind are written as BEP 3 has them")
{
    bencode::writer out;
    out.begin_dictionary();
    out.string("bytes").string(test::bytes_of(std::string_view("\0\xff", 2)));
    out.string("least").integer(std::numeric_limits<std::int64_t>::min());
    out.string("list").begin_list().integer(0).integer(-3).string("").begin_list().end().end();
    out.end();
    CHECK(out.text() == "d5:bytes2:" + std::string("\0\xff", 2) + "5:leasti-9223372036854775808e4:listli0ei-3e0:leee");
    CHECK(out.size() == out.text().size());
    CHECK(bencode::document::parse(test::bytes_of(out.text())).value().is_canonical());
}
