// Names in a torrent are hostile input: this makes one element of a path safe for a disk. Pure.
//
// Changed are only bytes that must not or cannot stand in a name: each separator ('/' and '\'), control character and
// stretch of broken UTF-8 becomes '_'; marks that make text look different from what it is (U+FEFF, and those that turn
// the direction of writing) are left out; what is longer than 255 bytes loses the end of its stem. Names that other
// systems reserve (`aux.c`) are kept: here they are names like others.
#pragma once

#include <string>
#include <string_view>

namespace webseed::torrent {

/// Whether the element, or a part of it between separators, is `..`: it means to leave the target directory.
bool is_traversal(std::string_view raw) noexcept;

/// The name on the disk. Empty for what is no name at all: `.`, nothing, or nothing but what is left out.
std::string disk_name(std::string_view raw);

/// The same name with a number before its extension, for when it is taken: `bar.1.txt`. At most 255 bytes.
std::string numbered_name(std::string_view name, unsigned number);

} // namespace webseed::torrent
