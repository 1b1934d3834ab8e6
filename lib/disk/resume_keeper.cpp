#include "resume_keeper.hpp"

#include "byte_ranges.hpp"
#include "torrent/digest.hpp"
#include "whole_file.hpp"

#include <algorithm>
#include <utility>

namespace webseed::disk {
namespace {

/// Wraps around in a few hundred years.
std::uint64_t nanoseconds(struct timespec const& time)
{
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
}

file_guard guard_of(struct stat const& status)
{
    return {
        static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
        static_cast<std::uint64_t>(status.st_ino), static_cast<std::uint64_t>(status.st_dev)};
}

bool is_same_file(file_guard const& one, file_guard const& other)
{
    return one.inode == other.inode && one.device == other.device;
}

} // namespace

resume_keeper::resume_keeper(torrent::layout const& pieces, file_calls& calls, std::filesystem::path path)
    : pieces_(pieces)
    , calls_(calls)
    , path_(std::move(path))
    , files_(pieces.torrent().files().size())
{}

void resume_keeper::saw(file_index file, struct stat const& status)
{
    files_[to_number(file)].guard = guard_of(status);
}

known_content resume_keeper::recall()
{
    auto const bytes = read_whole(calls_, path_, resume_size_max(pieces_.torrent()));
    if (!bytes)
        return {};
    auto record = decode(pieces_.torrent(), *bytes);
    if (!record)
        return {};
    kept_ = torrent::sha256_of(*bytes);
    auto guarded = record->files.begin();
    auto& verified = record->verified;
    for (std::uint32_t i = 0; i != files_.size(); ++i)
    {
        auto const index = file_index{i};
        while (guarded != record->files.end() && guarded->file < index)
            ++guarded;
        auto const has_guard = guarded != record->files.end() && guarded->file == index;
        // Where bytes are missing none can have been verified.
        files_[i].is_safe = is_watched(index) && has_guard && files_[i].guard == guarded->guard &&
                            guarded->guard.size >= pieces_.torrent().files()[i].size;
        if (is_watched(index) && !files_[i].is_safe)
            clear(verified, pieces_.pieces_of(index));
    }
    auto begun = safe_of(record->begun);
    // What isn't trusted of a file may be hashed soon, and may never have been synced by who wrote it.
    for (std::uint32_t i = 0; i != files_.size(); ++i)
    {
        auto const run = pieces_.pieces_of(file_index{i});
        if (files_[i].is_safe)
            files_[i].is_safe = std::find(verified.begin() + run.first, verified.begin() + run.last, false) ==
                                verified.begin() + run.last;
    }
    return {std::move(verified), std::move(begun)};
}

std::vector<file_index> resume_keeper::unsafe(known_content const& known)
{
    auto const is_holding = holding(known);
    std::vector<file_index> found;
    std::lock_guard const lock(mutex_);
    for (std::uint32_t i = 0; i != files_.size(); ++i)
    {
        auto& file = files_[i];
        if (file.is_changed || file.is_lost)
            file.is_safe = false;
        auto const index = file_index{i};
        if (!file.is_safe && !file.is_lost && is_watched(index) && is_holding[i])
            found.push_back(index);
    }
    return found;
}

void resume_keeper::opened(file_index index, struct stat const& status)
{
    std::lock_guard const lock(mutex_);
    auto& file = files_[to_number(index)];
    auto const now = guard_of(status);
    if (!file.guard)
        file.guard = now;
    else if (!is_same_file(*file.guard, now))
        file.is_lost = true;
}

void resume_keeper::begin_sync(file_index index)
{
    auto& file = files_[to_number(index)];
    if (file.is_changed.exchange(false))
        file.is_ours = true;
}

void resume_keeper::end_sync(file_index index, struct stat const& status)
{
    std::lock_guard const lock(mutex_);
    auto& file = files_[to_number(index)];
    auto const now = guard_of(status);
    // Somebody else may have changed what we left alone, or put another file in its place.
    bool const is_known = file.guard && (file.is_ours ? is_same_file(*file.guard, now) : *file.guard == now);
    file.guard = now;
    file.is_ours = false;
    file.is_lost = file.is_lost || !is_known;
    file.is_safe = !file.is_lost;
}

void resume_keeper::lose(file_index index)
{
    std::lock_guard const lock(mutex_);
    files_[to_number(index)].is_lost = true;
}

error_code resume_keeper::keep(known_content known)
{
    auto record = record_of(std::move(known));
    if (record.files.empty())
        return {};
    auto const bytes = encode(pieces_.torrent(), record);
    auto const digest = torrent::sha256_of(bytes);
    if (kept_ == digest)
        return {};
    kept_.reset();
    auto const failed = replace_whole(calls_, path_, bytes);
    if (!failed)
        kept_ = digest;
    return failed;
}

/// What lies in safe files.
resume_record resume_keeper::record_of(known_content known)
{
    std::lock_guard const lock(mutex_);
    for (std::uint32_t i = 0; i != files_.size(); ++i)
        if (is_watched(file_index{i}) && !files_[i].is_safe)
            clear(known.verified, pieces_.pieces_of(file_index{i}));
    known.begun = safe_of(known.begun);
    known.begun.resize(std::min(known.begun.size(), begun_count_max));
    auto const is_holding = holding(known);
    resume_record record;
    for (std::uint32_t i = 0; i != files_.size(); ++i)
        if (files_[i].is_safe && is_holding[i])
            record.files.push_back({file_index{i}, *files_[i].guard});
    record.verified = std::move(known.verified);
    record.begun = std::move(known.begun);
    return record;
}

/// What lies in safe files, and the padding between.
std::vector<byte_range> resume_keeper::safe_of(std::vector<byte_range> const& begun) const
{
    std::vector<byte_range> safe;
    for (auto const& range : begun)
    {
        auto at = range.offset;
        for (auto const& slice : pieces_.slices(range))
        {
            if (slice.pad || (is_watched(slice.file) && files_[to_number(slice.file)].is_safe))
                append(safe, {at, slice.size});
            at += slice.size;
        }
    }
    return safe;
}

/// Each file: whether something that is known lies in it, or in a verified piece that it shares.
std::vector<bool> resume_keeper::holding(known_content const& known) const
{
    std::vector<bool> is_holding(files_.size());
    for (std::uint32_t i = 0; i != files_.size(); ++i)
        is_holding[i] = is_any(known.verified, pieces_.pieces_of(file_index{i}));
    for (auto const& range : known.begun)
        for (auto const& slice : pieces_.slices(range))
            if (!slice.pad)
                is_holding[to_number(slice.file)] = true;
    return is_holding;
}

/// Whether the bytes of verified pieces are in it.
bool resume_keeper::is_watched(file_index index) const
{
    auto const& file = pieces_.torrent().files()[to_number(index)];
    return file.size != 0 && !file.pad && !file.link && pieces_.torrent().is_wanted(index);
}

bool resume_keeper::is_any(std::vector<bool> const& bits, torrent::piece_run run)
{
    auto const end = bits.begin() + run.last;
    return std::find(bits.begin() + run.first, end, true) != end;
}

void resume_keeper::clear(std::vector<bool>& bits, torrent::piece_run run)
{
    std::fill(bits.begin() + run.first, bits.begin() + run.last, false);
}

} // namespace webseed::disk
