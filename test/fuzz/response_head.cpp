// A whole response, its head above all. First line: the decisions of drawn_exchange().
#include "fuzz/exchange.hpp"

namespace webseed::test {

namespace {

// The last head, if the text begins with whole ones.
std::string_view final_head(std::string_view text, std::size_t& end)
{
    for (std::size_t begin = 0;; begin = end)
    {
        auto const empty_line = text.find("\r\n\r\n", begin);
        require(empty_line != text.npos, "there is no response without a whole head");
        end = empty_line + 4;
        auto const head = text.substr(begin, end - begin);
        require(head.starts_with("HTTP/1."), "there is no response in another protocol");
        if (head.substr(0, 10).substr(9) != "1")
            return head;
    }
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    auto const plan = drawn_exchange(bytes);
    auto const& text = plan.scripted.bytes;
    auto const result = exchange_both_ways(plan.scripted, plan.request);
    auto const& first = result.first;
    if (!first.error)
        require((first.status == 200 || first.status == 206) && first.delivered > 0, "what is right brings something");
    if (first.delivered == 0)
        return;
    require(first.status == 200 || first.status == 206, "nothing is delivered of anything else");
    std::size_t begin = 0;
    auto const head = final_head(text, begin);
    if (mentions(head, "transfer-encoding"))
        return;
    begin += first.status == 200 ? plan.request.range.offset : 0;
    require(text.substr(begin, result.body.size()) == result.body, "the bytes behind the head are delivered");
}

} // namespace webseed::test
