#include "resume_file.hpp"

#include "torrent/digest.hpp"

#include <algorithm>
#include <string_view>

namespace webseed::disk {
namespace {

constexpr std::string_view magic = "webseed resume 2";
constexpr std::uint64_t head_size = 16 + 20 + 32 + 8 + 4 + 4 + 4;
constexpr std::uint64_t guard_size = 44;
constexpr std::uint64_t range_size = 16;
constexpr std::uint64_t checksum_size = 32;

std::uint64_t bitmap_size(metainfo const& torrent) noexcept
{
    return (std::uint64_t{torrent.piece_count()} + 7) / 8;
}

std::uint64_t size_with(metainfo const& torrent, std::uint64_t guard_count, std::uint64_t range_count) noexcept
{
    return head_size + guard_count * guard_size + range_count * range_size + bitmap_size(torrent) + checksum_size;
}

class writer
{
public:
    explicit writer(std::uint64_t size) { bytes_.reserve(size); }

    void add(std::span<std::byte const> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    template <class Number>
    void add_number(Number number)
    {
        for (std::size_t i = 0; i != sizeof number; ++i)
            bytes_.push_back(static_cast<std::byte>(number >> (8 * i)));
    }

    std::vector<std::byte>& bytes() noexcept { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

/// Takes from the front of bytes that must suffice.
class reader
{
public:
    explicit reader(std::span<std::byte const> bytes)
        : left_(bytes)
    {}

    template <class Number>
    Number number()
    {
        Number made = 0;
        for (std::size_t i = 0; i != sizeof made; ++i)
            made |= static_cast<Number>(static_cast<Number>(left_[i]) << (8 * i));
        left_ = left_.subspan(sizeof made);
        return made;
    }

    std::span<std::byte const> left() const noexcept { return left_; }

private:
    std::span<std::byte const> left_;
};

/// All that tells one torrent from another.
void add_identity(writer& to, metainfo const& torrent)
{
    to.add(std::as_bytes(std::span(magic)));
    to.add(torrent.infohash_v1().value_or(sha1_hash{}));
    to.add(torrent.infohash_v2().value_or(sha256_hash{}));
    to.add_number(std::uint64_t{torrent.piece_length()});
    to.add_number(std::uint32_t{torrent.piece_count()});
}

void add_bitmap(writer& to, std::vector<bool> const& bits)
{
    for (std::size_t i = 0; i < bits.size(); i += 8)
    {
        unsigned byte = 0;
        for (std::size_t k = 0; k != 8 && i + k != bits.size(); ++k)
            byte |= static_cast<unsigned>(bits[i + k]) << k;
        to.add_number(static_cast<std::uint8_t>(byte));
    }
}

std::vector<bool> bits_of(std::span<std::byte const> bitmap, std::uint32_t count)
{
    std::vector<bool> bits(count);
    for (std::size_t i = 0; i != bits.size(); ++i)
        bits[i] = (std::to_integer<unsigned>(bitmap[i / 8]) >> (i % 8) & 1) != 0;
    return bits;
}

bool is_well_begun(metainfo const& torrent, resume_record const& record)
{
    auto const length = torrent.piece_length();
    std::uint64_t last_end = 0;
    for (auto const& range : record.begun)
    {
        auto const is_first = &range == &record.begun.front();
        if (range.empty() || range.offset >= torrent.end_offset() || range.size > torrent.end_offset() - range.offset ||
            (!is_first && range.offset <= last_end))
            return false;
        last_end = range.end();
        auto const bits = record.verified.begin();
        auto const end = bits + static_cast<std::ptrdiff_t>((last_end - 1) / length) + 1;
        if (std::find(bits + static_cast<std::ptrdiff_t>(range.offset / length), end, true) != end)
            return false;
    }
    return true;
}

} // namespace

std::uint64_t resume_size_max(metainfo const& torrent) noexcept
{
    return size_with(torrent, torrent.files().size(), begun_count_max);
}

std::vector<std::byte> encode(metainfo const& torrent, resume_record const& record)
{
    writer made(size_with(torrent, record.files.size(), record.begun.size()));
    add_identity(made, torrent);
    made.add_number(static_cast<std::uint32_t>(record.files.size()));
    made.add_number(static_cast<std::uint32_t>(record.begun.size()));
    for (auto const& [file, guard] : record.files)
    {
        made.add_number(to_number(file));
        for (auto const number : {guard.size, guard.modified_at, guard.changed_at, guard.inode, guard.device})
            made.add_number(number);
    }
    for (auto const& range : record.begun)
    {
        made.add_number(range.offset);
        made.add_number(range.size);
    }
    add_bitmap(made, record.verified);
    made.add(torrent::sha256_of(made.bytes()));
    return std::move(made.bytes());
}

std::optional<resume_record> decode(metainfo const& torrent, std::span<std::byte const> bytes)
{
    writer identity(head_size);
    add_identity(identity, torrent);
    if (bytes.size() < size_with(torrent, 0, 0) ||
        !std::ranges::equal(bytes.first(identity.bytes().size()), identity.bytes()))
        return std::nullopt;
    auto const content = bytes.first(bytes.size() - checksum_size);
    if (!std::ranges::equal(torrent::sha256_of(content), bytes.last(checksum_size)))
        return std::nullopt;
    // From here on only who means it can have made it.
    reader from(content.subspan(identity.bytes().size()));
    auto const count = from.number<std::uint32_t>();
    auto const range_count = from.number<std::uint32_t>();
    auto const file_count = torrent.files().size();
    if (count > file_count || range_count > begun_count_max || bytes.size() != size_with(torrent, count, range_count))
        return std::nullopt;
    resume_record record;
    record.files.reserve(count);
    for (std::uint32_t i = 0; i != count; ++i)
    {
        auto const file = from.number<std::uint32_t>();
        if (file >= file_count || (i != 0 && file <= to_number(record.files.back().file)))
            return std::nullopt;
        auto& guard = record.files.emplace_back(guarded_file{file_index{file}, {}}).guard;
        for (auto* const number : {&guard.size, &guard.modified_at, &guard.changed_at, &guard.inode, &guard.device})
            *number = from.number<std::uint64_t>();
    }
    record.begun.reserve(range_count);
    for (std::uint32_t i = 0; i != range_count; ++i)
    {
        auto const offset = from.number<std::uint64_t>();
        record.begun.push_back({offset, from.number<std::uint64_t>()});
    }
    auto const bitmap = from.left();
    auto const spare = torrent.piece_count() % 8;
    if (spare != 0 && std::to_integer<unsigned>(bitmap.back()) >> spare != 0)
        return std::nullopt;
    record.verified = bits_of(bitmap, torrent.piece_count());
    if (!is_well_begun(torrent, record))
        return std::nullopt;
    return record;
}

} // namespace webseed::disk
