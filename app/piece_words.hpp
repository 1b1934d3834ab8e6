// Where a piece is, and why it isn't there, in words.
#pragma once

#include <webseed/explain.hpp>
#include <webseed/metainfo.hpp>

#include <chrono>
#include <string>

namespace webseed::app {

/// For scripts: "under_way", "lacks_file".
char const* name_of(piece_state state);
char const* name_of(seed_excuse excuse);

/// "pieces 5-8 (data/b): nobody is at them; http://a.example/: doesn't send the file: ...". For people.
std::string words_of(metainfo const& torrent, piece_report const& told, std::chrono::steady_clock::time_point now);

/// The same for what doesn't change as time goes by: whether there is news is seen by it.
std::string gist_of(piece_report const& told);

} // namespace webseed::app
