#include "disk_name.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace webseed::torrent {
namespace {

constexpr std::size_t name_size_max = 255;
/// A longer one is no extension, but a part of the name with a dot in it.
constexpr std::size_t extension_size_max = 32;
/// A dot and ten digits. All numbers get the same room, so that names that are cut alike are cut alike with each
/// number.
constexpr std::size_t number_size_max = 11;

bool is_control(std::uint32_t c) noexcept
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool is_disguise(std::uint32_t c) noexcept
{
    return c == 0xfeff || c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/// At most `size` bytes of the text's beginning, without half a character at the end.
std::string_view beginning_of(std::string_view text, std::size_t size) noexcept
{
    if (text.size() <= size)
        return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        --size;
    return text.substr(0, size);
}

/// Where the extension begins; the end of the name if it has none.
std::size_t extension_of(std::string_view name) noexcept
{
    auto const dot = name.rfind('.');
    return dot == name.npos || dot == 0 || name.size() - dot > extension_size_max ? name.size() : dot;
}

std::string joined(std::string_view stem, std::string_view number, std::string_view extension)
{
    auto const room = number.empty() ? 0 : number_size_max;
    return std::string(beginning_of(stem, name_size_max - room - extension.size())).append(number).append(extension);
}

} // namespace

bool is_traversal(std::string_view raw) noexcept
{
    auto const is_border = [raw](std::size_t i) { return i == raw.size() || raw[i] == '/' || raw[i] == '\\'; };
    for (auto at = raw.find(".."); at != raw.npos; at = raw.find("..", at + 1))
    {
        if ((at == 0 || is_border(at - 1)) && is_border(at + 2))
            return true;
    }
    return false;
}

std::string disk_name(std::string_view raw)
{
    std::string name;
    name.reserve(raw.size());
    bool was_broken = false;
    while (!raw.empty())
    {
        auto const [value, size] = first_code_point(raw);
        bool const is_broken = size == 0;
        if (is_broken && !was_broken)
            name += '_';
        else if (!is_broken && (is_control(value) || value == '/' || value == '\\'))
            name += '_';
        else if (!is_broken && !is_disguise(value))
            name.append(raw.substr(0, size));
        raw.remove_prefix(is_broken ? 1 : size);
        was_broken = is_broken;
    }
    if (name == "." || name == "..")
        return {};
    if (name.size() <= name_size_max)
        return name;
    auto const extension = extension_of(name);
    return joined(std::string_view(name).substr(0, extension), {}, std::string_view(name).substr(extension));
}

std::string numbered_name(std::string_view name, unsigned number)
{
    auto const extension = extension_of(name);
    return joined(name.substr(0, extension), "." + std::to_string(number), name.substr(extension));
}

} // namespace webseed::torrent
