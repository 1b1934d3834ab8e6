// Letters of ASCII, which is all that the names of hosts and schemes compare without case.
#pragma once

#include <string>
#include <string_view>

namespace webseed::net {

inline std::string in_lower_case(std::string_view text)
{
    std::string made(text);
    for (auto& letter : made)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return made;
}

} // namespace webseed::net
