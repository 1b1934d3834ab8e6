// The hashes of the pieces of a v2 torrent, from its `piece layers`, each layer checked against the root of its file
// before it is believed (BEP 52). The layers stand outside `info`: anybody can have put them there.
#pragma once

#include "bencode.hpp"
#include "file_list.hpp"

#include <webseed/types.hpp>

#include <boost/system/result.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace webseed::torrent {

class piece_roots
{
public:
    piece_roots() = default;

    /// @param layers  what stands under `piece layers`, of any kind; may be none.
    /// @param roots   of each file of the list, 32 bytes; empty for files without bytes.
    /// Errors: errc::torrent_invalid for a layer that is wrong, missing or nobody's.
    static boost::system::result<piece_roots> read(
        bencode::value layers, file_list const& list, std::span<std::string_view const> roots,
        std::uint64_t piece_length, diagnostics* cause);

    bool empty() const noexcept { return files_.empty(); }
    /// One for each piece of the file; the same place in memory for equal files.
    std::span<sha256_hash const> of(std::size_t file) const noexcept
    {
        return std::span(hashes_).subspan(files_[file].first, files_[file].count);
    }
    /// Makes room for pads, which have none: `files[i]` is where the i-th file of the list stands among all `count`.
    void spread(std::span<std::uint32_t const> files, std::size_t count);

private:
    struct stretch
    {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    class reader;

    std::vector<sha256_hash> hashes_;
    std::vector<stretch> files_;
};

} // namespace webseed::torrent
