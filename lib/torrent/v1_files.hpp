// The part of `info` that names the files of a v1 torrent, and lays them out one after the other (BEP 3, 47):
//
//   files = "l" 1*("d" length, path / path.utf-8, [attr], [symlink path] "e") "e"      or `length` alone
#pragma once

#include "bencode.hpp"
#include "file_list.hpp"

namespace webseed::torrent {

/// @param list   its name is set, with the name on the disk. @param info  a dictionary. @param cause  may be null.
/// Errors: errc::torrent_invalid, errc::path_unsafe.
error_code read_v1_files(bencode::value info, metainfo_limits const& limits, diagnostics* cause, file_list& list);

} // namespace webseed::torrent
