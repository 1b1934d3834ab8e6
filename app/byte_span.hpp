// Which bytes of a file somebody wants.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace webseed::app {

/// As HTTP's ranges: "100-199" with both ends, "100-" to the end, "-100" the last hundred.
struct byte_span
{
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last; // or how many, if there is no first

    /// Nothing if it is none of these.
    static std::optional<byte_span> parse(std::string_view text);
    /// The first and one past the last, in a file of that size; the end of it where they lie behind that.
    struct bounds
    {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    bounds of(std::uint64_t size) const;
};

} // namespace webseed::app
