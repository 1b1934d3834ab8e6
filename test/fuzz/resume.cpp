// A resume file: what is trusted of bytes that somebody has changed? First byte: whether they are as they stand, or
// changes to a right file, which are 3 bytes each (where, what); and whether its checksum is mended afterwards.
#include "disk/resume_file.hpp"

#include "fuzz/allocations.hpp"
#include "fuzz/input.hpp"
#include "support/torrents.hpp"
#include "torrent/digest.hpp"

#include <vector>

namespace webseed::test {

namespace {

constexpr std::size_t checksum_size = 32;

metainfo const& fixed_torrent()
{
    static metainfo const made = torrent_of({{{"a"}, 1500}, {{"b"}, 3000}, {{}, 620}, {{"c"}, 700}, {{"d"}, 9}}, 512);
    return made;
}

disk::resume_record right_record()
{
    disk::resume_record made;
    for (std::uint32_t const file : {0u, 1u, 3u})
        made.files.push_back({file_index{file}, {file * 1000ull, file + 1ull, file + 2ull, file + 3ull, file + 4ull}});
    made.verified.resize(fixed_torrent().piece_count());
    for (std::size_t i = 0; i < made.verified.size(); i += 2)
        made.verified[i] = true;
    made.begun = {{512, 100}, {1000, 24}, {1536, 512}, {2600, 1}};
    return made;
}

std::vector<std::byte> changed(std::vector<std::byte> bytes, input& how)
{
    while (!how.empty())
    {
        auto const at = how.number(0, 0xffff);
        auto const value = std::byte(how.byte());
        if (at < bytes.size())
            bytes[at] = value;
        else if (at % 2 == 0)
            bytes.insert(bytes.end(), at % 61, value);
        else
            bytes.resize(bytes.size() - std::min<std::size_t>(at % 61, bytes.size()));
    }
    return bytes;
}

void mend_checksum(std::vector<std::byte>& bytes)
{
    if (bytes.size() < checksum_size)
        return;
    auto const digest = torrent::sha256_of(std::span(bytes).first(bytes.size() - checksum_size));
    std::ranges::copy(digest, bytes.end() - checksum_size);
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    auto const& torrent = fixed_torrent();
    static auto const right = disk::encode(torrent, right_record());
    input how(bytes);
    auto const mode = how.byte();
    auto const is_raw = mode % 2 == 0;
    auto const is_mended = mode / 2 % 2 != 0;
    auto read = is_raw ? std::vector(bytes.begin(), bytes.end()) : changed(right, how);
    if (is_mended)
        mend_checksum(read);
    allocation_peak const memory;
    auto const record = disk::decode(torrent, read);
    require(memory.bytes() <= 4 * disk::resume_size_max(torrent) + 4096, "memory is bounded");
    if (!is_mended && read != right)
        require(!record, "what was changed is worthless");
    require(record || read != right, "what is right is known");
    if (!record)
        return;
    require(record->verified.size() == torrent.piece_count(), "there is a bit for each piece");
    require(record->files.size() <= torrent.files().size(), "there are no more guards than files");
    for (std::size_t i = 0; i != record->files.size(); ++i)
    {
        auto const file = to_number(record->files[i].file);
        require(file < torrent.files().size(), "every guard has its file");
        require(i == 0 || file > to_number(record->files[i - 1].file), "files ascend");
    }
    std::uint64_t last_end = 0;
    for (auto const& range : record->begun)
    {
        require(!range.empty() && range.end() <= torrent.end_offset(), "every range is one of the torrent");
        require(last_end == 0 || range.offset > last_end, "ranges ascend and don't touch");
        last_end = range.end();
        for (auto at = range.offset; at < last_end; at += 512 - at % 512)
            require(!record->verified[at / 512], "what is verified isn't begun");
    }
    require(disk::encode(torrent, *record) == read, "there is one way to write a record");
}

} // namespace webseed::test
