// What can be set. Every limit of the library is here, with the value that it has unless set.
#pragma once

#include <webseed/clock.hpp>
#include <webseed/magnet.hpp>
#include <webseed/metainfo.hpp>
#include <webseed/network.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace webseed {

struct engine_options
{
    /// Threads of the engine's own that carry, hash and store bytes, or how many of them `worker_executor` has; 0: one
    /// a core, 8 at most.
    unsigned worker_count = 0;
    /// Instead of own threads: an executor of the embedder's. It may have any number of threads; file storage will
    /// block them for as long as the disk takes.
    std::optional<boost::asio::any_io_executor> worker_executor{};
    /// Null: TCP.
    std::shared_ptr<network> net{};
    /// Null: the system's clock.
    std::shared_ptr<clock> time{};
};

struct download_options
{
    /// Requesters for each seed, which is also the number of connections to it; at least 1.
    unsigned requesters_per_seed = 4;
    /// Whether the seeds that the torrent names are used. Anybody can have put them there: without them, only those
    /// that are given to engine::add() and download::add_seed() are asked. With none at all a download checks what the
    /// storage has, and ends.
    bool use_torrent_seeds = true;
    /// Sent as User-Agent.
    std::string user_agent{};

    /// Resolving the name and connecting together.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(20);
    /// From sending a request to the end of the response head.
    std::chrono::milliseconds head_timeout = std::chrono::seconds(30);
    /// A body that brings less than `stall_size_min` bytes in this time is given up.
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(20);
    std::uint64_t stall_size_min = 1024;

    /// A requester is given a run of pieces that the seed is expected to send in this time,
    std::chrono::milliseconds claim_time = std::chrono::seconds(4);
    /// of this size while nothing is known about the seed,
    std::uint64_t claim_size_first = 4u << 20;
    /// and of this at the most, or one piece. It's also the longest range that is asked for.
    std::uint64_t claim_size_max = 64u << 20;
    /// Towards the end runs get smaller, so that everybody has a share, but not smaller than this.
    std::uint64_t claim_size_min = 256u << 10;

    /// Failures in a row after which a seed is given up; between them grows a pause, from about half a second.
    unsigned seed_failure_count_max = 5;
    /// The longest pause between two tries of a seed.
    std::chrono::milliseconds seed_pause_max = std::chrono::seconds(30);
    /// A server's Retry-After is followed up to this.
    std::chrono::seconds retry_after_max = std::chrono::minutes(10);
    /// Wrong pieces after which a seed is given up.
    unsigned seed_bad_piece_count_max = 5;

    /// Events kept for async_next_event(); what comes on top is counted in stats::events_lost.
    std::size_t event_count_max = 1024;
};

struct load_options
{
    /// Of the torrent; its size also bounds what is taken from a source.
    metainfo_limits torrent{};
    /// Of the magnet link; its url_size_max also holds for a URL.
    magnet_limits link{};
    /// Sent as User-Agent.
    std::string user_agent{};

    /// Resolving the name of a source and connecting together.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(20);
    /// From sending the request to the end of the response head.
    std::chrono::milliseconds head_timeout = std::chrono::seconds(30);
    /// A torrent that brings less than `stall_size_min` bytes in this time is given up,
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(20);
    std::uint64_t stall_size_min = 1024;
    /// and so is one that takes longer than this as a whole; the next source is asked then.
    std::chrono::milliseconds source_timeout = std::chrono::minutes(5);
};

} // namespace webseed
