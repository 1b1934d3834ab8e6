// What the fuzzers share: how they draw decisions from the bytes they are given, and how they fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace webseed::test {

/// What a target does with one input; each target defines it.
void fuzz(std::span<std::byte const> bytes);

/// Ends the program, which libFuzzer takes for a finding, unless the condition holds.
inline void require(bool condition, char const* what)
{
    if (condition)
        return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

inline std::string_view text_of(std::span<std::byte const> bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// The same without the newline that ends a text file.
inline std::string_view without_last_newline(std::string_view text)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    return text;
}

/// Takes decisions off the front of the bytes. When they are used up, everything is 0: the same bytes always give the
/// same decisions.
class input
{
public:
    explicit input(std::span<std::byte const> bytes)
        : input(text_of(bytes))
    {}
    explicit input(std::string_view text)
        : rest_(text)
    {}

    bool empty() const noexcept { return rest_.empty(); }

    /// From 0 to 255.
    unsigned byte()
    {
        if (rest_.empty())
            return 0;
        auto const taken = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return taken;
    }

    bool flag() { return (byte() & 1) != 0; }

    /// Between the two, both included.
    std::uint64_t number(std::uint64_t least, std::uint64_t most)
    {
        std::uint64_t drawn = 0;
        for (auto span = most - least; span != 0; span >>= 8)
            drawn = drawn << 8 | byte();
        auto const count = most - least + 1; // 0: all of 64 bits
        return count == 0 ? drawn : least + drawn % count;
    }

    /// One time in so many; never when the bytes are used up.
    bool once_in(unsigned count) { return byte() % count == count - 1; }

    /// Up to the delimiter, which is dropped, or to the end.
    std::string_view until(std::string_view delimiter)
    {
        auto const end = std::min(rest_.find(delimiter), rest_.size());
        auto const taken = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + delimiter.size(), rest_.size()));
        return taken;
    }

    std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

} // namespace webseed::test
