#include "http/heads.hpp"

#include <iterator>

namespace webseed::http {

namespace beast_http = boost::beast::http;

std::string request_head(range_request const& request, std::string const& user_agent)
{
    std::string head;
    head.reserve(256 + request.target.size());
    head.append("GET ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(request.host_field);
    head.append("\r\nUser-Agent: ").append(user_agent).append("\r\nAccept: */*\r\nAccept-Encoding: identity\r\n");
    // Without a range where all is wanted: caches like it, and servers without ranges can serve it.
    if (request.kind == answer_kind::range && request.range.size != request.file_size)
        head.append("Range: bytes=")
            .append(std::to_string(request.range.offset))
            .append("-")
            .append(std::to_string(request.range.end() - 1))
            .append("\r\n");
    return head.append("\r\n");
}

std::optional<std::string_view> field_of(response_parser::value_type const& head, beast_http::field name)
{
    auto const [first, last] = head.equal_range(name);
    if (first == last)
        return std::nullopt;
    for (auto other = std::next(first); other != last; ++other)
        if (other->value() != first->value())
            return "?";
    return std::string_view(first->value().data(), first->value().size());
}

response_facts response_facts_of(response_parser const& parsed)
{
    auto const& head = parsed.get();
    response_facts facts;
    facts.status = head.result_int();
    facts.content_range = field_of(head, beast_http::field::content_range);
    facts.content_type = field_of(head, beast_http::field::content_type);
    facts.content_encoding = field_of(head, beast_http::field::content_encoding);
    facts.transfer_encoding = field_of(head, beast_http::field::transfer_encoding);
    if (auto const length = parsed.content_length())
        facts.content_length = *length;
    return facts;
}

boost::system::result<std::size_t> size_of_head(std::span<std::byte const> bytes)
{
    constexpr std::string_view protocol = "HTTP/1.";
    constexpr std::string_view empty_line = "\r\n\r\n";
    std::string_view const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    auto const end = text.find(empty_line);
    auto const lines = text.substr(0, end);
    if (!lines.starts_with(protocol.substr(0, lines.size())))
        return error_code(errc::response_invalid);
    for (auto at = lines.find('\n'); at != lines.npos; at = lines.find('\n', at + 1))
        if (lines[at - 1] != '\r')
            return error_code(errc::response_invalid);
    return end == text.npos ? 0 : end + empty_line.size();
}

} // namespace webseed::http
