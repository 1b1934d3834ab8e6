// What the program's exit status says. Where aria2 has a status of the same meaning, it is aria2's.
#pragma once

#include <webseed/error.hpp>

namespace webseed::app {

enum class exit_code : int
{
    ok = 0,               // everything is verified
    other = 1,            // none of the below
    timed_out = 2,        // a seed didn't answer in time, or too slowly
    not_found = 3,        // no seed has the file
    network = 6,          // no connection, or it broke
    interrupted = 7,      // ended before all was there; can be gone on with
    disk_full = 9,        // no room left
    file_io = 17,         // reading or writing a file failed
    name_resolution = 19, // a host's name could not be resolved
    bad_response = 22,    // an HTTP response of no use
    unauthorized = 24,    // the server wants to know who asks
    bad_torrent = 26,     // not a torrent, or a broken one
    bad_magnet = 27,      // not a magnet link, or of no use
    usage = 28,           // the command line is wrong
    no_correct_data = 32, // no seed has correct data for some piece
};

/// The status for what ended with `error`. @param cause  tells errors of the network from those of files.
exit_code exit_code_of(error_code error, diagnostics const& cause = {}) noexcept;

} // namespace webseed::app
