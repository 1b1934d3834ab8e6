// Which version this is.
#pragma once

#include <string_view>

namespace webseed {

inline constexpr std::string_view version = "0.1.0";

/// Sent unless download_options::user_agent or load_options::user_agent says otherwise.
inline constexpr std::string_view default_user_agent = "webseed/0.1.0";

} // namespace webseed
