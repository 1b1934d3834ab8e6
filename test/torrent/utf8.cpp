#include "torrent/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace webseed::torrent;

TEST_CASE("UTF-8 is told from what only looks like it")
{
    for (std::string_view const right :
         {"", "plain", "\xc3\xbc", "\xe6\x96\x87\xe5\xad\x97", "\xf0\x9f\x8c\xb1", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80"})
    {
        CAPTURE(right);
        CHECK(is_utf8(right));
    }
    for (std::string const wrong :
         {"\x80", "\xc3", "a\xc3z", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe6\x96"})
    {
        CAPTURE(wrong);
        CHECK_FALSE(is_utf8(wrong));
    }
}
