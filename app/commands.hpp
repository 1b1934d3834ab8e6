// The program's commands.
#pragma once

#include "byte_span.hpp"
#include "connecting.hpp"
#include "failure.hpp"

#include <webseed/make.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace webseed::app {

struct get_options
{
    std::vector<std::string> sources;
    std::string directory = ".";
    std::vector<std::string> mirrors;
    /// As select_files() takes them.
    std::vector<std::string> selection;
    unsigned requesters_per_seed = 4;
    /// Bytes a second.
    std::uint64_t seed_rate_max = 0;
    bool make_links = false;
    /// Whether it is kept for later runs what is verified, and whether what earlier ones have kept is trusted.
    bool writes_resume = true;
    bool reads_resume = true;
    /// Whether it is kept for later runs how servers fared, and read what earlier ones have kept.
    bool notes_servers = true;
    connecting_options connecting;
    output_options output;
};

/// Downloads and verifies, one source after the other. The status of the first that failed.
exit_code get(get_options const& options);

struct cat_options
{
    std::string source;
    std::vector<std::string> mirrors;
    std::vector<std::string> selection;
    byte_span wanted;
    unsigned requesters_per_seed = 4;
    std::uint64_t seed_rate_max = 0;
    bool notes_servers = true; // as get_options has it
    connecting_options connecting;
    output_options output;
};

/// Writes one file to standard output, each byte once its piece is verified; nothing of it to the disk.
exit_code cat(cat_options const& options);

struct make_command
{
    std::string path;
    std::string output; // empty: the torrent's name and ".torrent"
    make_options options;
    bool force = false;
    bool json = false;
    bool quiet = false;
};

/// Makes a torrent of a file or directory.
exit_code make(make_command const& command);

struct check_options
{
    std::string source;
    std::string directory = ".";
    std::vector<std::string> selection;
    connecting_options connecting;
    output_options output;
};

/// Hashes what is there, changes nothing, and names what isn't right.
exit_code check(check_options const& options);

struct probe_command
{
    std::string source;
    std::vector<std::string> mirrors;
    std::uint32_t sample_count = 4;
    /// For each request in all.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
    connecting_options connecting;
    output_options output;
};

/// Asks all seeds of a torrent for some pieces, and tells what each is worth. The status of the first that isn't good.
exit_code probe(probe_command const& command);

struct show_options
{
    std::string source;
    connecting_options connecting;
    bool json = false;
};

/// Prints what is in a torrent.
exit_code show(show_options const& options);

} // namespace webseed::app
