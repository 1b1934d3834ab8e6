#include "http/heads.hpp"

#include "http/request_fields.hpp"
#include "http/text.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <functional>
#include <limits>

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

// Several that differ contradict each other.
void note(std::optional<std::string_view>& known, std::string_view value)
{
    known = !known || *known == value ? value : contradiction;
}

} // namespace

void append_request(
    std::string& text, range_request const& request, std::string const& user_agent, stream_facts const& peer)
{
    text.append("GET ");
    if (peer.proxy_authorization) // https goes through a tunnel
        text.append("http://").append(request.host_field);
    text.append(request.target).append(" HTTP/1.1\r\n");
    append_field(text, "Host", request.host_field);
    if (!has_field(request, "user-agent"))
        append_field(text, "User-Agent", user_agent);
    if (!has_field(request, "accept"))
        append_field(text, "Accept", "*/*");
    append_field(text, "Accept-Encoding", "identity");
    if (has_range(request))
    {
        auto const first = std::to_string(request.range.offset);
        append_field(text, "Range", "bytes=" + first + '-' + std::to_string(request.range.end() - 1));
        if (!request.validator.empty())
            append_field(text, "If-Range", request.validator);
    }
    if (peer.proxy_authorization && !peer.proxy_authorization->empty())
        append_field(text, "Proxy-Authorization", *peer.proxy_authorization);
    for (auto const& field : request.fields)
        if (is_sendable(field))
            append_field(text, field.name, field.value);
    text.append("\r\n");
}

// Without a range where all is wanted: caches like it, and servers without ranges can serve it.
bool has_range(range_request const& request) noexcept
{
    return request.kind == answer_kind::range && request.range.size != request.file_size;
}

response_parser::response_parser()
{
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
}

error_code response_parser::read_head(std::span<std::byte const> head)
{
    head_ = head;
    error_code error;
    auto const used = put(boost::asio::buffer(head.data(), head.size()), error);
    if (error || used != head.size() || !is_header_done())
        return errc::response_invalid;
    if (auto const length = content_length())
        facts_.content_length = *length;
    redirect_.status = facts_.status;
    redirect_.date = facts_.date;
    return {};
}

std::size_t response_parser::decode(std::span<std::byte const> coded, error_code& error)
{
    decoded_ = {};
    return put(boost::asio::buffer(coded.data(), coded.size()), error);
}

void response_parser::on_response_impl(int code, text, int version, error_type&)
{
    facts_.status = static_cast<unsigned>(code);
    is_http11_ = version == 11;
}

void response_parser::on_field_impl(beast_http::field name, text, text value, error_type&)
{
    if (is_head_done_) // a trailer's
        return;
    ++field_count_;
    if (name == beast_http::field::cache_control)
        redirect_.cache_control.append(value.data(), value.size()).append(",");
    else if (auto* const known = place_of(name))
        note(*known, kept(value));
}

// Null for what is of no use.
std::optional<std::string_view>* response_parser::place_of(beast_http::field name) noexcept
{
    using beast_http::field;
    switch (name)
    {
    case field::content_range:
        return &facts_.content_range;
    case field::content_type:
        return &facts_.content_type;
    case field::content_encoding:
        return &facts_.content_encoding;
    case field::transfer_encoding:
        return &facts_.transfer_encoding;
    case field::etag:
        return &facts_.etag;
    case field::last_modified:
        return &facts_.last_modified;
    case field::date:
        return &facts_.date;
    case field::retry_after:
        return &retry_after_;
    case field::location:
        return &redirect_.location;
    case field::expires:
        return &redirect_.expires;
    case field::age:
        return &redirect_.age;
    default:
        return nullptr;
    }
}

std::size_t response_parser::on_chunk_body_impl(std::uint64_t, text body, error_type&)
{
    decoded_ = std::as_bytes(std::span(body.data(), body.size()));
    return body.size();
}

// Of what stands on several lines the parser makes a text of its own, which is gone with the next field.
std::string_view response_parser::kept(text value)
{
    std::less_equal<char const*> const is_before;
    auto const* const begin = reinterpret_cast<char const*>(head_.data());
    std::string_view const seen(value.data(), value.size());
    if (is_before(begin, value.data()) && is_before(value.data(), begin + head_.size()))
        return seen;
    return unfolded_.emplace_front(seen);
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
