// What a mirror is worth: asks it for a few pieces, and looks at how it answers.
#pragma once

#include <webseed/error.hpp>
#include <webseed/request_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace webseed {

struct probe_options : request_options
{
    /// Pieces that are fetched and verified: the first, the last, and others at random; more than there are: all.
    std::uint32_t sample_count = 4;
    /// Whether the program or embedder names the mirror, and not the torrent or a magnet link; see address_policy.hpp.
    bool is_named_by_user = true;
    /// Whether its URL is a script's (BEP 17).
    bool is_script = false;
    /// A mirror that takes longer than this for one request is too slow; 0: never. Where engine_options::rate_max holds
    /// back what comes, only range_timeout counts.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
};

struct probe_report
{
    /// What is wrong, or the worst of it; not set: the mirror is good.
    error_code error;
    diagnostics cause;

    /// The mirror's own URL, for people.
    std::string url;
    /// Where the first request ended after redirects; the same without any.
    std::string final_url;
    unsigned redirects = 0;
    /// Whether there was a response at all.
    bool is_reachable = false;
    /// Of the first request: the server's, where no proxy stands before it; empty: not known.
    std::string address;
    /// "TLSv1.3"; empty without TLS.
    std::string tls;
    /// Whether it sends ranges; not set: not seen.
    std::optional<bool> has_ranges;
    /// Whether the files that were asked for have the torrent's sizes; not set: not seen.
    std::optional<bool> has_right_size;

    /// From sending the first request to the first byte of its response.
    std::chrono::microseconds first_byte_time{};
    /// Of all requests, with all bytes of bodies.
    std::chrono::microseconds duration{};
    std::uint64_t bytes_received = 0;
    unsigned requests = 0;

    std::uint32_t pieces_asked = 0;
    std::uint32_t pieces_right = 0;
    std::uint32_t pieces_wrong = 0;
    /// Files asked for that it hasn't got, or doesn't let us have.
    std::uint32_t files_missing = 0;
};

} // namespace webseed
