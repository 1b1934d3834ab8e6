#include "http/heads.hpp"

#include "http/request_fields.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <iterator>

namespace webseed::http {

namespace beast_http = boost::beast::http;

namespace {

constexpr std::string_view contradiction = "\x7f";

void append_field(std::string& head, std::string_view name, std::string_view value)
{
    head.append(name).append(": ").append(value).append("\r\n");
}

bool has_field(range_request const& request, std::string_view name)
{
    return std::ranges::any_of(
        request.fields, [name](header_field const& field) { return is_word(field.name, name) && is_sendable(field); });
}

// As field_of() has it.
void note(std::optional<std::string_view>& known, std::string_view value)
{
    known = !known || *known == value ? value : contradiction;
}

} // namespace

std::string request_head(range_request const& request, std::string const& user_agent, stream_facts const& peer)
{
    std::string head;
    head.reserve(512 + request.target.size());
    head.append("GET ");
    if (peer.proxy_authorization) // https goes through a tunnel
        head.append("http://").append(request.host_field);
    head.append(request.target).append(" HTTP/1.1\r\n");
    append_field(head, "Host", request.host_field);
    if (!has_field(request, "user-agent"))
        append_field(head, "User-Agent", user_agent);
    if (!has_field(request, "accept"))
        append_field(head, "Accept", "*/*");
    append_field(head, "Accept-Encoding", "identity");
    if (has_range(request))
    {
        auto const first = std::to_string(request.range.offset);
        append_field(head, "Range", "bytes=" + first + '-' + std::to_string(request.range.end() - 1));
        if (!request.validator.empty())
            append_field(head, "If-Range", request.validator);
    }
    if (peer.proxy_authorization && !peer.proxy_authorization->empty())
        append_field(head, "Proxy-Authorization", *peer.proxy_authorization);
    for (auto const& field : request.fields)
        if (is_sendable(field))
            append_field(head, field.name, field.value);
    return head.append("\r\n");
}

// Without a range where all is wanted: caches like it, and servers without ranges can serve it.
bool has_range(range_request const& request) noexcept
{
    return request.kind == answer_kind::range && request.range.size != request.file_size;
}

std::optional<std::string_view> field_of(response_parser::value_type const& head, beast_http::field name)
{
    auto const [first, last] = head.equal_range(name);
    if (first == last)
        return std::nullopt;
    for (auto other = std::next(first); other != last; ++other)
        if (other->value() != first->value())
            return contradiction;
    return std::string_view(first->value().data(), first->value().size());
}

response_facts response_facts_of(response_parser const& parsed)
{
    using beast_http::field;
    response_facts facts;
    facts.status = parsed.get().result_int();
    if (auto const length = parsed.content_length())
        facts.content_length = *length;
    for (auto const& each : parsed.get()) // once, and not a search for each
    {
        std::string_view const value(each.value().data(), each.value().size());
        switch (each.name())
        {
        case field::content_range:
            note(facts.content_range, value);
            break;
        case field::content_type:
            note(facts.content_type, value);
            break;
        case field::content_encoding:
            note(facts.content_encoding, value);
            break;
        case field::transfer_encoding:
            note(facts.transfer_encoding, value);
            break;
        case field::etag:
            note(facts.etag, value);
            break;
        case field::last_modified:
            note(facts.last_modified, value);
            break;
        case field::date:
            note(facts.date, value);
            break;
        default:
            break;
        }
    }
    return facts;
}

redirect_facts redirect_facts_of(response_parser const& parsed)
{
    auto const& head = parsed.get();
    redirect_facts facts;
    facts.status = head.result_int();
    facts.location = field_of(head, beast_http::field::location);
    auto const [first, last] = head.equal_range(beast_http::field::cache_control);
    for (auto each = first; each != last; ++each)
        facts.cache_control.append(each->value().data(), each->value().size()).append(",");
    facts.expires = field_of(head, beast_http::field::expires);
    facts.date = field_of(head, beast_http::field::date);
    facts.age = field_of(head, beast_http::field::age);
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
