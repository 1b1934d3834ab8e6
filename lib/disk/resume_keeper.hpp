// Knows of each file of a torrent how it looks and whether it is safe on the disk, and keeps that, with the pieces that
// are verified and what was stored of others, in a resume file.
//
//   data synced -> looks of the files taken -> new resume file written and synced -> put in the old one's place ->
//   directory synced
//
// So a resume file never promises what a loss of power may take. Whatever is wrong with it means: hash again.
//
// What it can't notice: somebody else who writes into a file between two looks at it while we write into it, too; nor
// an edit of which a loss of power has left the bytes but not the time.
#pragma once

#include "file_calls.hpp"
#include "resume_file.hpp"
#include "torrent/layout.hpp"

#include <webseed/error.hpp>
#include <webseed/storage.hpp>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <vector>

#include <sys/stat.h>

namespace webseed::disk {

/// The functions are called one after the other, but for opened() and changed().
class resume_keeper
{
public:
    /// @param pieces, calls  must outlive the keeper.
    /// @param path           of the resume file.
    resume_keeper(torrent::layout const& pieces, file_calls& calls, std::filesystem::path path);

    /// A wanted file that is there, as it was found, before anybody reads it.
    void saw(file_index file, struct stat const& status);

    /// From any thread: we are about to write into it. If it isn't the file that it was, it isn't trusted any more.
    void opened(file_index file, struct stat const& status);
    /// From any thread, and after the change: its content or its size is ours.
    void changed(file_index file) noexcept { files_[to_number(file)].is_changed = true; }

    /// What was known in an earlier run of files that are as they were left then; no bits: nothing. After all files
    /// were seen.
    known_content recall();

    /// Those that have something of what is known and aren't known to be safe on the disk.
    std::vector<file_index> unsafe(known_content const& known);
    /// Before such a file is synced: what is changed from here on will have to be synced the next time.
    void begin_sync(file_index file);
    /// After it, how it looks.
    void end_sync(file_index file, struct stat const& status);
    /// Or it went wrong: nothing in it is trusted any more, since the system may have let go of what it couldn't write.
    void lose(file_index file);

    /// Keeps what lies in safe files, unless that is what is kept already.
    error_code keep(known_content known);

private:
    struct watched
    {
        std::optional<file_guard> guard; // as it looked when it was found or made, or synced after our last change
        std::atomic<bool> is_changed = false;
        bool is_ours = false; // the change that is being synced
        bool is_safe = false; // all of it that is known is on the disk
        bool is_lost = false; // never to be trusted
    };

    resume_record record_of(known_content known);
    bool is_watched(file_index file) const;
    std::vector<byte_range> safe_of(std::vector<byte_range> const& begun) const;
    std::vector<bool> holding(known_content const& known) const;
    static bool is_any(std::vector<bool> const& bits, torrent::piece_run run);
    static void clear(std::vector<bool>& bits, torrent::piece_run run);

    torrent::layout const& pieces_;
    file_calls& calls_;
    std::filesystem::path path_;
    std::mutex mutex_; // for what opened() and end_sync() change
    std::vector<watched> files_;
    std::optional<sha256_hash> kept_; // the digest of what is there
};

} // namespace webseed::disk
