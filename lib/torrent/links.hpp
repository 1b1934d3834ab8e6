// The symbolic links of a torrent (BEP 47): where each leads, if it may lead there.
#pragma once

#include "file_list.hpp"

namespace webseed::torrent {

/// Turns the targets as read, which are relative to the torrent's root (BEP 47) or, as is met, to the link's own
/// directory, into ones that a disk takes. Links that don't lead to a file or directory of the torrent, be it through
/// other links, lead nowhere: `warnings` tells.
void resolve_links(file_list& list, std::vector<std::string>& warnings);

} // namespace webseed::torrent
