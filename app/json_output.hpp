// What the program prints for other programs: one JSON object a line, each with "v":1 and "ev", in a form that stays.
#pragma once

#include "exit_code.hpp"

#include <webseed/error.hpp>
#include <webseed/events.hpp>
#include <webseed/explain.hpp>
#include <webseed/loaded_torrent.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/stats.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace webseed::app {

/// The object that `show --json` prints, but for the files: they may be many.
boost::json::object json_of(metainfo const& torrent);
/// The same with what a magnet link says beside it.
boost::json::object json_of(loaded_torrent const& loaded);
/// What `show --json` prints of a magnet link whose torrent isn't to be had.
boost::json::object json_of(magnet_link const& link);
boost::json::object json_of(metainfo const& torrent, event const& happened);
/// {"v":1,"ev":"missing",...}: pieces that aren't there at the end, and why.
boost::json::object json_of(metainfo const& torrent, piece_report const& told);
boost::json::object json_of(stats const& progress);

/// {"v":1,"ev":`name`}, to be extended.
boost::json::object json_line(std::string_view name);
/// The last line, to be extended: how the command ends, and why.
boost::json::object done_line(error_code error, exit_code status, diagnostics const& cause = {});

/// JSON is UTF-8; names in torrents need not be. What isn't becomes U+FFFD, a byte at a time.
std::string to_utf8(std::string_view text);

/// Writes the object and a line feed to standard output, at once.
void print_json(boost::json::object const& line);
/// The same with the torrent's files behind what the object has.
void print_json(boost::json::object const& line, metainfo const& torrent);

} // namespace webseed::app
