// What can be set. Every limit of the library is here, with the value that it has unless set.
#pragma once

#include <webseed/address_policy.hpp>
#include <webseed/clock.hpp>
#include <webseed/known_server.hpp>
#include <webseed/magnet.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/network.hpp>
#include <webseed/request_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed {

struct engine_options
{
    /// Threads of the engine's own that carry, hash and store bytes, or how many of them `worker_executor` has; 0: one
    /// a core, 8 at most.
    unsigned worker_count = 0;
    /// Instead of own threads: an executor of the embedder's. It may have any number of threads; file storage will
    /// block them for as long as the disk takes.
    std::optional<boost::asio::any_io_executor> worker_executor{};
    /// Null: TCP and TLS, without proxies.
    std::shared_ptr<network> net{};
    /// Null: the system's clock.
    std::shared_ptr<clock> time{};
    /// Empty: default_address_policy().
    address_policy addresses{};

    /// Bytes of bodies a second, of everything together; 0: as many as come.
    std::uint64_t rate_max = 0;
    /// Requests under way at one host (scheme, name and port), of everything together; 0: as many as one seed of the
    /// download that asks has requesters. Within that it is as many as the host seems to like: more while that brings
    /// more bytes, half as many after a 429, a 503 or a reset.
    unsigned host_requests_max = 0;
    /// Requests under way at all hosts together; 0: any number. Each has a connection of its own; those that are kept
    /// for later don't count. Where it is reached, the download comes next that has the fewest.
    unsigned requests_max = 0;
    /// Bytes that have left their connections and haven't reached their storage yet. Where so much is on its way, for a
    /// storage takes its time, connections aren't read from, and their servers wait. No download takes more of it than
    /// is left to the others, so a storage that hangs holds up its own alone. At least 512 KiB; workers that hash what
    /// is there already, chunked bodies, loading and probing have a buffer of 256 KiB each on top.
    std::uint64_t buffered_size_max = 64u << 20;

    /// How servers fared earlier, of which what combine() keeps is worth telling: whom to ask first and for how much,
    /// and who is to be tried with care.
    std::vector<known_server> known_servers{};
};

struct download_options : request_options
{
    /// Requesters for each seed, which is also the number of connections to it; at least 1.
    unsigned requesters_per_seed = 4;
    /// Requests for small files that may be under way on one connection, where the server takes them so: they cost no
    /// round trip each. 1: one after the other.
    unsigned pipelined_requests_max = 256;
    /// Whether the seeds that the torrent names are used. Anybody can have put them there: without them, only those
    /// that are given to engine::add() and download::add_seed() are asked. With none at all a download checks what the
    /// storage has, and ends.
    bool use_torrent_seeds = true;
    /// Seeds that came with the torrent from elsewhere, such as a magnet link's: trusted as little as the torrent's
    /// own.
    std::vector<std::string> more_torrent_seeds{};

    /// Bytes of bodies a second, of the download and of each seed; 0: as many as come.
    std::uint64_t rate_max = 0;
    std::uint64_t seed_rate_max = 0;

    /// A requester is given a run of pieces that the seed is expected to send in this time,
    std::chrono::milliseconds claim_time = std::chrono::seconds(4);
    /// of this size while nothing is known about the seed,
    std::uint64_t claim_size_first = 4u << 20;
    /// and of this at the most, or one piece. It's also the longest range that is asked for.
    std::uint64_t claim_size_max = 64u << 20;
    /// Towards the end runs get smaller, so that everybody has a share, but not smaller than this.
    std::uint64_t claim_size_min = 256u << 10;
    /// Pieces that are larger, or have bytes of several files, may come from several seeds: they are claimed in parts
    /// of this size towards the end, and what has come of a piece is kept if the rest has to come from another seed.
    /// Such a piece is read from the storage once all of it is there. 0: each piece comes from one seed in one go.
    std::uint64_t part_size_max = 256u << 10;

    /// Failures in a row after which a seed is given up; between them grows a pause, from about half a second.
    unsigned seed_failure_count_max = 5;
    /// The longest pause between two tries of a seed.
    std::chrono::milliseconds seed_pause_max = std::chrono::seconds(30);
    /// A server's Retry-After is followed up to this.
    std::chrono::seconds retry_after_max = std::chrono::minutes(10);
    /// Wrong pieces after which a seed is given up.
    unsigned seed_bad_piece_count_max = 5;

    /// How often a storage that remembers is told what is verified, if there is anything new; at the end it always is.
    /// A loss of power costs so much at the most, beside what is on its way.
    std::chrono::milliseconds remember_interval = std::chrono::seconds(60);

    /// The download goes on when all is verified, so that readers can read, and more files can be selected: until it is
    /// closed, or what somebody wants can't be had. Always so with a storage that keeps a limited number of bytes.
    bool stays = false;

    /// Events kept for async_next_event(); what comes on top is counted in stats::events_lost.
    std::size_t event_count_max = 1024;
};

struct load_options : request_options
{
    /// Of the torrent; its size also bounds what is taken from a source.
    metainfo_limits torrent{};
    /// Of the magnet link; its url_size_max also holds for a URL.
    magnet_limits link{};
    /// A source that takes longer than this as a whole is given up, and the next one asked.
    std::chrono::milliseconds source_timeout = std::chrono::minutes(5);
};

} // namespace webseed
