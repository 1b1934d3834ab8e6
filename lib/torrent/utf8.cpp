#include "utf8.hpp"

namespace webseed::torrent {

code_point first_code_point(std::string_view text) noexcept
{
    auto const byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    std::size_t const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size)
        return {};
    std::uint32_t value = lead & (0x7fu >> size);
    for (std::size_t i = 1; i != size; ++i)
    {
        if ((byte(i) & 0xc0) != 0x80)
            return {};
        value = value << 6 | (byte(i) & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return {};
    return {value, size};
}

bool is_utf8(std::string_view text) noexcept
{
    while (!text.empty())
    {
        auto const size = first_code_point(text).size;
        if (size == 0)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

} // namespace webseed::torrent
