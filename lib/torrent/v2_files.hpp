// The part of `info` that names the files of a v2 torrent (BEP 52):
//
//   file tree = "d" 1*(name, ("d" "0:" file "e") / directory) "e"        directory: like the tree itself
//   file      = "d" length, [pieces root], [attr], [symlink path] "e"
//
// Files come in the order of the tree walked depth first. Each that has bytes begins with a piece of its own.
#pragma once

#include "bencode.hpp"
#include "file_list.hpp"

#include <string_view>
#include <vector>

namespace webseed::torrent {

struct v2_reading
{
    metainfo_limits const& limits;
    diagnostics* cause = nullptr; // may be null
    std::uint64_t piece_length = 0;
    /// The v1 list has decided whether there is a directory; else a tree of one file at its root has none.
    bool is_hybrid = false;
};

/// @param list   its name is set, with the name on the disk, and for a hybrid whether it has a directory.
/// @param roots  gets the 32 bytes of each file's root, inside the document; empty for files without bytes.
/// Errors: errc::torrent_invalid, errc::path_unsafe.
error_code
read_v2_files(bencode::value info, v2_reading const& how, file_list& list, std::vector<std::string_view>& roots);

/// Whether a hybrid's two lists describe the same files in the same places, padding aside; else complains.
/// Errors: errc::torrent_invalid.
error_code check_agreement(file_list const& v1, file_list const& v2, diagnostics* cause);

} // namespace webseed::torrent
