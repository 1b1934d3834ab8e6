// URLs as people and logs may see them.
#pragma once

#include <string>
#include <string_view>

namespace webseed {

/// The text of a URL, or of what may have been meant as one, without what may be secret in it: a user's name and
/// password, and the values of its query but those that say which file or piece is meant. So it is done in all messages
/// and figures; the URLs of a metainfo or a magnet_link are as they were read.
std::string shown_url(std::string_view url);

} // namespace webseed
