// The words that every part shares: indices, byte ranges, hashes. Knows nothing but the standard library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace webseed {

/// The number of a piece, from 0.
enum class piece_index : std::uint32_t
{
};

/// The number of a file in the order of the torrent, pad files counted, from 0.
enum class file_index : std::uint32_t
{
};

constexpr std::uint32_t to_number(piece_index piece) noexcept
{
    return static_cast<std::uint32_t>(piece);
}
constexpr std::uint32_t to_number(file_index file) noexcept
{
    return static_cast<std::uint32_t>(file);
}

/// Half-open: `size` bytes from `offset`.
struct byte_range
{
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    constexpr std::uint64_t end() const noexcept { return offset + size; }
    constexpr bool empty() const noexcept { return size == 0; }
    friend constexpr bool operator==(byte_range const&, byte_range const&) = default;
};

using sha1_hash = std::array<std::byte, 20>;
using sha256_hash = std::array<std::byte, 32>;

/// Lower-case hexadecimal digits, two a byte.
std::string to_hex(std::span<std::byte const> bytes);

} // namespace webseed
