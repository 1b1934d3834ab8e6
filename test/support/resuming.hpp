// A run of file storage with a resume file on a simulated disk. Pieces are told by pictures: "110001".
#pragma once

#include "support/storage_script.hpp"

namespace webseed::test {

/// Six pieces in so many files that they are synced together.
inline metainfo many_files()
{
    std::vector<test_file> files;
    for (int i = 0; i != 20; ++i)
        files.push_back({{std::to_string(100 + i)}, 300});
    return torrent_of(files, 1024);
}

class resuming
{
public:
    static constexpr char const* resume_file = "state/one";
    static constexpr std::uint64_t piece_size = 1024;

    /// @param disk  must outlive it.
    explicit resuming(simulated_disk& disk, file_storage_options options = {}, metainfo torrent = script_torrent())
        : torrent_(std::move(torrent))
        , content_(letters(torrent_.total_size()))
        , disk_(disk)
    {
        for (auto const& file : torrent_.files())
            if (file.pad)
                content_.replace(file.offset, file.size, file.size, '\0');
        options.resume_file = resume_file;
        files_ = disk::make_file_storage(torrent_, "downloads/here", disk, std::move(options));
    }

    bool open()
    {
        diagnostics cause;
        auto const present = run(files_->open(cause));
        if (!present)
            return false;
        auto const known = run(files_->recall());
        recalled = known ? "" : "never";
        if (!known)
            return true;
        for (bool const is_set : known->verified)
            recalled += is_set ? '1' : '0';
        recalled_begun = known->begun;
        return true;
    }

    void write(std::string const& picture)
    {
        for (std::size_t piece = 0; piece != picture.size(); ++piece)
            if (picture[piece] == '1' && run(files_->write(piece * piece_size, bytes_of(bytes_in(piece)))))
                throw std::runtime_error("can't write");
    }

    void write(byte_range range)
    {
        if (run(files_->write(range.offset, bytes_of(std::string_view(content_).substr(range.offset, range.size)))))
            throw std::runtime_error("can't write");
    }

    error_code remember(std::string const& picture, std::vector<byte_range> begun = {})
    {
        known_content known;
        for (char const each : picture)
            known.verified.push_back(each == '1');
        known.begun = std::move(begun);
        return run(files_->remember(std::move(known)));
    }

    void close()
    {
        diagnostics cause;
        run(files_->close(cause));
    }

    /// Whether the piece's bytes are on the disk.
    bool is_right(std::size_t piece) const { return is_right({piece * piece_size, piece_size}); }
    bool is_right(byte_range range) const
    {
        auto const first = range.offset;
        auto const last = std::min<std::uint64_t>(range.end(), content_.size());
        for (auto const& file : torrent_.files())
        {
            auto const from = std::max(first, file.offset);
            auto const to = std::min(last, file.offset + file.size);
            if (file.pad || from >= to)
                continue;
            auto const stored = disk_.content_of("downloads/here/" + std::string(file.path)).value_or("");
            if (stored.size() < to - file.offset ||
                stored.compare(from - file.offset, to - from, content_, from, to - from) != 0)
                return false;
        }
        return true;
    }

    /// What the last run has left to trust; "never": it doesn't remember.
    std::string recalled;
    std::vector<byte_range> recalled_begun;

private:
    std::string bytes_in(std::size_t piece) const { return content_.substr(piece * piece_size, piece_size); }

    metainfo torrent_;
    std::string content_;
    simulated_disk& disk_;
    std::unique_ptr<storage> files_;
};

} // namespace webseed::test
