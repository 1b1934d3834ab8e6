#include "utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace webseed::torrent {
namespace {

/// The length of the sequence that begins with this byte; 0 if none does.
std::size_t length_of(unsigned char first) noexcept
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2)
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf5 ? 4 : 0;
}

} // namespace

bool is_utf8(std::string_view text) noexcept
{
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    while (!text.empty())
    {
        auto const first = static_cast<unsigned char>(text.front());
        auto const length = length_of(first);
        if (length == 0 || text.size() < length)
            return false;
        std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
        for (auto const next : text.substr(1, length - 1))
        {
            auto const bits = static_cast<unsigned char>(next);
            if ((bits & 0xc0) != 0x80)
                return false;
            point = point << 6 | (bits & 0x3fu);
        }
        if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace webseed::torrent
