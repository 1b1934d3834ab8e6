// A small download's use of file storage on a simulated disk, and what came of it.
#pragma once

#include "disk/file_storage.hpp"
#include "support/content.hpp"
#include "support/run.hpp"
#include "support/simulated_disk.hpp"
#include "support/torrents.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace webseed::test {

// t/a        1500 bytes      0-1499
// t/d/b      3000 bytes   1500-4499
// (padding)   620 bytes   4500-5119
// t/d/c       700 bytes   5120-5819, one write
// t/e        (empty)
inline metainfo script_torrent()
{
    return torrent_of({{{"a"}, 1500}, {{"d", "b"}, 3000}, {{}, 620}, {{"d", "c"}, 700}, {{"e"}, 0}}, 1024);
}

class storage_script
{
public:
    static constexpr std::uint64_t part_size = 1024;

    explicit storage_script(simulated_disk& disk)
        : disk_(disk)
        , torrent_(script_torrent())
        , content_(letters(torrent_.total_size()))
        , files_(disk::make_file_storage(torrent_, "downloads/here", disk))
    {
        std::ranges::fill(content_.begin() + 4500, content_.begin() + 5120, '\0');
    }

    /// Opens, writes, reads, completes and closes, as the engine does: what fails ends it, but it is always closed
    /// if it was opened.
    void go()
    {
        if (!open())
            return;
        use();
        diagnostics cause_of_close;
        if (auto const failed = run(files_->close(cause_of_close)); failed && !error)
            fail("close", failed, cause_of_close);
        is_done = !error;
    }

    bool open()
    {
        diagnostics cause_of_open;
        auto const present = run(files_->open(cause_of_open));
        if (!present)
            fail("open", present.error(), cause_of_open);
        return present.has_value();
    }

    /// Whether what was told to be written, and is not, was told to have failed.
    bool has_right_bytes() const
    {
        std::uint64_t start = 0;
        for (auto const& file : torrent_.files())
        {
            auto const begin = std::exchange(start, start + file.size);
            auto const end = std::min(start, written_size_);
            if (file.pad || end <= begin)
                continue;
            auto const text = disk_.content_of("downloads/here/" + std::string(file.path));
            if (!text || text->substr(0, end - begin) != content_.substr(begin, end - begin))
                return false;
            if (is_done && text->size() != file.size)
                return false;
        }
        return !is_done || disk_.content_of("downloads/here/t/e") == "";
    }

    std::string failed_at;
    error_code error;
    diagnostics cause;
    bool is_done = false;

private:
    void use()
    {
        for (std::uint64_t offset = 0; offset < content_.size(); offset += part_size)
        {
            auto const text = content_.substr(offset, part_size);
            if (auto const failed = run(files_->write(offset, bytes_of(text))))
                return fail("write", failed, {});
            written_size_ = offset + text.size();
        }
        for (std::uint64_t offset = 0; offset < content_.size(); offset += part_size)
        {
            std::string text(std::min(part_size, content_.size() - offset), '?');
            if (auto const failed = run(files_->read(offset, std::as_writable_bytes(std::span(text)))))
                return fail("read", failed, {});
            if (text != content_.substr(offset, part_size))
                return fail("read, wrong bytes", errc::internal, {});
        }
        diagnostics cause_of_complete;
        if (auto const failed = run(files_->complete(cause_of_complete)))
            fail("complete", failed, cause_of_complete);
    }

    void fail(std::string where, error_code why, diagnostics about)
    {
        failed_at = std::move(where);
        error = why;
        cause = std::move(about);
    }

    simulated_disk& disk_;
    metainfo torrent_;
    std::string content_;
    std::unique_ptr<storage> files_;
    std::uint64_t written_size_ = 0;
};

/// As left by an earlier run and by somebody else: too long, too short, and one that should be empty.
inline void plant_leftovers(simulated_disk& disk)
{
    disk.make_file("downloads/here/t/a", std::string(2000, 'x'));
    disk.make_file("downloads/here/t/d/b", "short");
    disk.make_file("downloads/here/t/e", "not empty");
    disk.settle();
}

} // namespace webseed::test
