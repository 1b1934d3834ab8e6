#include "support/moody.hpp"

#include "support/answers.hpp"
#include "support/dice.hpp"

#include <utility>

namespace webseed::test {

namespace {

server drawn(dice& luck, request const& asked, std::string const& content)
{
    switch (luck.below(16))
    {
    case 0:
        return corrupt(serve(content));
    case 1:
        return truncate_after(luck.below(asked.range(content.size()).size), serve(content));
    case 2:
        return stall(); // and nobody knows what it waits for
    case 3:
        return status(503, {{"Retry-After", "0"}}, "later");
    case 4:
        return status(404, {}, "where?");
    case 5:
        return then_hang_up(raw("220 ready\r\n"));
    default:
        return serve(content);
    }
}

} // namespace

server moody_answers(std::string content, std::uint64_t seed)
{
    return [content = std::move(content), luck = dice(seed)](request const& asked) mutable {
        return drawn(luck, asked, content)(asked);
    };
}

} // namespace webseed::test
