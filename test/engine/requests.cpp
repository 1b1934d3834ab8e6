// What goes out to a server.
#include "engine/scene.hpp"

#include <doctest/doctest.h>

using namespace webseed;
using namespace webseed::test;

TEST_CASE("a user agent is sent as it was given, but can't begin a line of its own")
{
    struct
    {
        std::string given;
        std::string sent;
    } const rows[] = {
        {"fetcher/1.0 (x)", "fetcher/1.0 (x)"},
        {"a\r\nX-Other: b", "aX-Other: b"},
        {"a\nb\tc", "abc"},
    };
    for (auto const& row : rows)
    {
        CAPTURE(row.sent);
        scene s(1);
        s.options.user_agent = row.given;
        std::string sent;
        s.add_seed("host", [&](request const& asked) {
            sent = asked.field("User-Agent");
            return s.good_answer(asked);
        });
        s.start();
        s.run();
        CHECK(s.error() == error_code());
        CHECK(sent == row.sent);
    }
}
