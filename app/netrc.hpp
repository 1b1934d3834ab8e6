// The file in which many programs keep users' names and passwords.
//
//   file     = *( entry / macro / comment )
//   entry    = ( "machine" name / "default" ) *( "login" word / "password" word / "account" word )
//   macro    = "macdef" name LF *( line LF ) LF                 up to an empty line
//   comment  = "#" line                                         where an entry or one of its words could begin
//   word     = 1*( any byte but white space ) / '"' *( any byte but '"' and '\' / '\' byte ) '"'
//
// Other words are passed over. Between words is white space.
#pragma once

#include <webseed/error.hpp>
#include <webseed/request_options.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace webseed::app {

/// In the order of the file, but for `default`, which comes last and has no host.
/// @param message  told the line that is wrong, not what stands there.
/// Errors: errc::option_invalid.
boost::system::result<std::vector<login>> parse_netrc(std::string_view text, std::string& message);

/// The same of a file. Warns people on standard error of one that others may read.
/// @param message  names the file.
/// Errors: the system's, too.
boost::system::result<std::vector<login>> read_netrc(std::string const& path, std::string& message);

} // namespace webseed::app
