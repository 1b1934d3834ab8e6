// Random crowds of servers, most of them hostile.
#include "hostile/meeting.hpp"

#include "support/dice.hpp"
#include "support/printing.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

using namespace webseed;
using namespace webseed::test;
using namespace std::chrono_literals;

namespace {

using content_text = std::string const&;

using maker = server (*)(content_text, dice&);
maker const makers[] = {
    [](content_text content, dice& luck) { return truncate_after(luck.below(70'000), serve(content)); },
    [](content_text content, dice& luck) { return reset_after(luck.below(70'000), serve(content)); },
    [](content_text content, dice& luck) { return stall_after(luck.below(70'000), serve(content)); },
    [](content_text content, dice& luck) { return close_without_notify(luck.below(70'000), until_end(content)); },
    [](content_text content, dice& luck) { return drip(luck.between(1, 2000), 5ms, serve(content)); },
    [](content_text content, dice&) { return corrupt(serve(content)); },
    [](content_text content, dice&) { return serve(std::string(content.size(), '?')); },
    [](content_text content, dice&) { return wrong_range(content); },
    [](content_text content, dice&) { return whole_file(content); },
    [](content_text content, dice& luck) { return chunked(content, luck.between(1, 5000)); },
    [](content_text content, dice&) { return gzip(content); },
    [](content_text content, dice&) { return with_junk("HTTP/1.1 200 OK\r\n\r\n", serve(content)); },
    [](content_text content, dice&) { return then_hang_up(serve(content)); },
    [](content_text, dice&) {
        return status(503, {{"Retry-After", "99999999999999999999"}});
    },
    [](content_text, dice&) { return status(404); },
    [](content_text, dice&) { return redirect_to("/f"); },
    [](content_text, dice&) { return endless_head(); },
    [](content_text, dice&) { return endless_body(); },
    [](content_text, dice&) { return interim_flood(); },
    [](content_text, dice&) { return raw("220 ready\r\n"); },
    [](content_text, dice&) { return stall(); },
    [](content_text, dice&) { return hang_up(); },
    [](content_text, dice&) { return reset(); },
};

// One after the other, up to three.
server drawn(content_text content, dice& luck)
{
    auto script = makers[luck.below(std::size(makers))](content, luck);
    for (auto more = luck.below(3); more != 0; --more)
    {
        auto other = makers[luck.below(std::size(makers))](content, luck);
        script = first(std::move(script)).then(std::move(other));
    }
    return script;
}

} // namespace

TEST_CASE("one honest server is enough, whatever eight others do")
{
    for (std::uint64_t seed = 1; seed != 21; ++seed)
    {
        CAPTURE(seed);
        dice luck(seed);
        meeting m;
        m.how.head_timeout = 300ms;
        m.how.stall_timeout = 300ms;
        m.how.requesters_per_seed = 2;
        auto const honest = luck.below(9);
        for (std::uint64_t i = 0; i != 9; ++i)
        {
            if (i == honest)
                m.add(drip(8 * 1024, 2ms, serve(m.content)));
            else
                m.add(drawn(m.content, luck));
        }
        CHECK(m.run() == error_code());
        CHECK(m.has_content());
        CHECK(m.last().seeds.at(honest).pieces_bad == 0);
    }
}
