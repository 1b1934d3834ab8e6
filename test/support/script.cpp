#include "support/script.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace webseed::test {

namespace {

bool is_same(char a, char b) noexcept
{
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

} // namespace

std::string request::field(std::string const& name) const
{
    auto const wanted = "\r\n" + name + ": ";
    auto const found = std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), is_same);
    if (found == text.end())
        return {};
    auto const value = static_cast<std::size_t>(found - text.begin()) + wanted.size();
    return text.substr(value, text.find("\r\n", value) - value);
}

byte_range request::range(std::uint64_t size) const
{
    auto const value = field("Range");
    if (value.empty())
        return {0, size};
    auto const first = std::stoull(value.substr(value.find('=') + 1));
    auto const last = std::stoull(value.substr(value.find('-') + 1));
    return {first, last - first + 1};
}

request request_of(std::string head)
{
    request made;
    made.text = std::move(head);
    auto const space = made.text.find(' ');
    made.method = made.text.substr(0, space);
    made.target = made.text.substr(space + 1, made.text.find(' ', space + 1) - space - 1);
    return made;
}

std::string response(std::string const& status, std::string const& fields, std::string const& body)
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

std::string range_response(request const& asked, std::string const& content)
{
    if (asked.field("Range").empty())
        return response("200 OK", "", content);
    auto const range = asked.range(content.size());
    auto const field = "Content-Range: bytes " + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) +
                       '/' + std::to_string(content.size()) + "\r\n";
    return response("206 Partial Content", field, content.substr(range.offset, range.size));
}

} // namespace webseed::test
