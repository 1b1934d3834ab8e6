// What the program keeps of servers from one run to the next, in one file for all torrents: origins and figures, no
// paths, no queries, nobody's names.
//
//   file    = { "version": 1, "servers": [ server... ] }      those seen last first
//   server  = { "origin": "https://host:port", "seen_at": seconds since 1970 [ , "rate": bytes a second ]
//               [ , "connections": count ] [ , "mishandles_pipelining": true ] [ , "was_dead": true ] }
//
// What has another form is as good as nothing.
#pragma once

#include <webseed/engine.hpp>
#include <webseed/known_server.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace webseed::app {

class server_notes
{
public:
    /// @param is_wanted  whether anything is read or written, or even a directory made.
    explicit server_notes(bool is_wanted);

    /// For engine_options::known_servers. What can't be read isn't known.
    std::vector<known_server> read() const;
    /// Puts what the engine knows to what others have written meanwhile. What can't be written is lost.
    void write(engine const& from) const;

private:
    std::string path_; // empty: nothing is kept
};

} // namespace webseed::app
