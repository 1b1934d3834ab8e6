// Random numbers for tests: the same seed gives the same throws everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace webseed::test {

class dice
{
public:
    explicit dice(std::uint64_t seed) noexcept
        : state_(seed)
    {}

    /// Uniform over all values (splitmix64).
    std::uint64_t next() noexcept
    {
        state_ += 0x9e3779b97f4a7c15u;
        auto mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }

    /// 0 to `count` - 1; `count` is at least 1.
    std::uint64_t below(std::uint64_t count) noexcept { return next() % count; }
    /// `first` to `last`, both possible.
    std::uint64_t between(std::uint64_t first, std::uint64_t last) noexcept { return first + below(last - first + 1); }
    bool chance(unsigned percent) noexcept { return happens(percent, 100); }
    /// True `count` times out of `all`.
    bool happens(std::uint64_t count, std::uint64_t all) noexcept { return below(all) < count; }

private:
    std::uint64_t state_;
};

} // namespace webseed::test
