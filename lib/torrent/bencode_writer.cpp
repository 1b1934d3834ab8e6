#include "bencode_writer.hpp"

#include <charconv>

namespace webseed::torrent::bencode {
namespace {

void append(std::string& text, auto number)
{
    char digits[24];
    auto const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    text.append(digits, end);
}

} // namespace

writer& writer::integer(std::int64_t number)
{
    text_ += 'i';
    append(text_, number);
    text_ += 'e';
    return *this;
}

writer& writer::string(std::string_view bytes)
{
    append(text_, bytes.size());
    text_ += ':';
    text_ += bytes;
    return *this;
}

writer& writer::string(std::span<std::byte const> bytes)
{
    return string(std::string_view(reinterpret_cast<char const*>(bytes.data()), bytes.size()));
}

writer& writer::begin_list()
{
    text_ += 'l';
    return *this;
}

writer& writer::begin_dictionary()
{
    text_ += 'd';
    return *this;
}

writer& writer::end()
{
    text_ += 'e';
    return *this;
}

} // namespace webseed::torrent::bencode
