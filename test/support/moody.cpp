#include "support/moody.hpp"

#include "support/world.hpp"

#include <utility>

namespace webseed::test {

namespace {

reply answer(dice& luck, request const& asked, std::string const& content)
{
    reply made;
    made.bytes = range_response(asked, content);
    switch (luck.below(16))
    {
    case 0:
        made.bytes.back() ^= 1;
        break;
    case 1:
        made.bytes.resize(made.bytes.size() - luck.below(static_cast<std::uint32_t>(made.bytes.size())));
        made.then_end = true;
        break;
    case 2:
        made.bytes.clear(); // and nobody knows what it waits for
        break;
    case 3:
        made.bytes = response("503 Service Unavailable", "Retry-After: 0\r\n", "later");
        break;
    case 4:
        made.bytes = response("404 Not Found", "", "where?");
        break;
    case 5:
        made.bytes = "220 ready\r\n";
        made.then_end = true;
        break;
    default:
        break;
    }
    return made;
}

} // namespace

answerer moody_answers(std::string content, std::uint64_t seed)
{
    return [content = std::move(content), luck = dice(seed)](request const& asked) mutable {
        return answer(luck, asked, content);
    };
}

} // namespace webseed::test
